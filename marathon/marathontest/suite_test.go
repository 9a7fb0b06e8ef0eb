package marathontest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// A check that cannot fail is worse than none: every one must fail on a server
// that answers everything with 200 and an empty object.
func TestChecks_AllFailOnWhatIsNoMarathon(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		_, _ = w.Write([]byte("{}"))
	}))
	defer server.Close()
	s := newSuite(Target{URL: server.URL, Dry: true})
	for number, c := range checks() {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		if len(s.failures(ctx, number, c)) == 0 {
			t.Errorf("%q holds on anything", c.name)
		}
		if c.differs != nil {
			c.holds = c.differs
			if len(s.failures(ctx, number, c)) == 0 {
				t.Errorf("%q holds on anything, as it differs", c.name)
			}
		}
		cancel()
	}
}

// None of the recorded answers is forgotten.
func TestRecordings_AreAllReplayedOrExcused(t *testing.T) {
	all, err := recordings()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 61 {
		t.Errorf("there are %d recordings", len(all))
	}
	how, excused, pods := replays(), unreplayed(), 0
	var names []string
	for _, r := range all {
		names = append(names, r.name())
		_, made := how[r.name()]
		_, why := excused[r.name()]
		if isPod(r) {
			pods++
		} else if made == why {
			t.Errorf("%q must be either replayed or excused", r.name())
		}
	}
	if pods != 13 {
		t.Errorf("%d recordings are about pods", pods)
	}
	for name := range how {
		if !slices.Contains(names, name) {
			t.Errorf("%q is replayed, and was never recorded", name)
		}
	}
}

// What is sent of a definition's place is what is compared.
func TestShape_IsPlacesAndKinds(t *testing.T) {
	p := &probe{}
	p.sameShape("a", map[string]any{"x": []any{map[string]any{"y": 1.0}}}, map[string]any{"x": []any{map[string]any{"y": "1", "z": nil, "e": []any{}}}})
	p.sameShape("b", map[string]any{}, map[string]any{"old": map[string]any{"x": 1.0}, "older": true}, "old")
	want := []string{`a: x[].y is "string" in the example, and "number" here`, `b: older is "boolean" in the example, and "" here`}
	if !slices.Equal(p.failed, want) {
		t.Errorf("%q", p.failed)
	}
}

// unreplayed are the recorded requests that are not made, and why.
func unreplayed() map[string]string {
	return map[string]string{
		"DELETE /v2/leader":                        "it would end the target",
		"GET /marathon/v2/apps":                    "the path of a proxy before Marathon",
		"GET /v2/apps/fake-app wait-on-app":        "no answer, but a sequence for a client's waiting",
		"GET /v2/apps/fake-app-broken":             "made to be broken",
		"POST /v2/eventSubscriptions":              "without the parameter that it needs; the one with it is made",
		"GET /v2/groups/qa/product/1":              "the same as the group before it, with ids of a place",
		"GET /v2/apps/no-health-check-results-app": "results of health checks need programs; see running",
	}
}

// isPod reports whether a recording is about pods, which onebox does not have.
func isPod(r recorded) bool { return strings.HasPrefix(r.URI, "/v2/pods") }
