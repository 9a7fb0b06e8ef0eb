//go:build integration

package certs

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"seedbed"
)

// acmeConfig asks an authority of the world's.
func (w world) acmeConfig(dir string, p *pebble) Config {
	return Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Source: ACME, Lookup: w.lookup, Authority: Authority{Directory: p.directory(), Email: "ops@example.org", CA: p.ca, Port: w.httpFor}}
}

// newKeeper makes a Keeper that does not wait long after failures.
func newKeeper(t *testing.T, c Config) *Keeper {
	t.Helper()
	k, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	quick := growing{200 * time.Millisecond, time.Second}
	k.pauses = pauses{quick, quick, quick}
	if a, ok := k.issuers[ACME].(*acmeCA); ok {
		a.pace.quiet, a.client.PollInterval = quick, 50*time.Millisecond
	}
	return k
}

func TestACME_VisitorsGetCertificatesOfTheAuthority(t *testing.T) {
	w := newWorld(t)
	p := w.pebble(t, 90*24*time.Hour, nil).begin(t)
	dir := openDir(t)
	k := newKeeper(t, w.acmeConfig(dir, p))
	f := run(t, k, w.httpFor)
	if cert, err := f.visit("guide.example.org"); err != nil || cert.Subject.CommonName != "No certificate for this name" {
		t.Fatalf("before there is a certificate, visitors get %v, %v", cert, err)
	}
	w.lead(t, "elsewhere.example.org", "127.0.0.9")
	serveElsewhere(t, fmt.Sprintf("127.0.0.9:%d", w.httpFor))
	k.Want(wants("guide.example.org", "wiki.example.org", "blocked.example", "elsewhere.example.org"))
	for _, name := range []string{"guide.example.org", "wiki.example.org"} {
		eventually(t, name+" is trusted", func() bool { return f.trusts(name, p.root()) })
	}
	t.Run("a name that leads elsewhere says where", func(t *testing.T) {
		want := "elsewhere.example.org does not lead to this installation: its address is 127.0.0.9."
		eventually(t, "it failed", func() bool {
			s := statusOf(t, k, "elsewhere.example.org")
			return s.State == Failed && strings.HasPrefix(s.Trouble, want) && !s.Next.IsZero()
		})
	})
	t.Run("a name that the authority refuses has its sentence", func(t *testing.T) {
		eventually(t, "it failed", func() bool {
			s := statusOf(t, k, "blocked.example")
			return s.State == Failed && strings.HasPrefix(s.Trouble, "The authority did not certify it: blocked.example")
		})
	})
	t.Run("a name that is led here later gets its certificate", func(t *testing.T) {
		w.lead(t, "elsewhere.example.org", "127.0.0.1")
		eventually(t, "it is trusted", func() bool { return f.trusts("elsewhere.example.org", p.root()) })
		if s := statusOf(t, k, "elsewhere.example.org"); s.State != Valid || s.Trouble != "" || s.Failures != 0 {
			t.Errorf("got %+v", s)
		}
	})
	t.Run("keys are for nginx's workers and for nobody else", func(t *testing.T) { checkModes(t, k) })
	t.Run("what was got survives", func(t *testing.T) {
		before := k.Certificates()
		again := newKeeper(t, w.acmeConfig(dir, p))
		again.Want(wants("guide.example.org"))
		if after := again.Certificates(); len(after) != 3 || after["guide.example.org"] != before["guide.example.org"] {
			t.Errorf("before: %v; after: %v", before, after)
		}
		if due := again.tasks(); len(due) != 1 || due[0].due.Before(time.Now().Add(50*24*time.Hour)) {
			t.Errorf("due: %+v", due)
		}
	})
}

// serveElsewhere is somebody else's web server.
func serveElsewhere(t *testing.T, at string) {
	t.Helper()
	l, err := net.Listen("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "somebody else's site") })}
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
}

func checkModes(t *testing.T, k *Keeper) {
	t.Helper()
	base := k.Certificates()["guide.example.org"]
	key, err := os.Stat(k.ServedDir() + "/" + base + ".key")
	if err != nil || key.Mode().Perm()&0o027 != 0 {
		t.Errorf("the served key: %v, %v", key.Mode(), err)
	}
	pair, err := os.Stat(k.files.path("pairs", base+".pem"))
	if err != nil || pair.Mode().Perm() != 0o600 {
		t.Errorf("the kept pair: %v, %v", pair.Mode(), err)
	}
}

func TestACME_RenewsWithAThirdOfTheLifeLeft(t *testing.T) {
	w := newWorld(t)
	p := w.pebble(t, 12*time.Second, nil).begin(t)
	k := newKeeper(t, w.acmeConfig(openDir(t), p))
	f := run(t, k, w.httpFor)
	k.Want(wants("short.example.org"))
	steady := 0 // old workers of nginx may answer beside the new ones for a moment
	eventually(t, "it is trusted", func() bool {
		if steady++; !f.trusts("short.example.org", p.root()) {
			steady = 0
		}
		return steady == 20
	})
	first, err := f.visit("short.example.org")
	if err != nil {
		t.Fatal(err)
	}
	for end := first.NotAfter.Add(2 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if !f.trusts("short.example.org", p.root()) {
			t.Fatal("there was a moment without a certificate that counts")
		}
	}
	second, err := f.visit("short.example.org")
	if err != nil || second.NotBefore.Before(first.NotBefore.Add(5*time.Second)) {
		t.Errorf("first from %v, then from %v, %v", first.NotBefore, second.NotBefore, err)
	}
}

func TestACME_WaitsForAnAuthorityThatIsAway(t *testing.T) {
	w := newWorld(t)
	p := w.pebble(t, 90*24*time.Hour, nil)
	k := newKeeper(t, w.acmeConfig(openDir(t), p))
	f := run(t, k, w.httpFor)
	k.Want(wants("patient.example.org"))
	eventually(t, "it is told", func() bool {
		return strings.Contains(statusOf(t, k, "patient.example.org").Trouble, "does not answer")
	})
	if s := statusOf(t, k, "patient.example.org"); s.State != Waiting || s.Failures != 0 {
		t.Errorf("the name is blamed: %+v", s)
	}
	p.begin(t)
	eventually(t, "it is trusted", func() bool { return f.trusts("patient.example.org", p.root()) })
	t.Run("also when it has forgotten our account", func(t *testing.T) {
		p.stop()
		p.begin(t)
		k.Want(wants("patient.example.org", "later.example.org"))
		eventually(t, "it is trusted", func() bool { return f.trusts("later.example.org", p.root()) })
	})
}

func TestACME_NamesAnAccountElsewhere(t *testing.T) {
	w := newWorld(t)
	p := w.pebble(t, 90*24*time.Hour, map[string]any{
		"externalAccountBindingRequired": true, "externalAccountMACKeys": map[string]string{"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"},
	}).begin(t)
	for name, c := range map[string]struct {
		id   string
		mac  seedbed.Secret
		want string
	}{
		"with it":    {"kid-1", "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W", ""},
		"without it": {"", "", "refuses this installation"},
	} {
		t.Run(name, func(t *testing.T) {
			config := w.acmeConfig(openDir(t), p)
			config.Authority.KeyID, config.Authority.MACKey = c.id, c.mac
			k := newKeeper(t, config)
			run(t, k, w.httpFor)
			k.Want(wants("bound.example.org"))
			eventually(t, "it ends as it should", func() bool {
				s := statusOf(t, k, "bound.example.org")
				return c.want == "" && s.State == Valid || c.want != "" && strings.Contains(s.Trouble, c.want)
			})
		})
	}
}
