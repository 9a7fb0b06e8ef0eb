package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestPortal_AnswersOnlyToItsOwnNames(t *testing.T) {
	w := newWorld(t, func(c *config) { c.web.Domain = "seeds.example" })
	for host, own := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:8400": true, "192.168.1.5:8400": true, "[::1]:8400": true, "[::1]": true, "[fe80::1]:80": true,
		"localhost": true, "LocalHost:8400": true, "localhost.": true, "seeds.example": true, "portal.seeds.example:443": true, "A.B.Seeds.Example.": true,
		"evil.example": false, "evil.example:8400": false, "seeds.example.evil.example": false, "notseeds.example": false, "localhost.evil.example": false,
		"127.0.0.1.evil.example:8400": false, "guide.localhost": false, "example": false, ".": false,
	} {
		for _, path := range []string{"/sign-in", "/healthz", "/none"} {
			r := httptest.NewRequest(http.MethodGet, w.server.URL+path, nil)
			r.Host = host
			a := w.browser().do(r)
			if refused := a.status == http.StatusMisdirectedRequest; refused == own {
				t.Errorf("%s of %q answers %d", path, host, a.status)
			}
			if !own {
				a.has("The portal does not answer to this name.").lacks("<")
			}
		}
	}
}
