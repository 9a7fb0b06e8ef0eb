package main

import (
	"context"
	"strings"

	"seedbed"
)

// grouped is a router for sites whose workloads are in a group at Marathon. Bridge
// and routers know workloads by their whole ids, the portal by those within its
// group.
type grouped struct {
	router
	group seedbed.WorkloadID // "" is the root
}

// Routes returns what the router says of the group's own workloads.
func (g grouped) Routes(ctx context.Context) (seedbed.Routes, error) {
	routes, err := g.router.Routes(ctx)
	routes.Refused, routes.Served = within(g.group, routes.Refused), within(g.group, routes.Served)
	return routes, err
}

// Visits returns how a workload of the group was visited.
func (g grouped) Visits(ctx context.Context, id seedbed.WorkloadID) (seedbed.Visits, error) {
	return g.router.Visits(ctx, g.group+id)
}

// within returns what is said of workloads of a group, by their ids within it.
func within[V any](group seedbed.WorkloadID, all map[seedbed.WorkloadID]V) map[seedbed.WorkloadID]V {
	own := make(map[seedbed.WorkloadID]V, len(all))
	for id, value := range all {
		if rest, ok := strings.CutPrefix(string(id), string(group)); ok && strings.HasPrefix(rest, "/") {
			own[seedbed.WorkloadID(rest)] = value
		}
	}
	return own
}

// inGroup returns hosts with the whole ids of their workloads.
func inGroup(group seedbed.WorkloadID, hosts []seedbed.VirtualHost) []seedbed.VirtualHost {
	whole := make([]seedbed.VirtualHost, len(hosts))
	for n, host := range hosts {
		host.Workload = group + host.Workload
		whole[n] = host
	}
	return whole
}
