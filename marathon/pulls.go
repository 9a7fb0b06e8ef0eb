package marathon

import (
	"context"
	"errors"

	"seedbed"
)

// pullList is the answer of the engine of one box, at an address of its own, to
// the question for images on their way.
type pullList struct {
	Pulls *[]struct {
		Apps    []string `json:"apps"`
		Current int64    `json:"currentBytes"`
		Total   int64    `json:"totalBytes"`
	} `json:"pulls"`
}

func (l *pullList) whole() error {
	if l.Pulls == nil {
		return errors.New("there is no list of pulls")
	}
	return nil
}

// addPulling says of the apps that do not all run how far their images have come.
// Marathon itself does not know the question, and is not asked it again.
func (c *Client) addPulling(ctx context.Context, all map[seedbed.WorkloadID]seedbed.Observed) {
	if c.noPulls.Load() {
		return
	}
	var in pullList
	if err := c.call(ctx, get("/v2/onebox/pulls", nil), into(&in)); err != nil {
		c.noPulls.Store(isUnknownPath(err))
		return
	}
	for _, p := range *in.Pulls {
		for _, app := range p.Apps {
			c.tell(all, app, func(o *seedbed.Observed) { o.Pulling = &seedbed.Pulling{Current: p.Current, Total: p.Total} })
		}
	}
}
