//go:build integration

package onebox

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/client"

	"seedbed/marathon/internal/enginetest"
)

// slowLine is what lies between Docker and the registry: it is slow, and breaks off.
type slowLine struct {
	*httptest.Server
	blobs  atomic.Int32 // asked for
	breaks atomic.Int32 // how many answers are still to break off
	quick  atomic.Bool
}

func newSlowLine(t *testing.T, to string) *slowLine {
	l := &slowLine{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: to})
	proxy.ModifyResponse = func(res *http.Response) error {
		if res.Request.Method == http.MethodGet && strings.Contains(res.Request.URL.Path, "/blobs/") && res.ContentLength > 1<<20 {
			l.blobs.Add(1)
			res.Body = &slowBody{ReadCloser: res.Body, line: l, breaks: l.breaks.Add(-1) >= 0}
		}
		return nil
	}
	l.Server = httptest.NewServer(proxy)
	t.Cleanup(l.Close)
	return l
}

// host is the registry's name in names of images.
func (l *slowLine) host() string { return strings.TrimPrefix(l.URL, "http://") }

type slowBody struct {
	io.ReadCloser
	line   *slowLine
	breaks bool
	sent   int
}

func (s *slowBody) Read(p []byte) (int, error) {
	if s.breaks && s.sent > 300<<10 {
		return 0, io.ErrUnexpectedEOF
	}
	if !s.line.quick.Load() {
		p = p[:min(len(p), 16<<10)]
		time.Sleep(5 * time.Millisecond) // some 3 MB a second
	}
	n, err := s.ReadCloser.Read(p)
	s.sent += n
	return n, err
}

// private puts an image into a registry that asks for a password, takes it off
// the machine, and returns its name there.
func private(t *testing.T, docker *client.Client, l *slowLine, direct string) string {
	t.Helper()
	local := enginetest.Image(t, docker)
	auth, err := encodeAuth(registry.AuthConfig{Username: "me", Password: "geheim"}, direct)
	if err != nil {
		t.Fatal(err)
	}
	pushed, name := direct+"/webapp:1", l.host()+"/webapp:1"
	if _, err := docker.ImageTag(t.Context(), client.ImageTagOptions{Source: local, Target: pushed}); err != nil {
		t.Fatal(err)
	}
	push, err := docker.ImagePush(t.Context(), pushed, client.ImagePushOptions{RegistryAuth: auth})
	if err == nil {
		err = push.Wait(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	forget(t, docker, local, pushed)
	t.Cleanup(func() {
		_, _ = docker.ImageRemove(context.Background(), name, client.ImageRemoveOptions{Force: true})
	})
	return name
}

func forget(t *testing.T, docker *client.Client, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := docker.ImageRemove(t.Context(), name, client.ImageRemoveOptions{Force: true}); err != nil {
			t.Fatal(err)
		}
	}
}

func (r *real) putImage(id, image, more string) {
	r.t.Helper()
	r.expect(201, "PUT", "/v2/apps"+id, fmt.Sprintf(`{"mem":32,"cpus":0.1,"backoffSeconds":1,"networks":[{"mode":"container/bridge"}],
		"container":{"docker":{"image":%q},"portMappings":[{"containerPort":8080}]}%s}`, image, more))
}

func (r *real) pulls() []pullView {
	r.t.Helper()
	_, text := r.raw("GET", "/v2/onebox/pulls", "")
	var out struct{ Pulls []pullView }
	if err := json.Unmarshal(text, &out); err != nil {
		r.t.Fatal(err)
	}
	return out.Pulls
}

func TestPulls_FromAPrivateRegistryOverABadLine(t *testing.T) {
	docker := enginetest.Docker(t)
	direct := enginetest.Registry(t, "me", "geheim")
	l := newSlowLine(t, direct)
	image := private(t, docker, l, direct)
	passwords := filepath.Join(t.TempDir(), "config.json")
	r := newMachine(t, func(c *Config) { c.RegistryAuth, c.FetchAllow = passwords, []string{"127.0.0.1"} })
	auth := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, l.host(), base64.StdEncoding.EncodeToString([]byte("me:geheim")))

	t.Run("without a password it is refused", func(t *testing.T) {
		if err := os.WriteFile(passwords, []byte("{}"), 0o600); err != nil {
			t.Fatal(err)
		}
		r.putImage("/nobody", image, "")
		await(t, "the failure is told", func() bool { return r.engine.records.snapshot().app("/nobody").Failure != nil })
		if f := r.engine.records.snapshot().app("/nobody").Failure.Message; !strings.Contains(f, "pulling it failed") {
			t.Error(f)
		}
		r.expect(200, "DELETE", "/v2/apps/nobody", "")
	})
	t.Run("a password that was fetched is used, two share a pull, and what breaks off goes on", func(t *testing.T) {
		l.breaks.Store(2)
		archive := serving(t, map[string][]byte{"docker.tar.gz": targz(t, map[string]string{".docker/config.json": auth})}) + "/docker.tar.gz"
		for _, id := range []string{"/one", "/two"} {
			r.putImage(id, image, fmt.Sprintf(`,"uris":[%q]`, archive))
		}
		var seen pullView
		await(t, "the pull tells how far it is", func() bool {
			list := r.pulls()
			if len(list) > 1 {
				t.Fatalf("they do not share it: %+v", list)
			}
			if len(list) == 1 && list[0].Current > 0 {
				seen = list[0]
			}
			return seen.Current > 500<<10
		})
		if seen.Image != image || len(seen.Apps) == 0 || seen.Total < seen.Current || seen.Total > 100<<20 {
			t.Errorf("it is %+v", seen)
		}
		l.quick.Store(true)
		for _, id := range []string{"/one", "/two"} {
			r.page(id, "/")
		}
		if l.breaks.Load() >= 0 || len(r.pulls()) != 0 {
			t.Errorf("%d are left to break off, %+v are listed", l.breaks.Load(), r.pulls())
		}
		for _, id := range []string{"/one", "/two"} {
			r.expect(200, "DELETE", "/v2/apps"+id, "")
		}
		await(t, "they are gone", func() bool { return len(r.containers()) == 0 })
	})
	t.Run("the operator's password is used", func(t *testing.T) {
		forget(t, docker, image)
		if err := os.WriteFile(passwords, []byte(auth), 0o600); err != nil {
			t.Fatal(err)
		}
		r.putImage("/operators", image, "")
		r.page("/operators", "/")
	})
}
