package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"seedbed"
	"seedbed/control"
)

// slowPost begins a form on a connection of its own and never ends it.
func (w *world) slowPost(path string) net.Conn {
	w.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL, "http://"))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nuser=Ami", path)
	return conn
}

func TestPortal_WaitsForNoFormWithoutEnd(t *testing.T) {
	w := newWorld(t, func(c *config) { c.web.BodyWithin = 300 * time.Millisecond })
	w.amina()
	for path, want := range map[string]int{"/sign-in": http.StatusUnprocessableEntity, "/sites/guide/files": http.StatusSeeOther} {
		conn := w.slowPost(path)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || answer.StatusCode != want {
			t.Fatalf("%s: %v, %v", path, answer, err)
		}
		body, _ := io.ReadAll(answer.Body)
		if want == http.StatusUnprocessableEntity && !strings.Contains(string(body), "did not arrive whole") {
			t.Errorf("%s says %s", path, body)
		}
		if _, err := io.Copy(io.Discard, conn); err != nil {
			t.Errorf("%s: the connection is still held: %v", path, err)
		}
	}
}

// slowStore takes its time to make a site, unless the request ends meanwhile.
type slowStore struct {
	control.Store
	takes time.Duration
}

func (s slowStore) CreateSite(ctx context.Context, site seedbed.NewSite) (seedbed.Deployment, error) {
	timer := time.NewTimer(s.takes)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return seedbed.Deployment{}, ctx.Err()
	case <-timer.C:
		return s.Store.CreateSite(ctx, site)
	}
}

func TestPortal_LimitsOnlyTheArrivalOfForms(t *testing.T) {
	w := newWorld(t, func(c *config) {
		c.web.BodyWithin = 300 * time.Millisecond
		c.control.Store = slowStore{c.control.Store, 600 * time.Millisecond}
	})
	w.amina().post("/sites", "template", "wiki", "name", "Guide").to("/deployments/1")
}

func TestFiles_RefusalReachesWhoSendsALargeFile(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("static-site", "Guide").ID)
	sent := make(chan error, 1)
	body := &wholeBody{Reader: strings.NewReader("--x\r\nContent-Disposition: form-data; name=replace\r\n\r\non\r\n" +
		"--x\r\nContent-Disposition: form-data; name=file; filename=film.mp4\r\n\r\n" + strings.Repeat("x", 30<<20) + "\r\n--x--\r\n"), sent: sent}
	r := httptest.NewRequest(http.MethodPost, w.server.URL+"/sites/guide/files", body)
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	b.do(r).wants(http.StatusUnprocessableEntity).has("Nothing was changed.")
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// wholeBody tells whether all of it was sent before it was closed.
type wholeBody struct {
	*strings.Reader
	sent chan error
	once sync.Once
}

func (b *wholeBody) Close() error {
	b.once.Do(func() {
		var err error
		if left := b.Len(); left > 0 {
			err = fmt.Errorf("%d bytes were never taken", left)
		}
		b.sent <- err
	})
	return nil
}
