//go:build integration

package nginxconf_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"seedbed"
)

func TestRouter_ServesWhatTheBridgeRegisters(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
	for range 200 { // none of nginx's workers may still be of another opinion
		if why := w.answers("wiki.localhost", "the wiki")(); why != "" {
			t.Fatal(why)
		}
	}
	if answer := w.router.Ask(t.Context(), "wiki.localhost"); !answer.OK() || answer.Status != 200 || answer.Took <= 0 {
		t.Errorf("the site's answer is %+v", answer)
	}
	if answer := w.router.Ask(t.Context(), "nobody.localhost"); answer.Status != 0 || !strings.Contains(answer.Err, "unknown") {
		t.Errorf("nobody's answer is %+v", answer)
	}
	if err := w.router.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if why := w.shows("nobody.localhost", 404, "unknown")(); why != "" {
		t.Error(why)
	}
	if status, _, page := w.visit("wiki.localhost", "/missing"); status != 404 || page != "" {
		t.Errorf("the site's own 404 is %d with page %q", status, page)
	}
	if status, body, _ := w.visit("wiki.localhost", "/accel"); status != 200 || body != "the wiki" {
		t.Errorf("a site steers nginx: %d %q", status, body)
	}
}

func TestRouter_PassesOnWhoAsksButNotWhatTheyClaim(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.serves("wiki.localhost", ""))
	_, body, _ := w.visit("wiki.localhost:8480", "/headers", "X-Forwarded-For", "6.6.6.6", "X-Forwarded-Proto", "https",
		"Forwarded", "for=6.6.6.6", "X-Forwarded-Host", "evil.example", "Proxy", "http://6.6.6.6")
	if want := "wiki.localhost:8480|127.0.0.1|http|wiki.localhost:8480||"; body != want {
		t.Errorf("the site sees %q, want %q", body, want)
	}
	if status, body, _ := w.visit("generation.seedbed.internal", "/"); status != 200 || len(body) != 32 {
		t.Errorf("the generation is %d %q", status, body)
	}
}

func TestRouter_TakesUploadsWhereverItsFolderIs(t *testing.T) {
	for name, rights := range map[string]os.FileMode{"for all": 0o711, "in somebody's home": 0o700} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.stopRouter()
			w.config.Dir = routerDir(t, rights)
			w.config.Listen = "127.0.0.1:" + strconv.Itoa(freePort(t))
			w.startRouter()
			t.Cleanup(func() { os.RemoveAll(w.temp()) })
			_, port := backend(t, "the wiki")
			w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
			eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
			if got := w.upload(2 << 20); got != "2097152 <nil>" {
				t.Errorf("the site got %s", got)
			}
		})
	}
}

// upload sends so many bytes, more than nginx keeps in memory, and returns what
// the site says to it.
func (w *world) upload(size int) string {
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, "http://"+w.config.Listen+"/upload", strings.NewReader(strings.Repeat("x", size)))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Host = "wiki.localhost"
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// temp is the folder that the running configuration names for uploads.
func (w *world) temp() string {
	text, err := os.ReadFile(filepath.Join(w.config.Dir, "current", "nginx.conf"))
	if err != nil {
		w.t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "client_body_temp_path ")
	path, _, ended := strings.Cut(rest, "/body;")
	if !found || !ended || path == "" {
		w.t.Fatal("the configuration names no folder for uploads")
	}
	return path
}

func TestRouter_TellsVisitorsThatASiteStartsOrFails(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	sick := instance("wiki.1", "/sites/wiki", "wiki.localhost", port)
	sick.Healthy, sick.Reason = false, "health check failed"
	gone := instance("gone.1", "/sites/gone", "gone.localhost", freePort(t))
	w.engine.set(sick, gone)
	eventually(t, "starting page", w.shows("wiki.localhost", 503, "starting"))
	eventually(t, "failing page", w.shows("gone.localhost", 502, "failing"))
	if answer := w.router.Ask(t.Context(), "wiki.localhost"); answer.Status != 0 || answer.OK() {
		t.Errorf("the answer is %+v", answer)
	}
	eventually(t, "known, without instances", func() string {
		routes, err := w.router.Routes(t.Context())
		if route, known := routes.Hosts["wiki.localhost"]; err != nil || !known || route.Instances != 0 {
			return fmt.Sprint(routes, err)
		}
		return ""
	})
	sick.Healthy = true
	w.engine.set(sick, gone)
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
}

func TestRouter_TellsVisitorsOfSitesForWhichNothingRuns(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	w.router.Expect(map[seedbed.HostName]bool{"wiki.localhost": true, "new.localhost": false, "ill.localhost": true, "seedbed.internal": true})
	eventually(t, "given-up page", w.shows("ill.localhost", 503, "given-up"))
	eventually(t, "starting page", w.shows("new.localhost", 503, "starting"))
	eventually(t, "what runs is served, whatever is said of it", w.serves("wiki.localhost", "the wiki"))
	eventually(t, "unknown page", w.shows("other.localhost", 404, "unknown"))
	if routes, err := w.router.Routes(t.Context()); err != nil || len(routes.Hosts) != 1 {
		t.Errorf("expected hosts count as routes: %v, %v", routes.Hosts, err)
	}
	w.engine.set(instance("second.1", "/sites/second", "second.localhost", port))
	eventually(t, "given up when nothing runs", w.shows("wiki.localhost", 503, "given-up"))

	w.stopRouter()
	w.startRouter()
	eventually(t, "it is remembered", w.shows("ill.localhost", 503, "given-up"))
	w.router.Expect(map[seedbed.HostName]bool{})
	eventually(t, "and forgotten", w.shows("ill.localhost", 404, "unknown"))
}

func TestRouter_LeavesOutOnlyTheBadSite(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the good one")
	w.engine.set(
		instance("bad.1", "/sites/bad", "evil.example.org; location /x/ { alias /etc/; }", port),
		instance("worse.1", "/sites/worse", "bad.example.org; }", port),
		instance("good.1", "/sites/good", "good.localhost", port),
	)
	eventually(t, "served", w.serves("good.localhost", "the good one"))
	for _, host := range []string{"evil.example.org", "bad.example.org"} {
		if why := w.shows(host, 404, "unknown")(); why != "" {
			t.Error(why)
		}
	}
}

func TestRouter_ServesOnWithoutConsul(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
	if err := w.agent.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.stopRouter()
	w.startRouter() // even one that never saw Consul
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
	if routes, err := w.router.Routes(t.Context()); err != nil || routes.Hosts["wiki.localhost"].Instances != 1 {
		t.Errorf("routes are %v, %v", routes, err)
	}
}

func TestRouter_ServesOnWhileConsulHasLostItsData(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
	if err := w.agent.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(w.agent.Dir, "data")); err != nil {
		t.Fatal(err)
	}
	if err := w.agent.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, second := backend(t, "the second")
	w.engine.set(
		instance("wiki.1", "/sites/wiki", "wiki.localhost", port),
		instance("second.1", "/sites/second", "second.localhost", second),
	)
	eventually(t, "filled anew", func() string {
		if why := w.answers("wiki.localhost", "the wiki")(); why != "" {
			t.Fatal(why) // at no moment may it be away
		}
		return w.answers("second.localhost", "the second")()
	})
}

func TestRouter_ForgetsASiteThatIsGone(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	keep := instance("keep.1", "/sites/keep", "keep.localhost", port)
	w.engine.set(keep, instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
	w.engine.set(keep)
	eventually(t, "gone", w.shows("wiki.localhost", 404, "unknown"))
	w.engine.set()
	eventually(t, "the last one gone", w.shows("keep.localhost", 404, "unknown"))
}

func TestRouter_AdoptsTheRunningNginx(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
	before := w.masterPID()
	w.stopRouter() // nginx goes on, as after kill -9
	w.startRouter()
	_, second := backend(t, "the second")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port), instance("second.1", "/sites/second", "second.localhost", second))
	eventually(t, "served", w.serves("second.localhost", "the second"))
	if after := w.masterPID(); after != before {
		t.Errorf("nginx was %d and is %d", before, after)
	}
}

func TestRouter_PassesWebSocketsOn(t *testing.T) {
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go upgrade(l)
	w.engine.set(instance("chat.1", "/sites/chat", "chat.localhost", l.Addr().(*net.TCPAddr).Port))
	eventually(t, "upgraded", func() string {
		conn, err := net.Dial("tcp", w.config.Listen)
		if err != nil {
			return err.Error()
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET /ws HTTP/1.1\r\nHost: chat.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nping\n")
		text, _ := io.ReadAll(conn)
		if !strings.HasPrefix(string(text), "HTTP/1.1 101") || !strings.HasSuffix(string(text), "pong") {
			return string(text)
		}
		return ""
	})
}

// upgrade answers each connection as a WebSocket server begins to, then says
// "pong" to a line and hangs up.
func upgrade(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		in := bufio.NewReader(conn)
		upgraded := false
		for line, err := in.ReadString('\n'); err == nil && line != "\r\n"; line, err = in.ReadString('\n') {
			upgraded = upgraded || strings.EqualFold(strings.TrimSpace(line), "Upgrade: websocket")
		}
		if upgraded {
			fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
			if line, _ := in.ReadString('\n'); line == "ping\n" {
				fmt.Fprint(conn, "pong")
			}
		}
		conn.Close()
	}
}
