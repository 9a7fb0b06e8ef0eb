package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"seedbed"
)

// work does what is due, and returns when it is done.
func work(t *testing.T, k *Keeper) {
	t.Helper()
	for range 2 { // what a round finds out may be due in the next
		c := &crew{places: make(chan struct{}, atOnce)}
		k.round(context.Background(), c)
		c.work.Wait()
	}
}

func TestNew_ThereIsAlwaysAFallback(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir)
	first, err := tls.LoadX509KeyPair(filepath.Join(k.ServedDir(), "fallback.crt"), filepath.Join(k.ServedDir(), "fallback.key"))
	if err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if again.fallback.leaf.SerialNumber.Cmp(first.Leaf.SerialNumber) != 0 {
		t.Error("a restart makes another one")
	}
	later := open(t, dir, func(c *Config) { c.Now = func() time.Time { return time.Now().Add(300 * day24) } })
	if !later.fallback.leaf.NotAfter.After(first.Leaf.NotAfter) || string(later.fallback.key) != string(k.fallback.key) {
		t.Error("it is not renewed with the same key")
	}
	if err := os.RemoveAll(k.ServedDir()); err != nil {
		t.Fatal(err)
	}
	if open(t, dir); !k.files.isServed(Fallback) {
		t.Error("it is not put back")
	}
}

func TestNew_LaysFilesWhereWorkersReachThem(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, "certs")
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	k := open(t, dir)
	inside := strings.HasPrefix(k.ServedDir(), dir)
	if k.files.group >= 0 && inside {
		t.Errorf("nginx's workers cannot reach %s", k.ServedDir())
	}
	if k.files.group < 0 && !inside {
		t.Errorf("nginx runs as we do, and its files are at %s", k.ServedDir())
	}
	info, err := os.Stat(k.ServedDir())
	if err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("everybody may look into %s: %v", k.ServedDir(), err)
	}
}

func TestNew_TakesUpWhatIsKeptAndLosesOnlyWhatIsDamaged(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir)
	k.Want(wanting("a.sites.example.org", "b.sites.example.org", "c.sites.example.org"))
	work(t, k)
	before := k.Certificates()
	damage(t, k.files.path("pairs", before["a.sites.example.org"]+".pem"))
	damage(t, k.files.hostFile("b.sites.example.org"))
	if err := os.RemoveAll(k.ServedDir()); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	after := again.Certificates()
	if len(after) != 1 || after["c.sites.example.org"] != before["c.sites.example.org"] || !again.files.isServed(after["c.sites.example.org"]) {
		t.Errorf("before: %v; after: %v", before, after)
	}
	again.Want(wanting("a.sites.example.org", "b.sites.example.org", "c.sites.example.org"))
	again.Now = func() time.Time { return time.Now().Add(20 * day24) }
	if work(t, again); len(again.Certificates()) != 3 {
		t.Errorf("it is not made again: %+v", again.Report())
	}
}

func damage(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("{\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestNew_RefusesWhatCannotWork(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"a source that is none":         func(c *Config) { c.Source = "letsencrypt" },
		"a directory without TLS":       func(c *Config) { c.Authority.Directory = "http://acme.example.org/dir" },
		"a file that is none":           func(c *Config) { c.Authority.CA = []byte("x") },
		"an id without a key":           func(c *Config) { c.Authority.KeyID = "kid" },
		"an address with more in it":    func(c *Config) { c.Authority.Email = "a@example.org?cc=b@example.org" },
		"an address with two in it":     func(c *Config) { c.Authority.Email = "a@example.org,b@example.org" },
		"no folder":                     func(c *Config) { c.Dir = "" },
		"a password in the directory's": func(c *Config) { c.Authority.Directory = "https://u:p@acme.example.org/dir" },
	} {
		c := Config{Dir: t.TempDir(), Source: ACME}
		if change(&c); c.Source == Usual {
			t.Fatal("the test changes nothing")
		}
		if _, err := New(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestOwnCA_SpeaksForItsDomainsAlone(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir)
	k.Want(wanting("guide.sites.example.org", "bank.example.com", "notsites.example.org"))
	work(t, k)
	if got := k.Certificates(); len(got) != 1 {
		t.Errorf("it has signed %v", got)
	}
	s := statusIn(k, "bank.example.com")
	if want := "may only sign names below sites.example.org"; s.State != Failed || !strings.Contains(s.Trouble, want) {
		t.Errorf("got %+v", s)
	}
	root, err := k.Root()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := open(t, dir).Root(); err != nil || again.Fingerprint != root.Fingerprint {
		t.Errorf("a restart makes another root: %v", err)
	}
	checkRoot(t, k, root)
}

// checkRoot lets a visitor who trusts the root look at what it has signed, and
// at what a thief of its key might sign.
func checkRoot(t *testing.T, k *Keeper, root Root) {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(root.PEM) {
		t.Fatal("the root is no certificate")
	}
	p, err := k.files.readPair(k.Certificates()["guide.sites.example.org"])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "guide.sites.example.org"}); err != nil {
		t.Errorf("a visitor does not believe it: %v", err)
	}
	if life(p.leaf) > 100*day24 {
		t.Errorf("it counts for %v", life(p.leaf))
	}
	cert, key, err := k.own.open()
	if err != nil {
		t.Fatal(err)
	}
	thief := &authority{t: t, cert: cert, key: key}
	own := newTestKey(t)
	stolen, err := newPair(thief.sign("bank.example.com", own), textOf(t, own))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stolen.leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "bank.example.com"}); err == nil {
		t.Error("its key would let a thief speak for a bank")
	}
	if info, err := os.Stat(k.files.path("own", "root.pem")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("its key is for others too: %v", err)
	}
}

func TestOwnCA_SaysWhenItsKeyIsLost(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir)
	if _, err := k.Root(); err != nil {
		t.Fatal(err)
	}
	damage(t, k.files.path("own", "root.pem"))
	again := open(t, dir)
	again.Want(wanting("guide.sites.example.org"))
	work(t, again)
	if s := statusIn(again, "guide.sites.example.org"); !strings.Contains(s.Trouble, "cannot be read") {
		t.Errorf("got %+v", s)
	}
	if text, err := os.ReadFile(k.files.path("own", "root.pem")); err != nil || string(text) != "{\x00" {
		t.Error("what is left of it was written over")
	}
}

func TestTrust_GivesTheRootAndSaysHowToInstallIt(t *testing.T) {
	k := open(t, t.TempDir())
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		k.Trust().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	root, err := k.Root()
	if err != nil {
		t.Fatal(err)
	}
	page := get("/trust").Body.String()
	for _, want := range []string{root.Fingerprint, "below sites.example.org only", "Android", "/trust/seedbed-root.crt"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	file := get("/trust/seedbed-root.crt")
	cert, err := x509.ParseCertificate(file.Body.Bytes())
	if err != nil || fingerprint(cert) != root.Fingerprint || file.Header().Get("Content-Type") != "application/x-x509-ca-cert" {
		t.Errorf("the file: %v, %v", file.Header(), err)
	}
	if strings.Contains(page+file.Body.String(), "PRIVATE") || get("/trust/root.pem").Code != http.StatusNotFound {
		t.Error("the key is there for everybody")
	}
}

func TestChallenges_AnswerTheHostThatWasAskedFor(t *testing.T) {
	k := open(t, t.TempDir())
	k.challenges.put(guide, "token", "answer")
	ask := func(host, path, method string) (int, string) {
		r := httptest.NewRequest(method, "http://"+host+path, nil)
		w := httptest.NewRecorder()
		k.Challenges().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if code, body := ask("GUIDE.example.org:80", challengePath+"token", http.MethodGet); code != 200 || body != "answer" {
		t.Errorf("got %d, %q", code, body)
	}
	for _, c := range [][3]string{
		{"wiki.example.org", challengePath + "token", "GET"}, {guide, challengePath, "GET"}, {guide, challengePath + "other", "GET"},
		{guide, "/token", "GET"}, {guide, challengePath + "token", "POST"},
	} {
		if code, _ := ask(c[0], c[1], c[2]); code != http.StatusNotFound {
			t.Errorf("%v is answered with %d", c, code)
		}
	}
	k.challenges.take(guide, "token")
	if code, _ := ask(guide, challengePath+"token", "GET"); code != http.StatusNotFound {
		t.Errorf("afterwards it is still answered with %d", code)
	}
}

func TestWatch_TellsOfNewCertificates(t *testing.T) {
	k := open(t, t.TempDir())
	changed := make(chan struct{}, 10)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { k.Watch(ctx, func() { changed <- struct{}{} }); close(ended) }()
	defer func() { cancel(); <-ended }()
	going(t, k)
	k.Want(wanting("guide.sites.example.org"))
	for k.Certificates()["guide.sites.example.org"] == "" {
		select {
		case <-changed:
		case <-time.After(20 * time.Second):
			t.Fatal("nothing was told")
		}
	}
}

func TestOff_ServesNothingButWhatPeopleGave(t *testing.T) {
	k := open(t, t.TempDir())
	k.Want(map[seedbed.HostName]Source{"a.sites.example.org": Off, "b.sites.example.org": Usual})
	work(t, k)
	if got := k.Certificates(); len(got) != 1 || got["b.sites.example.org"] == "" {
		t.Errorf("got %v", got)
	}
	if s := statusIn(k, "a.sites.example.org"); s.State != None {
		t.Errorf("got %+v", s)
	}
	key := newTestKey(t)
	if _, err := k.Upload("a.sites.example.org", newAuthority(t, "Root").sign("a.sites.example.org", key), textOf(t, key)); err != nil {
		t.Fatal(err)
	}
	if work(t, k); len(k.Certificates()) != 2 {
		t.Errorf("got %v", k.Certificates())
	}
}

func TestCollect_TellsWhenCertificatesEndAndWhatFails(t *testing.T) {
	k := open(t, t.TempDir())
	k.Want(wanting("guide.sites.example.org", "bank.example.com"))
	work(t, k)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(k)
	w := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	got := w.Body.String()
	for _, want := range []string{
		`seedbed_certificate_expiry_timestamp_seconds{host="guide.sites.example.org",source="own"} `, `seedbed_certificate_failures{host="bank.example.com"} `,
		`seedbed_certificates{state="failed"} 1`, `seedbed_certificates{state="valid"} 1`, `seedbed_certificate_failures_total{source="own"} `,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %s:\n%s", want, got)
		}
	}
}

func TestNew_AnotherSourceTakesOverAtOnce(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir)
	k.Want(wanting("guide.sites.example.org"))
	work(t, k)
	before := k.Certificates()["guide.sites.example.org"]
	s := &signer{authority: newAuthority(t, "root"), life: 90 * day24, answer: func(seedbed.HostName) error { return errors.New("no") }}
	again := acting(t, dir, s)
	again.Want(wanting("guide.sites.example.org"))
	work(t, again)
	if got := again.Certificates()["guide.sites.example.org"]; got != before || s.times("guide.sites.example.org") != 1 {
		t.Errorf("until the new authority gives one, %q is served; it was asked %d times", got, s.times("guide.sites.example.org"))
	}
	s.answer = nil
	again.Now = func() time.Time { return time.Now().Add(time.Hour) }
	work(t, again)
	if got := statusIn(again, "guide.sites.example.org"); got.Source != ACME || got.State != Valid {
		t.Errorf("got %+v", got)
	}
}
