package marathon

import (
	"context"
	"net/http"
	"slices"

	"seedbed"
)

// pullState is an image on its way to the machine, as the engine of one box tells
// it at an address of its own.
type pullState struct {
	Apps    []string `json:"apps"`
	Current int64    `json:"currentBytes"`
	Total   int64    `json:"totalBytes"`
}

// addPulling says of the apps that do not all run how far their images have come.
// Marathon itself does not tell; nothing is said then, and that is no error.
func (c *Client) addPulling(ctx context.Context, all map[seedbed.WorkloadID]seedbed.Observed) {
	short := func(o seedbed.Observed) bool { return o.Running < o.Instances }
	if c.noPulls.Load() || !slices.ContainsFunc(values(all), short) {
		return
	}
	var in struct{ Pulls *[]pullState }
	if err := c.call(ctx, request{method: http.MethodGet, path: "/v2/onebox/pulls"}, &in); err != nil {
		c.noPulls.Store(isStatus(err, http.StatusNotFound)) // it is not the engine of one box, and will not be asked again
		return
	}
	if in.Pulls == nil {
		return
	}
	for _, p := range *in.Pulls {
		for _, app := range p.Apps {
			id := seedbed.WorkloadID(app)
			if o, there := all[id]; there && short(o) {
				o.Pulling = &seedbed.Pulling{Current: p.Current, Total: p.Total}
				all[id] = o
			}
		}
	}
}
