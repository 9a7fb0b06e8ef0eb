package nginxconf

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"seedbed"
)

func remoteOf(t *testing.T, h http.Handler, token seedbed.Secret) *Remote {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	r, err := NewRemote(RemoteConfig{URL: server.URL, Token: token, Sites: server.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestStatus_IsForWhoKnowsTheToken(t *testing.T) {
	router, err := New(Config{Dir: t.TempDir(), ConsulAddr: "127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ set, given seedbed.Secret }{{"right", "wrong"}, {"right", ""}, {"", ""}} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/routes", nil)
		r.Header.Set("Authorization", "Bearer "+c.given.Reveal())
		if router.Status(c.set).ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
			t.Errorf("with the token %q, %q is answered %d", c.set.Reveal(), c.given.Reveal(), w.Code)
		}
	}
}

func TestRemote_KnowsNothingWhereTheRouterDoesNotSay(t *testing.T) {
	router, err := New(Config{Dir: t.TempDir(), ConsulAddr: "127.0.0.1:1"}) // its nginx does not run
	if err != nil {
		t.Fatal(err)
	}
	for what, h := range map[string]http.Handler{
		"nginx does not run": router.Status("right"),
		"garbage":            http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("[]")) }), //nolint:errcheck
		"an empty answer":    http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("{}")) }), //nolint:errcheck
		"a redirect":         http.RedirectHandler("http://127.0.0.1:1/", http.StatusFound),
	} {
		if routes, err := remoteOf(t, h, "right").Routes(t.Context()); seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("%s: %+v, %v", what, routes, err)
		}
	}
	if err := remoteOf(t, router.Status("right"), "right").Check(t.Context()); err == nil {
		t.Error("the check of a router whose nginx does not run is good")
	}
}

func TestRemote_TellsWhatIsServedAndAsksAsAVisitor(t *testing.T) {
	r := remoteOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/routes" && r.Header.Get("Authorization") == "Bearer right" {
			w.Write([]byte(`{"Hosts":{"a.example.org":{"Instances":2}},"Ports":{"5432":{"Instances":1}}}`)) //nolint:errcheck
			return
		}
		if r.Host != "a.example.org:"+r.Context().Value(http.LocalAddrContextKey).(interface{ String() string }).String()[len("127.0.0.1:"):] {
			http.NotFound(w, r)
		}
	}), "right")
	routes, err := r.Routes(t.Context())
	if err != nil || routes.Hosts["a.example.org"].Instances != 2 || routes.Ports[5432].Instances != 1 {
		t.Errorf("routes: %+v, %v", routes, err)
	}
	if answer := r.Ask(t.Context(), "a.example.org"); answer.Status != http.StatusOK {
		t.Errorf("the site's answer is %+v", answer)
	}
	if answer := r.Ask(t.Context(), "b.example.org"); answer.Status != http.StatusNotFound {
		t.Errorf("another site's answer is %+v", answer)
	}
}
