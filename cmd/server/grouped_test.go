package main

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

// wholeRouter is a router that knows workloads by their whole ids.
type wholeRouter struct {
	router
	routes seedbed.Routes
	asked  seedbed.WorkloadID
}

func (r *wholeRouter) Routes(context.Context) (seedbed.Routes, error) { return r.routes, nil }

func (r *wholeRouter) Visits(_ context.Context, id seedbed.WorkloadID) (seedbed.Visits, error) {
	r.asked = id
	return seedbed.Visits{}, nil
}

func TestGrouped_PortalAndRouterMeanTheSameWorkloads(t *testing.T) {
	host := seedbed.VirtualHost{Workload: "/sites/wiki", Hosts: []seedbed.HostName{"wiki.example.org"}}
	told := inGroup("/team", []seedbed.VirtualHost{host})[0]
	if told.Workload != "/team/sites/wiki" {
		t.Errorf("routers are told of %s", told.Workload)
	}
	whole := &wholeRouter{routes: seedbed.Routes{
		Served:  map[seedbed.WorkloadID]string{told.Workload: told.Digest(), "/teamwork/sites/wiki": "other"},
		Refused: map[seedbed.WorkloadID][]string{told.Workload: {"ours"}, "/sites/wiki": {"another's"}},
	}}
	g := grouped{whole, "/team"}
	routes, err := g.Routes(t.Context())
	want := seedbed.Routes{
		Served:  map[seedbed.WorkloadID]string{"/sites/wiki": host.Digest()},
		Refused: map[seedbed.WorkloadID][]string{"/sites/wiki": {"ours"}},
	}
	if diff := cmp.Diff(want, routes); diff != "" || err != nil {
		t.Errorf("the portal hears %v, %s", err, diff)
	}
	if _, err := g.Visits(t.Context(), "/sites/wiki"); err != nil || whole.asked != "/team/sites/wiki" {
		t.Errorf("visits of %s are asked for: %v", whole.asked, err)
	}
}
