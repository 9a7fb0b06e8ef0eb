package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// answering is a server that gives the same answer at each address, and notes
// what is asked of it.
func answering(t *testing.T, answers map[string]string) *[]string {
	t.Helper()
	asked := &[]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		what := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/v1")
		var body any
		_ = json.NewDecoder(r.Body).Decode(&body) // there may be none
		*asked = append(*asked, fmt.Sprint(what, " ", r.Header.Get("If-Match"), " ", body))
		w.Header().Set("ETag", `"seen"`)
		if answers[what] == "" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, answers[what])
	}))
	t.Cleanup(server.Close)
	t.Setenv("SEEDBED_SERVER", server.URL)
	t.Setenv("SEEDBED_TOKEN", "sb_1_X")
	return asked
}

func TestSitesSet_ChangesOnlyWhatWasSeen(t *testing.T) {
	asked := answering(t, map[string]string{"GET /sites/guide": `{"name":"guide","title":"Guide"}`, "PATCH /sites/guide": `{"id":7,"kind":"change","state":"working"}`})
	said := captured(t, func() {
		if err := run(t.Context(), []string{"sites", "set", "guide", "listing=on", "note=a=b", "--title", "Handbook"}); err != nil {
			t.Error(err)
		}
	})
	want := `PATCH /sites/guide "seen" map[settings:map[listing:on note:a=b] title:Handbook]`
	if len(*asked) != 2 || (*asked)[1] != want || !strings.Contains(said, "deployments show 7") {
		t.Errorf("asked %q, said %s", *asked, said)
	}
	for _, args := range [][]string{{}, {"guide"}, {"guide", "listing"}, {"guide", "=on"}} {
		if err := run(t.Context(), append([]string{"sites", "set"}, args...)); exitCode(err) != exitUsage {
			t.Errorf("%v: %v", args, err)
		}
	}
	if len(*asked) != 2 {
		t.Errorf("asked %q", *asked)
	}
}

func TestCommands_ShowWhatTheAPIHas(t *testing.T) {
	answering(t, map[string]string{
		"GET /sites/guide/usage":     `{"tasks":2,"memory":1048576,"memory_limit":2097152,"cpus":0.5}`,
		"GET /sites/guide/revisions": `{"items":[{"number":3,"by":"Amina","title":"Guide","settings":{"listing":"on"}}]}`,
		"POST /sites/guide/sign-in":  `{"user":"admin","password":"secret","url":"http://guide.localhost"}`,
		"POST /sites/guide/return":   `{"id":9,"kind":"change","state":"working"}`,
		"GET /volumes":               `{"items":[{"site":"guide","name":"files"}]}`,
	})
	for command, want := range map[string]string{
		"sites usage guide": "0.50", "sites revisions guide": "listing=on", "sites sign-in guide": "secret", "volumes": "files", "sites return guide": "show 9",
	} {
		for _, option := range []string{"--json", "--json=false"} {
			var err error
			said := captured(t, func() { err = run(t.Context(), append(strings.Fields(command), option)) })
			isJSON := json.Valid([]byte(said))
			if err != nil || isJSON != (option == "--json") || !isJSON && !strings.Contains(said, want) {
				t.Errorf("%s %s: %v\n%s", command, option, err, said)
			}
		}
	}
}

func TestToken_IsGoodForADayAtLeast(t *testing.T) {
	asked := answering(t, map[string]string{"POST /tokens": `{"token":"sb_2_X"}`})
	for _, days := range []string{"0", "-1", "366", "x"} {
		if err := run(t.Context(), []string{"token", "create", "--name", "x", "--days", days}); exitCode(err) != exitUsage {
			t.Errorf("%s days: %v", days, err)
		}
	}
	for _, option := range []string{"--days=7", "--scope=read"} {
		captured(t, func() {
			if err := run(t.Context(), []string{"token", "create", "--name", "x", option}); err != nil {
				t.Error(err)
			}
		})
	}
	if got := strings.Join(*asked, "\n"); got != "POST /tokens  map[days:7 name:x scope:read]\nPOST /tokens  map[name:x scope:read]" {
		t.Errorf("asked %s", got)
	}
}

func TestRoles_AreToldAsJSON(t *testing.T) {
	answering(t, map[string]string{"GET /projects/main": `{"name":"main","members":[{"id":3,"user":"Joseph","role":"viewer"}]}`, "PATCH /projects/main/members/3": "{}"})
	said := captured(t, func() {
		if err := run(t.Context(), []string{"projects", "role", "main", "joseph", "editor", "--json"}); err != nil {
			t.Error(err)
		}
	})
	var m struct {
		ID         int
		User, Role string
	}
	if err := json.Unmarshal([]byte(said), &m); err != nil || m.ID != 3 || m.User != "Joseph" || m.Role != "editor" {
		t.Errorf("%v: %s", err, said)
	}
}
