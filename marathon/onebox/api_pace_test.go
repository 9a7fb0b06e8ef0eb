package onebox

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// dial opens a connection of its own to the engine, and writes the text.
func (f *fixture) dial(text string) net.Conn {
	f.t.Helper()
	conn, err := net.Dial("tcp", f.server.Listener.Addr().String())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		f.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		f.t.Fatal(err)
	}
	return conn
}

// Clients that send slowly, or read nothing, take places; but not for ever.
func TestAPI_GivesPlacesBackThatNobodyUses(t *testing.T) {
	for name, request := range map[string]string{
		"sends": "PUT /v2/apps/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{",
		"reads": strings.Repeat("GET /v2/apps HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, dry, func(c *Config) { c.Patience = 2 * time.Second })
			long := strings.Repeat("x", 1<<20)
			f.expect(201, "PUT", "/v2/apps/sites/guide", strings.Replace(guide, `"name":"guide"`, fmt.Sprintf(`"name":%q`, long), 1))
			const clients = 20
			for range clients {
				f.dial(request)
			}
			await(t, "all of them have a place", func() bool { return len(f.engine.requests) == clients })
			await(t, "none of them has", func() bool { return len(f.engine.requests) == 0 })
			f.expect(200, "GET", "/v2/apps/sites/guide", "")
		})
	}
}

// Who is not let in is answered before the body has come.
func TestAPI_WaitsForNothingFromWhoIsNotLetIn(t *testing.T) {
	f := newFixture(t, dry, func(c *Config) { c.Password = "secret" })
	from := bufio.NewReader(f.dial("PUT /v2/apps/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"))
	answer, err := http.ReadResponse(from, nil)
	if err != nil || answer.StatusCode != http.StatusUnauthorized {
		t.Fatalf("%v, %v", answer, err)
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Error(err)
	}
	if _, err := from.ReadByte(); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the connection is not closed: %v", err)
	}
}
