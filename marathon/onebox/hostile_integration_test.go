//go:build integration

package onebox

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
)

// Seen from outside: a hostile server makes a launch fail with a word that tells
// why, leaves nothing on the disk, and other apps run on.
func TestFetch_AHostileServerHarmsNobody(t *testing.T) {
	r := newMachine(t, func(c *Config) { c.FetchAllow = []string{"127.0.0.1"} })
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch req.URL.Path {
		case "/huge":
			w.Header().Set("Content-Length", "1099511627776")
			_, _ = w.Write(make([]byte, 1<<20))
		case "/away":
			http.Redirect(w, req, "http://[::1]:1/x", http.StatusFound)
		case "/cloud":
			http.Redirect(w, req, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		case "/up.tar.gz":
			_, _ = w.Write(targz(t, map[string]string{"../../escaped": "x"}))
		case "/none.tar.gz":
			_, _ = w.Write([]byte("no archive"))
		}
	}))
	t.Cleanup(bad.Close)
	r.expect(201, "PUT", "/v2/apps/well", `{"mem":32,"cpus":0.1,"cmd":"sleep 1000"}`)
	for name, want := range map[string]string{
		"huge": "larger than one task may fetch", "away": "private network", "cloud": "private network", "up.tar.gz": "outside of the sandbox", "none.tar.gz": "invalid header",
	} {
		id := "/bad-" + strings.TrimSuffix(name, ".tar.gz")
		r.expect(201, "PUT", "/v2/apps"+id, fmt.Sprintf(`{"mem":32,"cpus":0.1,"backoffSeconds":300,"cmd":"sleep 1000","fetch":[{"uri":"%s/%s"}]}`, bad.URL, name))
		await(t, name+": the failure is told", func() bool { return r.engine.records.snapshot().app(id).Failure != nil })
		if f := r.engine.records.snapshot().app(id).Failure.Message; !strings.Contains(f, want) {
			t.Errorf("%s: %s", name, f)
		}
	}
	err := filepath.WalkDir(r.engine.cfg.Dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && (e.Name() == "escaped" || e.Name() == "huge" || strings.HasSuffix(e.Name(), ".tar.gz")) {
			t.Errorf("%s is still there", path)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	await(t, "the other one runs", func() bool { list := r.tasks("/well"); return len(list) == 1 && list[0].State == "TASK_RUNNING" })
}
