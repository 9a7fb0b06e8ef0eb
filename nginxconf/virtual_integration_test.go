//go:build integration

package nginxconf_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seedbed"
)

// publish writes virtual hosts to Consul as the portal does, one after the other
// and the mark at last.
func (w *world) publish(hosts ...seedbed.VirtualHost) {
	w.t.Helper()
	var digest uint64
	for _, h := range hosts {
		text, err := json.Marshal(h)
		if err != nil {
			w.t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		digest += binary.BigEndian.Uint64(sum[:8])
		name := sha256.Sum256([]byte(h.Workload))
		w.put("seedbed/hosts/seedbed/"+hex.EncodeToString(name[:8]), string(text))
	}
	w.put("seedbed/hosts/seedbed/.all", fmt.Sprintf(`{"count":%d,"digest":"%016x"}`, len(hosts), digest))
}

// put writes a key of Consul; without a value it removes it.
func (w *world) put(key, value string) {
	w.t.Helper()
	method := http.MethodPut
	if value == "" {
		method = http.MethodDelete
	}
	request, err := http.NewRequestWithContext(w.t.Context(), method, "http://"+w.agent.Address()+"/v1/kv/"+key, strings.NewReader(value))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("X-Consul-Token", w.agent.Token().Reveal())
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		w.t.Fatalf("Consul answers %d", answer.StatusCode)
	}
}

func TestRouter_ServesWhatThePortalPublishes(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "label.localhost", port), instance("app.1", "/apps/other", "app.localhost", port))
	eventually(t, "served by its label", w.serves("label.localhost", "the wiki"))

	wiki := seedbed.VirtualHost{Workload: "/sites/wiki", Hosts: []seedbed.HostName{"wiki.localhost"}}
	paused := seedbed.VirtualHost{Workload: "/sites/new", Hosts: []seedbed.HostName{"new.localhost", "app.localhost"}, Door: seedbed.Paused, Since: wiki.Since.AddDate(2025, 0, 0)}
	w.publish(wiki, paused)
	eventually(t, "served by its virtual host", w.serves("wiki.localhost", "the wiki"))
	eventually(t, "not by its label", w.shows("label.localhost", 404, "unknown"))
	eventually(t, "the page of one of which nothing runs", w.shows("new.localhost", 503, "paused"))
	eventually(t, "both sides of a clash are told", func() string {
		routes, err := w.router.Routes(t.Context())
		if err != nil || len(routes.Refused["/sites/new"]) != 1 || len(routes.Refused["/apps/other"]) != 1 {
			return fmt.Sprint(routes.Refused, err)
		}
		return ""
	})

	wiki.Door = seedbed.Maintenance
	w.publish(wiki)
	w.put("seedbed/hosts/seedbed/"+keyOf("/sites/new"), "")
	eventually(t, "in maintenance", w.shows("wiki.localhost", 503, "maintenance"))
	eventually(t, "gone", w.shows("new.localhost", 404, "unknown"))

	// Consul has lost what the portal wrote, and another site is new.
	w.put("seedbed/hosts/seedbed/.all", "")
	w.put("seedbed/hosts/seedbed/"+keyOf("/sites/wiki"), "")
	w.stopRouter()
	w.startRouter()
	w.engine.set(instance("wiki.1", "/sites/wiki", "label.localhost", port), instance("late.1", "/apps/late", "late.localhost", port))
	for range 100 {
		if why := w.shows("wiki.localhost", 503, "maintenance")(); why != "" {
			t.Fatal("what closes a site was lost: ", why)
		}
	}
	w.publish(wiki)
	eventually(t, "all is there again", w.serves("late.localhost", "the wiki"))
	if why := w.shows("wiki.localhost", 503, "maintenance")(); why != "" {
		t.Error(why)
	}
}

func keyOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}
