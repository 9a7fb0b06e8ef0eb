package static

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAssets_AreFoundUnderTheirHashOnly(t *testing.T) {
	a, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]string{"app.css": "text/css", "app.js": "text/javascript", "seedling.svg": "image/svg+xml"} {
		for url, want := range map[string]int{a.URL(name): http.StatusOK, Prefix + "000000000000/" + name: http.StatusNotFound, Prefix + name: http.StatusNotFound} {
			w := httptest.NewRecorder()
			a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, url, nil))
			if w.Code != want {
				t.Errorf("%s: status %d, want %d", url, w.Code, want)
			}
			if immutable := strings.Contains(w.Header().Get("Cache-Control"), "immutable"); immutable != (want == http.StatusOK) {
				t.Errorf("%s: kept %q", url, w.Header().Get("Cache-Control"))
			}
			if got := w.Header().Get("Content-Type"); want == http.StatusOK && !strings.HasPrefix(got, kind) {
				t.Errorf("%s: %q, want %q", url, got, kind)
			}
		}
	}
}

func TestScript_StaysSmall(t *testing.T) {
	script, err := embedded.ReadFile("app.js")
	if err != nil || len(script) > 4096 {
		t.Errorf("%d bytes (%v), want at most 4096", len(script), err)
	}
}
