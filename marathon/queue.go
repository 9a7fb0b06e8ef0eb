package marathon

import (
	"context"
	"errors"
	"net/url"
	"time"

	"seedbed"
)

// queueState is what is read of an app that waits for a launch. Marathon before
// 1.5 says nothing of offers, and then no reason is known.
type queueState struct {
	App struct {
		ID   string  `json:"id"`
		CPUs float64 `json:"cpus"`
		Mem  float64 `json:"mem"`
		Disk float64 `json:"disk"`
	} `json:"app"`
	Offers struct {
		LastUnused time.Time `json:"lastUnusedOfferAt"`
		LastUsed   time.Time `json:"lastUsedOfferAt"`
		Last       []struct {
			Reason   string `json:"reason"`
			Declined int    `json:"declined"`
		} `json:"rejectSummaryLastOffers"`
	} `json:"processedOffersSummary"`
	Unused []struct {
		Offer struct {
			Resources []struct {
				Name   string  `json:"name"`
				Scalar float64 `json:"scalar"`
			} `json:"resources"`
		} `json:"offer"`
	} `json:"lastUnusedOffers"`
}

// shortages are what Marathon's reasons mean: all that it has.
var shortages = map[string]seedbed.Shortage{
	"UnfulfilledRole": seedbed.NotOffered, "UnfulfilledConstraint": seedbed.NoFitMachine, "NoCorrespondingReservationFound": seedbed.NotReserved,
	"AgentMaintenance": seedbed.InMaintenance, "InsufficientCpus": seedbed.ShortOfCPUs, "InsufficientMemory": seedbed.ShortOfMemory,
	"InsufficientDisk": seedbed.ShortOfDisk, "InsufficientGpus": seedbed.ShortOfGPUs, "DeclinedScarceResources": seedbed.KeptForGPUs,
	"InsufficientPorts": seedbed.ShortOfPorts,
}

// queueList is the answer to the question for the queue.
type queueList struct {
	Queue *[]queueState `json:"queue"`
}

func (l *queueList) whole() error {
	if l.Queue == nil {
		return errors.New("there is no queue")
	}
	return nil
}

// addWaiting says of the apps that do not all run why they wait.
func (c *Client) addWaiting(ctx context.Context, all map[seedbed.WorkloadID]seedbed.Observed) {
	var in queueList
	if err := c.call(ctx, get("/v2/queue", url.Values{"embed": {"lastUnusedOffers"}}), into(&in)); err != nil {
		c.log.Debug("the queue cannot be read", "err", err)
		return
	}
	for _, q := range *in.Queue {
		c.tell(all, q.App.ID, func(o *seedbed.Observed) { o.Waiting = q.waiting() })
	}
}

// waiting returns why the last offers were of no use; nil if the newest of them
// was, or if there was none. The reasons are in the order in which Marathon
// looks, so the last one is where an offer came furthest.
func (q queueState) waiting() *seedbed.Waiting {
	if !q.Offers.LastUnused.After(q.Offers.LastUsed) {
		return nil
	}
	reason := ""
	for _, step := range q.Offers.Last {
		if step.Declined > 0 {
			reason = step.Reason
		}
	}
	if reason == "" {
		return nil
	}
	w := &seedbed.Waiting{For: shortages[reason], Reason: reason}
	switch w.For {
	case seedbed.ShortOfCPUs:
		w.Need, w.Freest = q.App.CPUs, q.freest("cpus")
	case seedbed.ShortOfMemory:
		w.Need, w.Freest = q.App.Mem, q.freest("mem")
	case seedbed.ShortOfDisk:
		w.Need, w.Freest = q.App.Disk, q.freest("disk")
	}
	return w
}

// freest returns how much the machine had that had most of a resource, which may
// be offered in parts for several roles.
func (q queueState) freest(name string) (most float64) {
	for _, u := range q.Unused {
		sum := 0.0
		for _, r := range u.Offer.Resources {
			if r.Name == name {
				sum += r.Scalar
			}
		}
		most = max(most, sum)
	}
	return most
}
