//go:build integration

package certs

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"seedbed"
)

// between stands between us and an authority, and can answer in its place.
type between struct {
	server *httptest.Server
	ca     []byte
	orders atomic.Int32

	mu     sync.Mutex
	answer func(w http.ResponseWriter, r *http.Request) (answered bool)
}

func (w world) between(t *testing.T, p *pebble) *between {
	t.Helper()
	target, err := url.Parse("https://" + local(p.port))
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	b := &between{}
	b.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/order-plz") {
			b.orders.Add(1)
		}
		b.mu.Lock()
		answer := b.answer
		b.mu.Unlock()
		if answer == nil || !answer(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	cert, key := ownCertificate(t)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	b.server.TLS, b.ca = &tls.Config{Certificates: []tls.Certificate{pair}}, cert
	b.server.StartTLS()
	t.Cleanup(b.server.Close)
	return b
}

func (b *between) answerWith(f func(w http.ResponseWriter, r *http.Request) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answer = f
}

// on answers requests of one kind.
func on(path string, h http.HandlerFunc) func(w http.ResponseWriter, r *http.Request) bool {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.URL.Path, path) {
			return false
		}
		h(w, r)
		return true
	}
}

func says(status int, kind, text string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}
}

// asks runs a keeper that asks an authority through b.
func (w world) asks(t *testing.T, p *pebble, b *between) (*Keeper, *front) {
	t.Helper()
	c := w.acmeConfig(openDir(t), p)
	c.Authority.Directory, c.Authority.CA = b.server.URL+"/dir", b.ca
	k := newKeeper(t, c)
	return k, run(t, k, w.httpFor)
}

func TestACME_SurvivesEveryWrongAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.pebble(t, 90*24*time.Hour, nil).begin(t)
	const problem = "application/problem+json"
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter, *http.Request) bool
		want   string // in the sentence
	}{
		"a page as directory":          {on("/dir", says(200, "text/html", "<html>log in to the hotel</html>")), "does not answer"},
		"an empty directory":           {on("/dir", says(200, "application/json", "{}")), "does not answer"},
		"a 503 for everything":         {on("/", says(503, "text/plain", "down", "Retry-After", "1")), "does not answer"},
		"no account":                   {on("/sign-me-up", says(403, problem, `{"type":"urn:ietf:params:acme:error:unauthorized","detail":"not you","status":403}`)), "refuses this installation: not you"},
		"a broken order":               {on("/order-plz", says(201, "application/json", `{"status":`)), "cannot be understood"},
		"an order of nothing":          {on("/order-plz", says(201, "application/json", `{"status":"ready","identifiers":[],"finalize":"https://127.0.0.1:1/"}`)), "cannot be understood"},
		"a 500 at the end":             {on("/finalize-order/", says(500, problem, `{"type":"urn:ietf:params:acme:error:serverInternal","detail":"oops","status":500}`)), "does not answer"},
		"a page as certificate":        {on("/certZ/", says(200, "text/html", "<html></html>")), "cannot be"},
		"a certificate of another key": {on("/certZ/", says(200, "application/pem-certificate-chain", string(another(t)))), "cannot be used"},
		"an endless answer":            {on("/certZ/", endless), "cannot be"},
	} {
		t.Run(name, func(t *testing.T) {
			b := w.between(t, p)
			b.answerWith(c.answer)
			k, f := w.asks(t, p, b)
			k.Want(wants("wrong.example.org"))
			eventually(t, "it is told", func() bool { return strings.Contains(statusOf(t, k, "wrong.example.org").Trouble, c.want) })
			if _, err := f.visit("wrong.example.org"); err != nil {
				t.Errorf("visitors get nothing at all: %v", err)
			}
			b.answerWith(nil)
			eventually(t, "it is trusted after all", func() bool { return f.trusts("wrong.example.org", p.root()) })
		})
	}
}

func another(t *testing.T) []byte {
	key := newTestKey(t)
	return newAuthority(t, "Somebody").sign("wrong.example.org", key)
}

func endless(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/pem-certificate-chain")
	for r.Context().Err() == nil {
		if _, err := w.Write(make([]byte, 64<<10)); err != nil {
			return
		}
	}
}

func TestACME_WaitsAsLongAsAnAuthoritySays(t *testing.T) {
	w := newWorld(t)
	p := w.pebble(t, 90*24*time.Hour, nil).begin(t)
	b := w.between(t, p)
	b.answerWith(on("/order-plz", says(429, "application/problem+json", `{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many certificates","status":429}`, "Retry-After", "3600")))
	k, _ := w.asks(t, p, b)
	k.Want(wants("many.example.org"))
	eventually(t, "it is told", func() bool {
		return strings.Contains(statusOf(t, k, "many.example.org").Trouble, "too many certificates")
	})
	time.Sleep(2 * time.Second) // ten of the usual pauses of this test
	s := statusOf(t, k, "many.example.org")
	if left := time.Until(s.Next); left < 59*time.Minute || left > 61*time.Minute || b.orders.Load() != 1 {
		t.Errorf("it is asked again in %v; it was asked %d times", left, b.orders.Load())
	}
}

func TestACME_AnAuthorityThatHangsHoldsUpNobody(t *testing.T) {
	w := newWorld(t)
	p := w.pebble(t, 90*24*time.Hour, nil).begin(t)
	b := w.between(t, p)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	var hanging atomic.Bool
	b.answerWith(on("/order-plz", func(http.ResponseWriter, *http.Request) { hanging.Store(true); <-hang }))
	c := w.acmeConfig(openDir(t), p)
	c.Authority.Directory, c.Authority.CA, c.Domains = b.server.URL+"/dir", b.ca, []seedbed.HostName{"sites.example.org"}
	k := newKeeper(t, c)
	challenges := listenFor(t, w, k)
	defer challenges.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- k.Run(ctx) }()
	k.Want(map[seedbed.HostName]Source{"slow.example.org": ACME, "guide.sites.example.org": OwnCA})
	eventually(t, "the authority hangs", hanging.Load)
	eventually(t, "the other has its certificate", func() bool { return k.Certificates()["guide.sites.example.org"] != "" })
	cancel()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the keeper does not end")
	}
}

// listenFor answers challenges without an nginx.
func listenFor(t *testing.T, w world, k *Keeper) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", local(w.httpFor))
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = http.Serve(l, k.Challenges()) }()
	return l
}

func TestACME_WhoIsKilledWhileItAsksAsksNotAtOnceAgain(t *testing.T) {
	w := newWorld(t)
	p := w.pebble(t, 90*24*time.Hour, nil).begin(t)
	b := w.between(t, p)
	hang, hangs := make(chan struct{}), make(chan struct{}, 100)
	t.Cleanup(func() { close(hang) })
	b.answerWith(on("/finalize-order/", func(http.ResponseWriter, *http.Request) { hangs <- struct{}{}; <-hang }))
	dir := openDir(t)
	if err := os.WriteFile(dir+"/ca.pem", b.ca, 0o600); err != nil {
		t.Fatal(err)
	}
	kill := startJob(t, "acme", dir+"/certs", b.server.URL+"/dir", dir+"/ca.pem", local(w.httpFor), w.dns)
	select {
	case <-hangs:
	case <-time.After(time.Minute):
		t.Fatal("the authority was not asked")
	}
	kill()
	c := w.acmeConfig(dir+"/certs", p)
	c.Authority.Directory, c.Authority.CA = b.server.URL+"/dir", b.ca
	k, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	k.Want(wants("killed.example.org"))
	if due := k.tasks(); len(due) != 1 || time.Until(due[0].due) < 10*time.Minute {
		t.Errorf("it is asked for again at once: %+v", due)
	}
	if s := statusOf(t, k, "killed.example.org"); s.Trouble != interrupted {
		t.Errorf("got %+v", s)
	}
	b.answerWith(nil)
	if err := k.amend("killed.example.org", func(r *record) bool { r.Next = time.Now(); return true }); err != nil {
		t.Fatal(err)
	}
	f := run(t, k, w.httpFor)
	eventually(t, "it is trusted", func() bool { return f.trusts("killed.example.org", p.root()) })
}

func TestOwnCA_KillsAtAnyMomentLeaveOnlyWholePairs(t *testing.T) {
	dir := openDir(t)
	whole := 0
	for i := range 12 {
		kill := startJob(t, "own", dir)
		time.Sleep(time.Duration(20+i*i*3) * time.Millisecond) // when it is killed is what is tried here
		kill()
		whole = checkServed(t, dir, whole)
	}
	k := open(t, dir)
	k.Want(jobHosts())
	going(t, k)
	eventually(t, "all are there", func() bool { return len(k.Certificates()) == len(jobHosts()) })
}

// checkServed looks at all that nginx may read after a kill.
func checkServed(t *testing.T, dir string, atLeast int) int {
	t.Helper()
	k := open(t, dir)
	all := k.Certificates()
	for name, base := range all {
		if _, err := tls.LoadX509KeyPair(k.ServedDir()+"/"+base+".crt", k.ServedDir()+"/"+base+".key"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := tls.LoadX509KeyPair(k.ServedDir()+"/fallback.crt", k.ServedDir()+"/fallback.key"); err != nil {
		t.Error(err)
	}
	if len(all) < atLeast {
		t.Errorf("%d certificates were there, and %d are left", atLeast, len(all))
	}
	return len(all)
}

// startJob starts this program as another process, and returns what kills it.
func startJob(t *testing.T, job string, args ...string) (kill func()) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), "CERTS_TEST_JOB="+job+"\n"+strings.Join(args, "\n"))
	end, err := start(c)
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill = func() { once.Do(end) }
	t.Cleanup(kill)
	return kill
}
