package onebox

import (
	"math"
	"net/http"
	"time"
)

// queueItem is an app with instances that wait for their launch.
type queueItem struct {
	App   *app       `json:"app"`
	Count int        `json:"count"`
	Role  string     `json:"role"`
	Since string     `json:"since"`
	Delay queueDelay `json:"delay"`
	// There are no offers on one box; the summary is there for its readers.
	Offers offerSummary `json:"processedOffersSummary"`
}

type queueDelay struct {
	TimeLeftSeconds int  `json:"timeLeftSeconds"`
	Overdue         bool `json:"overdue"`
}

type offerSummary struct {
	Processed    int        `json:"processedOffersCount"`
	Unused       int        `json:"unusedOffersCount"`
	LastOffers   []struct{} `json:"rejectSummaryLastOffers"`
	LastAttempts []struct{} `json:"rejectSummaryLaunchAttempt"`
}

// listQueue handles GET /v2/queue.
func (e *Engine) listQueue(w http.ResponseWriter, _ *http.Request) error {
	s, list := e.records.snapshot(), []queueItem{}
	for _, r := range s.apps {
		if item := e.queueItem(r, s.byApp[r.App.ID]); item.Count > 0 {
			list = append(list, item)
		}
	}
	return answer(w, http.StatusOK, map[string]any{"queue": list})
}

func (e *Engine) queueItem(r *appRecord, instances []*instance) queueItem {
	item := queueItem{App: r.App, Role: "*", Offers: offerSummary{LastOffers: []struct{}{}, LastAttempts: []struct{}{}}}
	var since time.Time
	for _, i := range instances {
		if i.Condition != scheduled && i.Condition != provisioned {
			continue
		}
		item.Count++
		if since.IsZero() || i.Since.Before(since) {
			since = i.Since
		}
	}
	left := r.Backoff.until(r.App).Sub(e.now()).Seconds()
	item.Since = stamp(since)
	item.Delay = queueDelay{TimeLeftSeconds: int(math.Ceil(max(0, left))), Overdue: left <= 0}
	return item
}

// deleteDelay handles DELETE /v2/queue/{id}/delay.
func (e *Engine) deleteDelay(w http.ResponseWriter, r *http.Request) error {
	path := cleanID(r.PathValue("path"))
	id := cleanID(path[:max(0, len(path)-len("/delay"))])
	if path != cleanID(id+"/delay") {
		return unknownURI(w, r)
	}
	err := e.records.change(e.hub, func(t *txn) error {
		record := t.app(id)
		if record == nil || e.queueItem(record, t.instancesOf(id)).Count == 0 {
			return notFound("Application %s not found in tasks queue.", id)
		}
		t.remember(id, func(r appRecord) appRecord {
			r.Backoff = backoff{}
			return r
		})
		return nil
	})
	if err != nil {
		return err
	}
	poke(e.wake)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
