//go:build integration

package onebox

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// targz packs files by their names.
func targz(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for name, text := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// serving serves contents by their names on the loopback address.
func serving(t *testing.T, byName map[string][]byte) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if text, there := byName[strings.TrimPrefix(r.URL.Path, "/")]; there {
			_, _ = w.Write(text)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestFetch_FilesAreInTheSandboxOfTheTask(t *testing.T) {
	r := newMachine(t, func(c *Config) { c.FetchAllow = []string{"127.0.0.1"} })
	url := serving(t, map[string][]byte{"site.tar.gz": targz(t, map[string]string{"site/page": "hello"}), "plain": []byte("plain")})
	r.expect(201, "PUT", "/v2/apps/fetched", fmt.Sprintf(`{"mem":64,"cpus":0.1,"cmd":"echo more >> site/page; python3 -m http.server $PORT0","uris":["%s/site.tar.gz","%s/plain"]}`, url, url))
	if got := r.page("/fetched", "/site/page"); got != "hello"+"more\n" {
		t.Errorf("the page is %q", got)
	}
	if got := r.page("/fetched", "/plain"); got != "plain" {
		t.Errorf("the file is %q", got)
	}
	r.readsSandbox("/fetched", "site/page", "hellomore\n")
}

func TestFetch_FailingIsTold(t *testing.T) {
	r := newMachine(t)
	url := serving(t, nil)
	for name, c := range map[string]struct{ uri, want string }{
		"/private": {url + "/x", "private network"}, "/file": {"/etc/passwd", "not below a folder"},
	} {
		r.expect(201, "PUT", "/v2/apps"+name, fmt.Sprintf(`{"mem":32,"cpus":0.1,"cmd":"sleep 100","fetch":[{"uri":%q}]}`, c.uri))
		await(t, "the failure is told", func() bool { return r.engine.records.snapshot().app(name).Failure != nil })
		f := r.engine.records.snapshot().app(name).Failure
		if f.State != "TASK_FAILED" || !strings.HasPrefix(f.Message, "Failed to launch container: fetching "+c.uri) || !strings.Contains(f.Message, c.want) {
			t.Errorf("%+v", f)
		}
	}
}
