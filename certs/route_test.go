package certs

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"seedbed"
)

// leading is a route whose DNS says what a test likes, and whose authority is
// private or not.
func leading(port int, private bool, err error, to ...string) route {
	r := route{Authority: Authority{Port: port}, challenges: newChallenges(), random: rand.Reader}
	if private {
		r.CA = []byte("some")
	}
	r.lookup = func(context.Context, seedbed.HostName) (all []netip.Addr, _ error) {
		for _, a := range to {
			all = append(all, netip.MustParseAddr(a))
		}
		return all, err
	}
	return r
}

func TestRoute_SaysWhereANameLeads(t *testing.T) {
	notThere := &net.DNSError{IsNotFound: true}
	for name, c := range map[string]struct {
		host  seedbed.HostName
		route route
		want  string
	}{
		"no domain of the internet": {"guide.localhost", leading(80, false, nil), "No public authority certifies guide.localhost"},
		"a machine's own domain":    {"guide.school.lan", leading(80, false, nil), "No public authority certifies guide.school.lan"},
		"a domain that is for all":  {"co.uk", leading(80, false, nil), "No public authority certifies co.uk"},
		"not in the DNS":            {guide, leading(80, false, notThere), "has no address in the DNS yet"},
		"without address":           {guide, leading(80, false, nil), "has no address in the DNS yet"},
		"a DNS that does not say":   {guide, leading(80, false, errors.New("timeout")), "The DNS does not say where guide.example.org leads"},
		"a private address":         {guide, leading(80, false, nil, "10.0.0.7"), "leads to 10.0.0.7, which is not reached from the internet"},
		"the machine itself":        {guide, leading(80, false, nil, "127.0.0.1"), "leads to 127.0.0.1, which is not reached"},
		"the cloud's metadata":      {guide, leading(80, false, nil, "169.254.169.254"), "which is not reached from the internet"},
		"the same, disguised":       {guide, leading(80, false, nil, "::ffff:169.254.169.254"), "which is not reached from the internet"},
		"very many addresses":       {guide, leading(80, true, nil, strings.Fields(strings.Repeat("127.0.0.1 ", 9))...), "has 9 addresses"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.route.check(t.Context(), c.host)
			var s *setback
			if !errors.As(err, &s) || !strings.Contains(s.message, c.want) || s.asked || s.innocent {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRoute_AsksEveryAddressAsAnAuthorityWould(t *testing.T) {
	answer := http.NewServeMux()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	k := open(t, t.TempDir())
	answer.Handle(challengePath, k.Challenges())
	serve(t, l, answer)
	r := leading(port, true, nil, "127.0.0.1")
	r.challenges = k.challenges
	if err := r.check(t.Context(), guide); err != nil {
		t.Errorf("it leads here: %v", err)
	}
	if len(k.challenges.answers) != 0 {
		t.Error("what was asked for is still answered")
	}
	stranger, err := net.Listen("tcp", fmt.Sprintf("127.0.0.2:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	serve(t, stranger, http.RedirectHandler(fmt.Sprintf("http://127.0.0.1:%d/", port), http.StatusFound))
	for address, want := range map[string]string{"127.0.0.2": "does not lead to this installation: its address is 127.0.0.2.", "127.0.0.3": "nothing answers there at port"} {
		both := leading(port, true, nil, "127.0.0.1", address)
		both.challenges = k.challenges
		if err := both.check(t.Context(), guide); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("one of two addresses is %s: %v", address, err)
		}
	}
	trusting := leading(port, true, errors.New("it is not asked"))
	if trusting.TrustRoute = true; trusting.check(t.Context(), guide) != nil {
		t.Error("it is tested though it was not to be")
	}
}

func serve(t *testing.T, l net.Listener, h http.Handler) {
	t.Helper()
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	s.Start()
	t.Cleanup(s.Close)
}

func TestSaid_IsOneShortLine(t *testing.T) {
	if got := said("a\r\n\x1b[31mb"); strings.ContainsAny(got, "\r\n\x1b") {
		t.Errorf("got %q", got)
	}
	if got := said(strings.Repeat("é", 1000)); len([]rune(got)) != 401 {
		t.Errorf("it has %d characters", len([]rune(got)))
	}
}
