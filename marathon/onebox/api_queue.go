package onebox

import (
	"math"
	"net/http"
	"slices"
	"time"
)

// queueItem is an app with instances that wait for their launch.
type queueItem struct {
	App    *app          `json:"app"`
	Count  int           `json:"count"`
	Since  string        `json:"since"`
	Delay  queueDelay    `json:"delay"`
	Offers offerSummary  `json:"processedOffersSummary"`
	Unused []unusedOffer `json:"lastUnusedOffers,omitzero"`
}

type queueDelay struct {
	TimeLeftSeconds int  `json:"timeLeftSeconds"`
	Overdue         bool `json:"overdue"`
}

type offerSummary struct {
	Processed    int            `json:"processedOffersCount"`
	Unused       int            `json:"unusedOffersCount"`
	LastUnusedAt string         `json:"lastUnusedOfferAt,omitempty"`
	LastUsedAt   string         `json:"lastUsedOfferAt,omitempty"`
	LastOffers   []declinedStep `json:"rejectSummaryLastOffers"`
	Attempt      []declinedStep `json:"rejectSummaryLaunchAttempt"`
}

// declinedStep says how many of so many offers were declined for one reason.
type declinedStep struct {
	Reason    string `json:"reason"`
	Declined  int    `json:"declined"`
	Processed int    `json:"processed"`
}

// listQueue handles GET /v2/queue.
func (e *Engine) listQueue(w http.ResponseWriter, r *http.Request) error {
	s, list := e.records.snapshot(), []queueItem{}
	unused := slices.Contains(r.URL.Query()["embed"], "lastUnusedOffers")
	for _, record := range s.apps {
		item := e.queueItem(record, s.byApp[record.App.ID])
		if unused {
			item.Unused = e.unusedOffers(record.App.ID)
		}
		if item.Count > 0 {
			list = append(list, item)
		}
	}
	return answer(w, http.StatusOK, map[string]any{"queue": list})
}

// waits reports whether an instance is in the queue.
func (i *instance) waits() bool { return i.Condition == scheduled || i.Condition == provisioned }

func queued(list []*instance) bool { return slices.ContainsFunc(list, (*instance).waits) }

// waits reports whether an app is in the queue.
func (e *Engine) waits(a *app, list []*instance) bool {
	_, supply := e.supplies.waiting(a)
	return supply || queued(list)
}

func (e *Engine) queueItem(r *appRecord, instances []*instance) queueItem {
	item := queueItem{App: r.App, Offers: e.attempts.of(r.App.ID).summary()}
	var since time.Time
	for _, i := range instances {
		if !i.waits() {
			continue
		}
		item.Count++
		if since.IsZero() || i.Since.Before(since) {
			since = i.Since
		}
	}
	left := r.Backoff.until(r.App, e.now()).Sub(e.now()).Seconds()
	if got, waits := e.supplies.waiting(r.App); waits && item.Count == 0 {
		item.Count, since = len(instances), got // Marathon would have stopped them by now
	}
	item.Since = stamp(since)
	item.Delay = queueDelay{TimeLeftSeconds: int(math.Ceil(max(0, left))), Overdue: left <= 0}
	return item
}

func (a attempt) summary() offerSummary {
	return offerSummary{
		Processed: a.processed, Unused: a.unused, LastUnusedAt: stamp(a.lastUnused), LastUsedAt: stamp(a.lastUsed),
		LastOffers: a.lastOffers(), Attempt: steps(a.processed, a.declined),
	}
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
		if record == nil || !e.waits(record.App, t.instancesOf(id)) {
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
