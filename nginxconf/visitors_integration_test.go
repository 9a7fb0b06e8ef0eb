//go:build integration

package nginxconf

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"seedbed"
)

// house is a real nginx with sites of all kinds, on one page of a program.
type house struct {
	router *Router
	plain  string // address of HTTP
	safe   string // address of HTTPS
	dir    string
}

// ann knows the password "sesame".
var ann = seedbed.VisitorKey{Name: "ann", Hash: "$6$rounds=5000$seedbedsalt$" + annHash}

const annHash = "E1PYJaXt/0iTVay5jND1LZwpx.SgnMDrJ03P0rCKHZ.uQhH8isTzWuwXzERc1XtWXpZvB7e2j8qiUV2.zEdZJ/"

func newHouse(t *testing.T, trusted ...netip.Prefix) house {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "nginx")
	if err := os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	h := house{plain: freeAddress(t), safe: freeAddress(t), dir: dir}
	certs := filepath.Join(filepath.Dir(dir), "certs")
	makeCertificate(t, certs, "fallback", "fallback.example.org")
	makeCertificate(t, certs, "own-1", "safe.localhost")
	challenges := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "token of ", r.Host, r.URL.Path) }))
	t.Cleanup(challenges.Close)
	router, err := New(Config{
		Dir: dir, ConsulAddr: "127.0.0.1:1", Listen: h.plain, ListenTLS: h.safe, CertDir: certs,
		Certificates: func() map[seedbed.HostName]string {
			return map[seedbed.HostName]string{"safe.localhost": "own-1", "bad.localhost": "../x"}
		},
		ChallengeAddr:  challenges.Listener.Addr().String(),
		TrustedProxies: trusted,
		Log:            slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.router = router
	t.Cleanup(func() {
		if err := router.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return h
}

// serve makes nginx serve a view.
func (h house) serve(t *testing.T, v view) {
	t.Helper()
	if err := h.router.take(v); err != nil {
		t.Fatal(err)
	}
	if err := h.router.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := h.router.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func makeCertificate(t *testing.T, dir, base, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: keyDER}} {
		if err := os.WriteFile(filepath.Join(dir, base+name), pem.EncodeToMemory(block), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// program is what all sites run. It tells what it got.
func program(t *testing.T) int {
	t.Helper()
	long := strings.Repeat("the same words again and again. ", 200)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/long":
			w.Header().Set("Content-Type", "text/css")
			fmt.Fprint(w, long)
		case "/packed":
			w.Header().Set("Content-Type", "text/css")
			w.Header().Set("Content-Encoding", "gzip")
			packed := gzip.NewWriter(w)
			fmt.Fprint(packed, long)
			_ = packed.Close()
		case "/slow":
			select {
			case <-time.After(30 * time.Second):
			case <-r.Context().Done():
			}
		default:
			n, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprintf(w, "path=%s host=%s for=%s proto=%s auth=%s ask=%s upgrade=%s body=%d", r.URL, r.Host, r.Header.Get("X-Forwarded-For"),
				r.Header.Get("X-Forwarded-Proto"), r.Header.Get("Authorization"), r.Header.Get(askHeader), r.Header.Get("Upgrade"), n)
		}
	}))
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).Port
}

// visit is one request over HTTP. Headers are names and values by turns.
func (h house) visit(t *testing.T, method, host, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, "http://"+h.plain+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return do(t, &http.Transport{DisableKeepAlives: true, DisableCompression: true}, request)
}

func do(t *testing.T, transport http.RoundTripper, request *http.Request) (*http.Response, string) {
	t.Helper()
	answer, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(text)
}

func onLoopback(app string, port int, labels ...string) entry {
	e := one(app, port, labels...)
	e.Address = "127.0.0.1"
	return e
}

// manySites is a view with a site for each option.
func manySites(t *testing.T, port int) view {
	t.Helper()
	v := view{hosts: hostsView{published: true}}
	add := func(name string, runs bool, h seedbed.VirtualHost) {
		h.Workload = seedbed.WorkloadID("/sites/" + name)
		if h.Since = aDay(1); h.Hosts == nil {
			h.Hosts = []seedbed.HostName{seedbed.HostName(name + ".localhost")}
		}
		v.hosts.hosts = append(v.hosts.hosts, h)
		if runs {
			v.entries = append(v.entries, onLoopback(string(h.Workload), port))
		}
	}
	add("wiki", true, seedbed.VirtualHost{})
	add("main", true, seedbed.VirtualHost{Hosts: []seedbed.HostName{"main.localhost", "other.example.org"}, ToMain: true})
	add("safe", true, seedbed.VirtualHost{HTTPS: true, Strict: true, Hosts: []seedbed.HostName{"safe.localhost", "www.safe.example"}, ToMain: true})
	add("locked", true, seedbed.VirtualHost{Keys: []seedbed.VisitorKey{ann}, Language: "fr"})
	add("inner", true, seedbed.VirtualHost{Inside: true})
	add("small", true, seedbed.VirtualHost{Upload: 1, Patience: 10, Language: "pt"})
	add("away", false, seedbed.VirtualHost{Door: seedbed.Paused, Language: "sw"})
	add("works", true, seedbed.VirtualHost{Door: seedbed.Maintenance, Words: "Back at <b>noon</b>.\n\nAnn & Bob"})
	add("ill", false, seedbed.VirtualHost{Door: seedbed.GivenUp})
	add("well", true, seedbed.VirtualHost{Door: seedbed.GivenUp})
	add("new", false, seedbed.VirtualHost{})
	add("gone", true, seedbed.VirtualHost{})
	v.entries[len(v.entries)-1].Port = portOf(t, freeAddress(t))
	v.entries = append(v.entries,
		onLoopback("/apps/root", port, "domain", "parts.localhost"),
		onLoopback("/apps/shop", portOf(t, echoing(t, "the shop")), "domain", "parts.localhost", "location", "/shop"),
		onLoopback("/apps/inner", port, "domain", "staff.localhost", "internal", "true"))
	return v
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return int(at.Port())
}

func echoing(t *testing.T, words string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, words, " ", r.URL.Path) }))
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// TestRouter_ServesEachSiteAsThePortalSays shares one nginx between all that
// only look at it.
func TestRouter_ServesEachSiteAsThePortalSays(t *testing.T) {
	h := newHouse(t, netip.MustParsePrefix("127.0.0.1/32"))
	h.serve(t, manySites(t, program(t)))
	t.Run("looks", func(t *testing.T) {
		for name, look := range map[string]func(*testing.T, house){
			"pages in place of sites": looksAtPages, "redirects": looksAtRedirects, "passwords": looksAtPasswords, "networks": looksAtNetworks,
			"uploads": looksAtUploads, "patience": looksAtPatience, "compression": looksAtCompression, "TLS": looksAtTLS,
			"parts of hosts": looksAtParts, "tunnels": looksAtTunnels, "challenges": looksAtChallenges, "the router's own questions": looksAtAsk,
		} {
			t.Run(name, func(t *testing.T) { t.Parallel(); look(t, h) })
		}
	})
	looksAtGuesses(t, h)
	looksAtWarnings(t, h)
	looksAtLog(t, h)
	looksAtFiles(t, h)
}

func TestRouter_BelievesNobodyWithoutTrustedProxies(t *testing.T) {
	h := newHouse(t)
	h.serve(t, manySites(t, program(t)))
	_, safePort, _ := net.SplitHostPort(h.safe)
	if got := h.raw(t, "safe.localhost", "/x?y"); !strings.Contains(got, "\r\nLocation: https://safe.localhost:"+safePort+"/x?y\r\n") {
		t.Errorf("not led to HTTPS: %s", got)
	}
	if got := h.raw(t, "safe.localhost", "/x", "X-Forwarded-Proto: https\r\n"); !strings.HasPrefix(got, "HTTP/1.1 301 ") {
		t.Errorf("a visitor passes plain HTTP off as HTTPS: %s", got)
	}
	if got := h.raw(t, "wiki.localhost", "/"); !strings.Contains(got, "for=127.0.0.1 proto=http ") {
		t.Errorf("a visitor says where they come from: %s", got)
	}
	if got := h.raw(t, "inner.localhost", "/"); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("this machine is not inside: %s", got)
	}
}

// counting is a program that counts its connections.
func counting(t *testing.T) (port int, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "counted") }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return portOf(t, server.Listener.Addr().String()), connections
}

func TestRouter_KeepsConnectionsToSitesWhileThereAreFew(t *testing.T) {
	h := newHouse(t)
	port, connections := counting(t)
	site := onLoopback("/apps/kept", port, "domain", "kept.localhost")
	h.serve(t, view{entries: []entry{site}})
	ask := func() {
		t.Helper()
		for range 40 {
			if answer, body := h.visit(t, "GET", "kept.localhost", "/", ""); answer.StatusCode != 200 || body != "counted" {
				t.Fatalf("%d %s", answer.StatusCode, body)
			}
		}
	}
	if ask(); connections.Load() > 20 {
		t.Errorf("40 requests made %d connections", connections.Load())
	}
	many := view{entries: []entry{site}}
	for i := range fewSites {
		many.entries = append(many.entries, onLoopback(fmt.Sprintf("/apps/other%d", i), port, "domain", fmt.Sprintf("other%d.localhost", i)))
	}
	h.serve(t, many)
	connections.Store(0)
	if ask(); connections.Load() != 40 {
		t.Errorf("with many sites, 40 requests made %d connections", connections.Load())
	}
	if answer, _ := h.visit(t, "GET", "other499.localhost", "/", ""); answer.StatusCode != 200 {
		t.Errorf("the last one: %d", answer.StatusCode)
	}
}

func looksAtPages(t *testing.T, h house) {
	for host, want := range map[string]struct {
		status            int
		page, again, text string
	}{
		"new.localhost":    {503, "starting", "5", "This site is starting"},
		"away.localhost":   {503, "paused", "300", "Tovuti hii imesimamishwa kwa muda"},
		"works.localhost":  {503, "maintenance", "60", `<p dir="auto">Back at &lt;b&gt;noon&lt;/b&gt;.</p><p dir="auto">Ann &amp; Bob</p>`},
		"ill.localhost":    {503, "given-up", "60", "could not be started"},
		"gone.localhost":   {502, "failing", "5", "does not answer"},
		"nobody.localhost": {404, "unknown", "", "There is no site here"},
		"well.localhost":   {200, "", "", "host=well.localhost"},
	} {
		for _, method := range []string{"GET", "POST", "PUT"} {
			answer, body := h.visit(t, method, host, "/a/page?x=1", "x=1")
			got := answer.Header
			if answer.StatusCode != want.status || got.Get(pageHeader) != want.page || got.Get("Retry-After") != want.again || !strings.Contains(body, want.text) {
				t.Errorf("%s %s: %d %v %s", method, host, answer.StatusCode, got, body)
			}
			if want.page != "" && (got.Get("Cache-Control") != "no-store" || !strings.Contains(got.Get("Content-Security-Policy"), "default-src 'none'") ||
				got.Get("Content-Type") != "text/html; charset=utf-8" || got.Get("Last-Modified") != "" || got.Get("ETag") != "") {
				t.Errorf("%s %s: headers %v", method, host, got)
			}
		}
	}
	if answer, body := h.visit(t, "HEAD", "new.localhost", "/", ""); answer.StatusCode != 503 || body != "" {
		t.Errorf("HEAD: %d %q", answer.StatusCode, body)
	}
	if _, body := h.visit(t, "GET", "nobody.localhost", "/", "", "Accept-Language", "fr-CA,fr;q=0.8"); !strings.Contains(body, `lang="fr"`) {
		t.Error("who asks for French at no site does not get it:", body)
	}
	files, err := os.ReadDir(filepath.Join(h.router.nginx.temp, pagesFolder))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	if answer, _ := h.visit(t, "GET", "wiki.localhost", ownPages+files[0].Name(), ""); answer.StatusCode != 404 {
		t.Errorf("visitors can ask for a page of nginx's own: %d", answer.StatusCode)
	}
}

func looksAtRedirects(t *testing.T, h house) {
	for from, want := range map[string]string{
		"http other.example.org /a/b?x=%0d%0a&y=1":       "http://main.localhost/a/b?x=%0d%0a&y=1",
		"http other.example.org:8480 /":                  "http://main.localhost:8480/",
		"http other.example.org //evil.example/%2e%2e/x": "http://main.localhost//evil.example/%2e%2e/x",
		"http other.example.org /@evil.example":          "http://main.localhost/@evil.example",
		"http safe.localhost /x?y":                       "https://safe.localhost/x?y",
		"http www.safe.example /":                        "https://safe.localhost/",
	} {
		parts := strings.Fields(from)
		if got := h.raw(t, parts[1], parts[2]); !strings.Contains(got, "\r\nLocation: "+want+"\r\n") || !strings.HasPrefix(got, "HTTP/1.1 301 ") {
			t.Errorf("%s: %s", from, got)
		}
	}
	if got := h.raw(t, "other.example.org", "http://evil.example/x"); !strings.HasPrefix(got, "HTTP/1.1 404 ") {
		t.Errorf("another host in the request line: %s", got)
	}
	if got := h.raw(t, "main.localhost", "/"); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("the main name itself: %s", got)
	}
	answer, _ := h.visit(t, "GET", "safe.localhost", "/", "", "X-Forwarded-Proto", "https", "X-Forwarded-For", "203.0.113.5")
	if answer.StatusCode != 200 || answer.Header.Get("Strict-Transport-Security") != "max-age=31536000" {
		t.Errorf("HTTPS that a trusted proxy speaks: %d %v", answer.StatusCode, answer.Header)
	}
}

// raw sends a request line as it is.
func (h house) raw(t *testing.T, host, target string, headers ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", h.plain)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nX-Forwarded-For: 203.0.113.5\r\n%sConnection: close\r\n\r\n", target, host, strings.Join(headers, ""))
	text, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func looksAtPasswords(t *testing.T, h house) {
	answer, body := h.visit(t, "GET", "locked.localhost", "/", "")
	if answer.StatusCode != 401 || answer.Header.Get("WWW-Authenticate") != `Basic realm="locked.localhost"` || answer.Header.Get(pageHeader) != "key" || !strings.Contains(body, "mot de passe") {
		t.Errorf("without a password: %d %v %s", answer.StatusCode, answer.Header, body)
	}
	for words, status := range map[string]int{"ann:sesame": 200, "ann:wrong": 401, "bob:sesame": 401, "ann:": 401, ":": 401} {
		name, password, _ := strings.Cut(words, ":")
		request, _ := http.NewRequest("GET", "", nil)
		request.SetBasicAuth(name, password)
		answer, body := h.visit(t, "GET", "locked.localhost", "/", "", "Authorization", request.Header.Get("Authorization"))
		if answer.StatusCode != status || status == 200 && !strings.Contains(body, "auth= ") {
			t.Errorf("%s: %d %s", words, answer.StatusCode, body)
		}
	}
	if _, body := h.visit(t, "GET", "wiki.localhost", "/", "", "Authorization", "Bearer x"); !strings.Contains(body, "auth=Bearer x ") {
		t.Errorf("a site's own sign-in is not handed on: %s", body)
	}
}

// looksAtGuesses is the last, for its address is slowed down.
func looksAtGuesses(t *testing.T, h house) {
	counts := map[int]int{}
	request, _ := http.NewRequest("GET", "", nil)
	request.SetBasicAuth("ann", "wrong")
	for range 300 {
		answer, _ := h.visit(t, "GET", "locked.localhost", "/", "", "Authorization", request.Header.Get("Authorization"), "X-Forwarded-For", "203.0.113.99")
		if counts[answer.StatusCode]++; answer.StatusCode == 429 && (answer.Header.Get(pageHeader) != "busy" || answer.Header.Get("Retry-After") != "5") {
			t.Fatalf("the answer is %v", answer.Header)
		}
	}
	if counts[429] == 0 || counts[401] < 100 {
		t.Errorf("300 guesses: %v", counts)
	}
	if answer, _ := h.visit(t, "GET", "locked.localhost", "/", "", "Authorization", request.Header.Get("Authorization"), "X-Forwarded-For", "203.0.113.98"); answer.StatusCode != 401 {
		t.Errorf("a neighbour is kept out: %d", answer.StatusCode)
	}
}

func looksAtNetworks(t *testing.T, h house) {
	for from, status := range map[string]int{
		"10.1.2.3": 200, "192.168.7.7": 200, "fd12::1": 200, "127.0.0.5": 200,
		"203.0.113.5": 403, "10.1.2.3, 203.0.113.5": 403, "203.0.113.5, 10.1.2.3": 200, "2001:db8::1": 403, "8.8.8.8, 127.0.0.1": 403, "": 403,
	} {
		for _, host := range []string{"inner.localhost", "staff.localhost"} {
			headers := []string{"X-Forwarded-For", from}
			if from == "" {
				headers = nil
			}
			answer, _ := h.visit(t, "GET", host, "/", "", headers...)
			if answer.StatusCode != status || status == 403 && answer.Header.Get(pageHeader) != "inside" {
				t.Errorf("%s from %q: %d", host, from, answer.StatusCode)
			}
		}
	}
	if _, body := h.visit(t, "GET", "wiki.localhost", "/", "", "X-Forwarded-For", "6.6.6.6, 203.0.113.5", "X-Forwarded-Proto", "https"); !strings.Contains(body, "for=203.0.113.5 proto=https") {
		t.Errorf("behind a trusted proxy: %s", body)
	}
}

func looksAtUploads(t *testing.T, h house) {
	big := strings.Repeat("x", 1<<20+1)
	answer, body := h.visit(t, "POST", "small.localhost", "/", big)
	if answer.StatusCode != 413 || answer.Header.Get(pageHeader) != "large" || !strings.Contains(body, "no máximo 1 MB de cada vez") {
		t.Errorf("too large: %d %s", answer.StatusCode, body)
	}
	if answer, body := h.visit(t, "POST", "small.localhost", "/", big[:1<<20]); answer.StatusCode != 200 || !strings.Contains(body, "body=1048576") {
		t.Errorf("just fitting: %d %s", answer.StatusCode, body)
	}
	if answer, body := h.visit(t, "POST", "wiki.localhost", "/", big); answer.StatusCode != 200 || !strings.Contains(body, "body=1048577") {
		t.Errorf("another site: %d %s", answer.StatusCode, body)
	}
}

func looksAtPatience(t *testing.T, h house) {
	begun := time.Now()
	answer, _ := h.visit(t, "GET", "small.localhost", "/slow", "")
	if took := time.Since(begun); answer.StatusCode != 502 || answer.Header.Get(pageHeader) != "failing" || took < 10*time.Second || took > 25*time.Second {
		t.Errorf("%d after %v", answer.StatusCode, took)
	}
}

func looksAtCompression(t *testing.T, h house) {
	for path, want := range map[string]bool{"/long": true, "/packed": true, "/short": false} {
		answer, body := h.visit(t, "GET", "wiki.localhost", path, "", "Accept-Encoding", "gzip", "Via", "1.1 proxy")
		if packed := answer.Header.Get("Content-Encoding") == "gzip"; packed != want {
			t.Errorf("%s: packed %v", path, packed)
			continue
		}
		if !want {
			continue
		}
		reader, err := gzip.NewReader(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reader)
		if err != nil || !bytes.HasPrefix(text, []byte("the same words")) {
			t.Errorf("%s: packed twice, or not at all: %.40q, %v", path, text, err)
		}
		if path == "/long" && answer.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: Vary is %q", path, answer.Header.Get("Vary"))
		}
	}
}

func looksAtTLS(t *testing.T, h house) {
	for host, want := range map[string]string{"safe.localhost": "safe.localhost", "wiki.localhost": "fallback.example.org", "": "fallback.example.org"} {
		conn, err := tls.Dial("tcp", h.safe, &tls.Config{InsecureSkipVerify: true, ServerName: host})
		if err != nil {
			t.Fatal(err)
		}
		if got := conn.ConnectionState().PeerCertificates[0].Subject.CommonName; got != want {
			t.Errorf("%q gets the certificate of %q", host, got)
		}
		conn.Close()
	}
	if conn, err := tls.Dial("tcp", h.safe, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}); err == nil {
		conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
	for _, two := range []bool{true, false} {
		transport := &http.Transport{ForceAttemptHTTP2: two, DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: "safe.localhost"}}
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", h.safe)
		}
		request, err := http.NewRequestWithContext(t.Context(), "GET", "https://safe.localhost:8443/x", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, body := do(t, transport, request)
		if answer.StatusCode != 200 || (answer.ProtoMajor == 2) != two || !strings.Contains(body, "host=safe.localhost:8443") || !strings.Contains(body, "proto=https") ||
			answer.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("HTTP/2 %v: %d %s %v %s", two, answer.StatusCode, answer.Proto, answer.Header, body)
		}
	}
	if answer, _ := h.visit(t, "GET", "wiki.localhost", "/", ""); answer.Header.Get("Strict-Transport-Security") != "" {
		t.Error("a site that does not ask for it is for HTTPS only")
	}
}

func looksAtParts(t *testing.T, h house) {
	for path, shop := range map[string]bool{"/shop": true, "/shop/": true, "/shop/a?b": true, "/sh%6fp/a": true, "/x/../shop/a": true,
		"/": false, "/shopping": false, "/Shop": false, "/a/shop": false, "/shop%2fa": true} {
		answer := h.raw(t, "parts.localhost", path)
		if strings.Contains(answer, "the shop") != shop || !strings.HasPrefix(answer, "HTTP/1.1 200 ") {
			t.Errorf("%s: %s", path, answer)
		}
	}
}

func looksAtTunnels(t *testing.T, h house) {
	for upgrade, want := range map[string]string{"h2c": "upgrade= ", "websocket": "upgrade=websocket ", "WebSocket": "upgrade=websocket "} {
		if got := h.raw(t, "wiki.localhost", "/", "Upgrade: "+upgrade+"\r\n"); !strings.Contains(got, want) {
			t.Errorf("%s: %s", upgrade, got)
		}
	}
}

func looksAtChallenges(t *testing.T, h house) {
	for _, host := range []string{"wiki.localhost", "safe.localhost", "locked.localhost", "works.localhost", "nobody.localhost", "small.localhost"} {
		answer, body := h.visit(t, "GET", host, "/.well-known/acme-challenge/abc", "", "X-Forwarded-For", "203.0.113.5")
		if answer.StatusCode != 200 || body != "token of "+host+"/.well-known/acme-challenge/abc" {
			t.Errorf("%s: %d %s", host, answer.StatusCode, body)
		}
	}
}

func looksAtAsk(t *testing.T, h house) {
	for host, ok := range map[seedbed.HostName]bool{"wiki.localhost": true, "locked.localhost": true, "inner.localhost": true, "works.localhost": true,
		"other.example.org": true, "safe.localhost": true, "away.localhost": false, "gone.localhost": false, "new.localhost": false, "nobody.localhost": false} {
		if answer := h.router.Ask(t.Context(), host); answer.OK() != ok || ok && answer.Status != 200 {
			t.Errorf("%s: %+v", host, answer)
		}
	}
	answer, body := h.visit(t, "GET", "locked.localhost", "/", "", askHeader, "1", "X-Forwarded-For", "10.0.0.7")
	if answer.StatusCode != 401 {
		t.Errorf("a visitor is let in as the router: %d %s", answer.StatusCode, body)
	}
	if _, body := h.visit(t, "GET", "wiki.localhost", "/", "", askHeader, "1"); !strings.Contains(body, "ask= ") {
		t.Errorf("the site is told who asks: %s", body)
	}
}

// looksAtWarnings holds that nginx takes the configuration without a word of
// doubt, such as that a table is too small.
func looksAtWarnings(t *testing.T, h house) {
	said, err := h.router.nginx.command(t.Context(), "-t", "-p", h.dir+"/", "-e", "stderr", "-c", h.router.generationFile(h.router.linked(currentLink)))
	if err != nil || strings.Contains(said, "[") {
		t.Errorf("nginx says %q, %v", said, err)
	}
}

// looksAtLog visits once more and reads what is left of it.
func looksAtLog(t *testing.T, h house) {
	h.visit(t, "GET", "wiki.localhost", "/reset?token=secret", "", "X-Forwarded-For", "203.0.113.77", "User-Agent", "a \"b\"\\\xff", "Referer", "http://x/?token=secret")
	deadline := time.Now().Add(10 * time.Second)
	for {
		text, err := os.ReadFile(h.router.nginx.visitsFile())
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "203.0.113.77") {
			readsAsVisits(t, string(text))
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no visit is in the log")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func readsAsVisits(t *testing.T, text string) {
	t.Helper()
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		var visit map[string]string
		if err := json.Unmarshal(lines.Bytes(), &visit); err != nil {
			t.Fatalf("%s: %v", lines.Text(), err)
		}
		if visit["s"] == "" || visit["h"] == "nobody.localhost" || strings.Contains(lines.Text(), "secret") {
			t.Errorf("a line that should not be: %s", lines.Text())
		}
		if visit["a"] == "203.0.113.77" {
			if visit["s"] != idHash("/sites/wiki") || visit["u"] != "/reset" || visit["c"] != "200" || visit["m"] != "GET" || visit["r"] != "http://x/" {
				t.Errorf("the visit is %v", visit)
			}
		}
	}
}

// looksAtFiles holds who may read what, and that nothing stays for ever.
func looksAtFiles(t *testing.T, h house) {
	temp := h.router.nginx.temp
	keys, err := os.ReadDir(filepath.Join(temp, keysFolder))
	if err != nil || len(keys) != 1 {
		t.Fatalf("files of passwords: %v, %v", keys, err)
	}
	for path, mode := range map[string]os.FileMode{
		filepath.Join(temp, keysFolder, keys[0].Name()):                              0o640,
		filepath.Join(h.dir, "generations", h.router.linked(currentLink), tableName): 0o600,
		h.router.nginx.visitsFile():                                                  0o640,
	} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	config, err := os.ReadFile(h.router.generationFile(h.router.linked(currentLink)))
	if err != nil || strings.Contains(string(config), annHash) || strings.Contains(string(config), "noon") {
		t.Errorf("people's words or passwords are in the configuration, %v", err)
	}
	h.serve(t, view{hosts: hostsView{published: true}})
	if _, err := os.Stat(filepath.Join(temp, keysFolder, keys[0].Name())); err != nil {
		t.Errorf("old workers have lost what they need: %v", err)
	}
	long := time.Now().Add(-2 * shownFor)
	if err := os.Chtimes(filepath.Join(temp, keysFolder, keys[0].Name()), long, long); err != nil {
		t.Fatal(err)
	}
	h.serve(t, view{hosts: hostsView{published: true, hosts: []seedbed.VirtualHost{{Workload: "/a", Hosts: []seedbed.HostName{"a.localhost"}}}}})
	if left, err := os.ReadDir(filepath.Join(temp, keysFolder)); err != nil || len(left) != 0 {
		t.Errorf("passwords stay for ever: %v, %v", left, err)
	}
}
