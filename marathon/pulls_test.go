package marathon

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

func TestObserve_TellsHowFarAnImageHasCome(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		pulls  string
		want   *seedbed.Pulling
		asked  int // in two observations
	}{
		"on its way":     {200, `{"pulls":[{"image":"x","apps":["/sites/a"],"currentBytes":5,"totalBytes":9}]}`, &seedbed.Pulling{Current: 5, Total: 9}, 2},
		"of others":      {200, `{"pulls":[{"image":"x","apps":["/sites/c"],"currentBytes":5,"totalBytes":9}]}`, nil, 2},
		"Marathon 1.5":   {404, `{"message":"URI not found: /v2/onebox/pulls"}`, nil, 1},
		"Marathon 1.8":   {500, `{"message":"URI not found"}`, nil, 1},
		"a proxy":        {404, `<html>`, nil, 2},
		"does not say":   {503, ``, nil, 2},
		"something else": {200, `{}`, nil, 2},
	} {
		lists, asked := engine(waitingApp, "", ""), 0
		client := clientFor(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v2/onebox/pulls" {
				asked++
				answers(c.status, c.pulls)(w, r)
				return
			}
			lists(w, r)
		})
		for range 2 {
			got, err := client.Observe(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if diff := cmp.Diff(c.want, got["/sites/a"].Pulling); diff != "" || got["/sites/b"].Pulling != nil {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if asked != c.asked {
			t.Errorf("%s: asked %d times, want %d", name, asked, c.asked)
		}
	}
}
