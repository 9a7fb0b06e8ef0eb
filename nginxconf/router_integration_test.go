//go:build integration

package nginxconf_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"seedbed"
	"seedbed/nginxconf"
)

func TestRouter_ServesWhatTheBridgeRegisters(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.answers("wiki.localhost", "the wiki"))

	routes, err := w.router.Routes(t.Context())
	if err != nil || routes.Hosts["wiki.localhost"].Instances != 1 {
		t.Errorf("routes are %v, %v", routes, err)
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
	eventually(t, "served", w.answers("wiki.localhost", ""))
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
			eventually(t, "served", w.answers("wiki.localhost", "the wiki"))
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
	routes, err := w.router.Routes(t.Context())
	if route, known := routes.Hosts["wiki.localhost"]; err != nil || !known || route.Instances != 0 {
		t.Errorf("routes are %v, %v", routes, err)
	}
	sick.Healthy = true
	w.engine.set(sick, gone)
	eventually(t, "served", w.answers("wiki.localhost", "the wiki"))
}

func TestRouter_LeavesOutOnlyTheBadSite(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the good one")
	w.engine.set(
		instance("bad.1", "/sites/bad", "evil.example.org; location /x/ { alias /etc/; }", port),
		instance("worse.1", "/sites/worse", "bad.example.org; }", port),
		instance("good.1", "/sites/good", "good.localhost", port),
	)
	eventually(t, "served", w.answers("good.localhost", "the good one"))
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
	eventually(t, "served", w.answers("wiki.localhost", "the wiki"))
	if err := w.agent.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.stopRouter()
	w.startRouter() // even one that never saw Consul
	eventually(t, "served", w.answers("wiki.localhost", "the wiki"))
	if routes, err := w.router.Routes(t.Context()); err != nil || routes.Hosts["wiki.localhost"].Instances != 1 {
		t.Errorf("routes are %v, %v", routes, err)
	}
}

func TestRouter_ServesOnWhileConsulHasLostItsData(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.answers("wiki.localhost", "the wiki"))
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
	eventually(t, "served", w.answers("wiki.localhost", "the wiki"))
	w.engine.set(keep)
	eventually(t, "gone", w.shows("wiki.localhost", 404, "unknown"))
	w.engine.set()
	eventually(t, "the last one gone", w.shows("keep.localhost", 404, "unknown"))
}

func TestRouter_AdoptsTheRunningNginx(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.answers("wiki.localhost", "the wiki"))
	before := w.masterPID()
	w.stopRouter() // nginx goes on, as after kill -9
	w.startRouter()
	_, second := backend(t, "the second")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port), instance("second.1", "/sites/second", "second.localhost", second))
	eventually(t, "served", w.answers("second.localhost", "the second"))
	if after := w.masterPID(); after != before {
		t.Errorf("nginx was %d and is %d", before, after)
	}
}

func TestRouter_StartsNginxAgain(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.answers("wiki.localhost", "the wiki"))
	for name, target := range map[string]int{"all of it": -1, "its master": 1} {
		t.Run(name, func(t *testing.T) {
			pid := w.masterPID()
			if err := syscall.Kill(target*pid, syscall.SIGKILL); err != nil { // it is the leader of its group
				t.Fatal(err)
			}
			eventually(t, "served again", func() string {
				if w.masterPID() == pid {
					return "the old one is still there"
				}
				return w.answers("wiki.localhost", "the wiki")()
			})
			_, second := backend(t, name)
			w.engine.set(instance("wiki."+name, "/sites/wiki", "wiki.localhost", second))
			eventually(t, "changed", w.answers("wiki.localhost", name))
			w.engine.set(instance("wiki.after."+name, "/sites/wiki", "wiki.localhost", port))
			eventually(t, "changed back", w.answers("wiki.localhost", "the wiki"))
		})
	}
}

func TestRouter_KeepsTheLastGoodWhenNginxRefuses(t *testing.T) {
	for name, trouble := range map[string]struct{ script, says string }{
		"in its test": {`exit 1`, "nginx refuses the configuration"},
		// Somebody breaks the file after it was tested.
		"when it reloads": {`echo 'broken {' >>"$8"`, "wait until nginx serves"},
	} {
		t.Run(name, func(t *testing.T) { keepsTheLastGood(t, trouble.script, trouble.says) })
	}
}

func keepsTheLastGood(t *testing.T, script, says string) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	wiki := instance("wiki.1", "/sites/wiki", "wiki.localhost", port)
	w.engine.set(wiki)
	eventually(t, "served", w.answers("wiki.localhost", "the wiki"))
	good := w.current()

	w.stopRouter()
	flag := filepath.Join(t.TempDir(), "trouble")
	w.config.Nginx = troubled(t, flag, script)
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.startRouter()
	w.engine.set(wiki, instance("second.1", "/sites/second", "second.localhost", port))
	eventually(t, "trouble is told", func() string {
		if err := w.router.Check(t.Context()); err != nil && strings.Contains(err.Error(), says) {
			return ""
		}
		return "Check says nothing"
	})
	if why := w.answers("wiki.localhost", "the wiki")(); why != "" {
		t.Error(why)
	}
	if now := w.current(); now != good {
		t.Errorf("the configuration is %s and was %s", now, good)
	}
	if err := os.Remove(flag); err != nil {
		t.Fatal(err)
	}
	eventually(t, "tried again", w.answers("second.localhost", "the wiki"))
}

// troubled returns a program that is nginx, but does something more after each
// test of a configuration as long as a file is there. The configuration is the
// eighth argument then.
func troubled(t *testing.T, flag, script string) string {
	program := filepath.Join(t.TempDir(), "nginx")
	text := "#!/bin/sh\n" +
		`if [ "$1" = -t ] && [ -e '` + flag + `' ]; then /usr/sbin/nginx "$@" && ` + script + "; exit; fi\n" +
		`exec /usr/sbin/nginx "$@"` + "\n"
	if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return program
}

// current is the configuration that nginx would read.
func (w *world) current() string {
	target, err := os.Readlink(filepath.Join(w.config.Dir, "current"))
	if err != nil {
		w.t.Fatal(err)
	}
	return target
}

func TestRouter_MendsABrokenFile(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.answers("wiki.localhost", "the wiki"))
	file := filepath.Join(w.config.Dir, "current", "nginx.conf")
	if err := os.WriteFile(file, []byte("broken {"), 0o600); err != nil {
		t.Fatal(err)
	}
	pid := w.masterPID()
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "served again", w.answers("wiki.localhost", "the wiki"))
}

func TestRouter_NamesThePortThatIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	router, err := nginxconf.New(nginxconf.Config{
		Dir: routerDir(t, 0o711), ConsulAddr: "127.0.0.1:1", Listen: "127.0.0.1:" + port, Log: testLog(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	err = router.Start(t.Context())
	if seedbed.CodeOf(err) != seedbed.Unavailable || !strings.Contains(seedbed.MessageOf(err), "Port "+port+" is in use by another program") {
		t.Errorf("Start says %v", err)
	}
}

func TestRouter_LeadsToASharedService(t *testing.T) {
	w := newWorld(t)
	first, second := echo(t, "first"), echo(t, "second")
	service := func(id string, port int) seedbed.Instance {
		return seedbed.Instance{ID: id, Workload: "/services/postgres", Host: "127.0.0.1", Ports: []int{port}, Healthy: true,
			Labels: map[string]string{"SEEDBED_SERVICE_PORT": strconv.Itoa(w.servicePort)}}
	}
	says := func(word string) func() string {
		return func() string {
			if got := call(w.servicePort); got != word {
				return "the port says " + got
			}
			return ""
		}
	}
	w.engine.set(service("postgres.1", first))
	eventually(t, "led to the service", func() string {
		if routes, err := w.router.Routes(t.Context()); err != nil || routes.Ports[w.servicePort].Instances != 1 {
			return fmt.Sprint(routes, err)
		}
		return says("first")()
	})
	w.engine.set(service("postgres.2", second))
	eventually(t, "led to the new one", says("second"))

	sick := service("postgres.2", second)
	sick.Healthy = false
	w.engine.set(sick)
	eventually(t, "refused", func() string {
		routes, err := w.router.Routes(t.Context())
		if route, known := routes.Ports[w.servicePort]; err != nil || !known || route.Instances != 0 {
			return fmt.Sprint(routes, err)
		}
		return says("nothing")()
	})
}

func TestRouter_OpensAServicePortOnceItIsFree(t *testing.T) {
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(w.servicePort))
	if err != nil {
		t.Fatal(err)
	}
	_, port := backend(t, "the wiki")
	w.engine.set(
		instance("wiki.1", "/sites/wiki", "wiki.localhost", port),
		seedbed.Instance{ID: "p.1", Workload: "/services/postgres", Host: "127.0.0.1", Ports: []int{echo(t, "open")}, Healthy: true,
			Labels: map[string]string{"SEEDBED_SERVICE_PORT": strconv.Itoa(w.servicePort)}},
	)
	eventually(t, "others are served", w.answers("wiki.localhost", "the wiki"))
	eventually(t, "the port is named", func() string {
		if err := w.router.Check(t.Context()); strings.Contains(seedbed.MessageOf(err), strconv.Itoa(w.servicePort)+" is in use by another program") {
			return ""
		}
		return "Check does not name it"
	})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "opened", func() string {
		if got := call(w.servicePort); got != "open" {
			return got
		}
		return ""
	})
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

// masterPID is the process id that nginx itself wrote.
func (w *world) masterPID() int {
	text, err := os.ReadFile(filepath.Join(w.config.Dir, "nginx.pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 2 {
		return 0
	}
	return pid
}

// echo is a service that says a word to who calls.
func echo(t *testing.T, word string) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, word)
			conn.Close()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// call connects to a port and returns what is said there.
func call(port int) string {
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return "nothing"
	}
	defer conn.Close()
	text, err := io.ReadAll(conn)
	if err != nil || len(text) == 0 {
		return "nothing"
	}
	return string(text)
}
