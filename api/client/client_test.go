package client

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"seedbed/api/wire"
)

func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := New(server.URL, "sb_1_X")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClient_SendsAPostAgainUnderTheSameKeyIfNoAnswerCame(t *testing.T) {
	t.Parallel()
	var keys []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if keys = append(keys, r.Header.Get("Idempotency-Key")); len(keys) == 1 {
			panic(http.ErrAbortHandler) // as if it was killed
		}
		w.Write([]byte(`{"id":7}`))
	})
	var d wire.Deployment
	if err := c.Post(t.Context(), "/sites", wire.NewSite{}, &d); err != nil || d.ID != 7 {
		t.Fatal(d, err)
	}
	if len(keys) != 2 || keys[0] == "" || keys[0] != keys[1] {
		t.Errorf("keys %q", keys)
	}
}

func TestClient_TakesTheTokenToNoOtherServer(t *testing.T) {
	var seen string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = r.URL.Path }))
	defer other.Close()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) })
	if _, err := c.Get(t.Context(), "/me", nil); err == nil || seen != "" {
		t.Errorf("%v %q", err, seen)
	}
}

func TestClient_TellsRefusalsFromOtherAnswers(t *testing.T) {
	body := `{"status":422,"detail":"2 things need another look.","errors":[{"field":"title","message":"Too long."},{"field":"address","message":"Taken."}]}`
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(422)
		w.Write([]byte(body))
	})
	_, err := c.Get(t.Context(), "/me", nil)
	var refused *Refused
	if !errors.As(err, &refused) || err.Error() != "2 things need another look.\n  title: Too long.\n  address: Taken." {
		t.Errorf("%v", err)
	}
	body = "<html>"
	if _, err := c.Get(t.Context(), "/me", nil); err == nil || errors.As(err, &refused) && refused.Detail == "" {
		t.Errorf("%v", err)
	}
}

func TestNew_RefusesWhatIsNoServerOrToken(t *testing.T) {
	for _, c := range [][2]string{{"localhost:8400", "x"}, {"ftp://x", "x"}, {"http://", "x"}, {"http://u:p@x", "x"}, {"http://x", ""}, {"http://x", "a\nb"}} {
		if _, err := New(c[0], c[1]); err == nil {
			t.Errorf("took %q", c)
		}
	}
}
