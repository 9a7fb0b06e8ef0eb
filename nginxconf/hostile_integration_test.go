//go:build integration

package nginxconf

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"

	"seedbed"
)

// TestCorpus_PassesTheRealNginx lets nginx test a configuration of all hostile
// values of a kind at once, each in a site of its own, and at last serve one of
// all values of all kinds: those beside them are still served.
func TestCorpus_PassesTheRealNginx(t *testing.T) {
	h := newHouse(t, netip.MustParsePrefix("127.0.0.1/32"))
	port := program(t)
	good := view{
		entries: []entry{onLoopback("/sites/good", port)},
		hosts:   hostsView{published: true, hosts: []seedbed.VirtualHost{{Workload: "/sites/good", Hosts: []seedbed.HostName{"good.localhost"}, Since: aDay(1)}}},
	}
	h.serve(t, good)
	all := good
	n := 0
	for _, a := range attacks() {
		v := good
		for _, value := range hostile(t, a.kind) {
			if a.kind == "id" && value == "/sites/good" {
				continue
			}
			n++
			a.into(&v, value, n)
			a.into(&all, value, n)
		}
		h.passes(t, a.kind, v)
	}
	for _, value := range hostile(t, "value") {
		var host seedbed.VirtualHost
		if json.Unmarshal([]byte(value), &host) == nil && host.Workload != "" {
			all.hosts.hosts = append(all.hosts.hosts, host)
		}
	}
	h.passes(t, "all", all)
	h.serve(t, all)
	if answer, body := h.visit(t, "GET", "good.localhost", "/", ""); answer.StatusCode != 200 {
		t.Errorf("the good site: %d %s", answer.StatusCode, body)
	}
	for _, host := range []string{"evil.example.org", "bad.example.org", "generation.seedbed.internal.evil"} {
		if answer, _ := h.visit(t, "GET", host, "/x/passwd", ""); answer.StatusCode != 404 || answer.Header.Get(pageHeader) != "unknown" {
			t.Errorf("%s is there: %d", host, answer.StatusCode)
		}
	}
	if routes, err := h.router.Routes(context.Background()); err != nil || len(routes.Refused) < 50 {
		t.Errorf("only %d are told that they are refused, %v", len(routes.Refused), err)
	}
}

// passes lets nginx test the configuration of a view.
func (h house) passes(t *testing.T, what string, v view) {
	t.Helper()
	routes, _ := newTable(v, table{}, true)
	c, err := generate(routes, h.router.settings(routes), nil)
	if err != nil {
		t.Fatal(what, err)
	}
	if err := h.router.stage(c); err != nil {
		t.Fatal(what, err)
	}
	if err := h.router.nginx.test(t.Context(), h.router.generationFile(c.generation)); err != nil {
		t.Error(fmt.Errorf("%s: %w", what, err))
	}
}
