//go:build integration

package nginxconf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed"
)

// refusing returns a program that is nginx, but refuses every configuration with
// one of some words in it.
func refusing(t *testing.T, words ...string) string {
	program := filepath.Join(t.TempDir(), "nginx")
	text := "#!/bin/sh\n" +
		`if [ "$1" = -t ] && grep -qE '` + strings.Join(words, "|") + `' "$8"; then echo "refused: a bad word"; exit 1; fi` + "\n" +
		`exec /usr/sbin/nginx "$@"` + "\n"
	if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return program
}

func TestRouter_GoesOnWithoutTheSitesThatNginxRefuses(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "a site")
	_, second := backend(t, "moved")
	w.stopRouter()
	w.config.Nginx = refusing(t, "bad.localhost", "worse.localhost")
	w.startRouter()
	var all []seedbed.Instance
	for n := range 100 {
		id := fmt.Sprintf("/sites/s%d", n)
		all = append(all, instance(id[7:]+".1", id, fmt.Sprintf("s%d.localhost", n), port))
	}
	w.engine.set(all...)
	eventually(t, "served", w.serves("s99.localhost", "a site"))
	all[7].Labels["domain"] = "s7.localhost bad.localhost"
	all[31].Labels["domain"] = "worse.localhost"
	all[50] = instance("s50.2", "/sites/s50", "s50.localhost", second)
	w.engine.set(append(all, instance("new.1", "/sites/new", "new.localhost", port))...)
	eventually(t, "the others change", w.serves("s50.localhost", "moved"))
	eventually(t, "the others come", w.serves("new.localhost", "a site"))
	for _, host := range []string{"s7.localhost", "s31.localhost"} {
		if why := w.answers(host, "a site")(); why != "" {
			t.Errorf("it is not served as it was: %s", why)
		}
	}
	eventually(t, "it is told", func() string {
		routes, err := w.router.Routes(t.Context())
		if err != nil || len(routes.Refused) != 2 || len(routes.Refused["/sites/s7"]) != 1 || len(routes.Refused["/sites/s31"]) != 1 {
			return fmt.Sprint(routes.Refused, err)
		}
		if err := w.router.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "refuses the settings of 2 sites") {
			return fmt.Sprint("Check says ", err)
		}
		return ""
	})
	all[7].Labels["domain"] = "s7.localhost good.localhost"
	w.engine.set(all...)
	eventually(t, "mended", w.serves("good.localhost", "a site"))
}
