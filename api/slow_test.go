package api_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"seedbed/api"
)

// slowly begins a request on a connection of its own and never ends its body.
func slowly(w *world, server *httptest.Server, method, path, token, mime string) net.Conn {
	w.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		w.Fatal(err)
	}
	fmt.Fprintf(conn, "%s /api/v1%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: %s\r\nContent-Length: 1000\r\n\r\n{\"name\":", method, path, token, mime)
	return conn
}

// ended is the status of an answer after which the connection was closed.
func ended(w *world, conn net.Conn) (int, bool) {
	w.Helper()
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		w.Errorf("no answer: %v", err)
		return 0, false
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		w.Errorf("half an answer: %v", err)
	}
	_, err = io.Copy(io.Discard, reader)
	timeout, ok := err.(net.Error)
	return answer.StatusCode, !ok || !timeout.Timeout()
}

func TestAPI_WaitsForNothingFromWhoMayNothing(t *testing.T) {
	w := newWorld(t) // with 30 seconds for a body
	reader := w.amina("read")
	w.amina("admin").post("/sites", `{"template":"static-site","title":"Pages"}`).wants(202)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	for _, c := range []struct {
		method, path, token string
		want                int
	}{
		{"POST", "/tokens", "sb_1_wrong", 401}, {"PUT", "/sites/pages/files?file=x", "sb_1_wrong", 401}, {"GET", "/me", "sb_1_wrong", 401},
		{"PUT", "/sites/pages/files?file=x", reader.token, 403},
	} {
		if status, closed := ended(w, slowly(w, server, c.method, c.path, c.token, "application/json")); status != c.want || !closed {
			t.Errorf("%s %s: %d, closed %t", c.method, c.path, status, closed)
		}
	}
}

func TestAPI_WaitsForNoBodyWithoutEnd(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.BodyWithin = 300 * time.Millisecond })
	a := w.amina("admin")
	a.post("/sites", `{"template":"static-site","title":"Pages"}`).wants(202)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	for path, mime := range map[string]string{"POST /tokens": "application/json", "PUT /sites/pages/files?file=x": "text/css", "POST /sites/pages/files": "application/zip", "GET /me": "text/plain", "POST /none": "text/plain"} {
		method, path, _ := strings.Cut(path, " ")
		if status, closed := ended(w, slowly(w, server, method, path, a.token, mime)); status/100 == 5 || !closed {
			t.Errorf("%s %s: %d, closed %t", method, path, status, closed)
		}
	}
	a.get("/sites/pages/files").lacks(`"name"`)
}
