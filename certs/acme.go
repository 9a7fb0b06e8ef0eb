package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"

	"seedbed"
)

// acmeCA gets certificates from an authority that speaks ACME. It keeps its
// account, and how fast it may ask, on the disk.
type acmeCA struct {
	Config
	route   route
	account *account
	pace    *pace
	client  *acmez.Client
}

func newACME(c Config, f files, answers *challenges) *acmeCA {
	a := &acmeCA{Config: c, route: route{Authority: c.Authority, lookup: c.Lookup, challenges: answers, random: c.Rand}}
	if a.route.lookup == nil {
		a.route.lookup = lookup
	}
	a.client = &acmez.Client{
		Client: &acme.Client{
			Directory: c.Authority.Directory, HTTPClient: c.Authority.httpClient(), UserAgent: "seedbed",
			PollInterval: time.Second, PollTimeout: tryFor, Logger: slog.New(slog.DiscardHandler), // what goes wrong comes back as an error
		},
		ChallengeSolvers: map[string]acmez.Solver{acme.ChallengeTypeHTTP01: answers},
	}
	dir := f.path("acme", hash(c.Authority.Directory+"\n"+c.Authority.Email+"\n"+c.Authority.KeyID))
	a.account = &account{dir: dir, authority: c.Authority, client: a.client.Client, random: c.Rand}
	a.pace = &pace{path: filepath.Join(dir, "pace.json"), every: orderEvery, burst: orderBurst, now: c.Now, quiet: quietAfter}
	return a
}

// httpClient gives an authority half a minute for each answer, and believes the
// size of none.
func (a Authority) httpClient() *http.Client {
	roots, _ := x509.SystemCertPool() // without one, nothing is trusted but CA
	if a.CA != nil {
		roots = x509.NewCertPool()
		roots.AppendCertsFromPEM(a.CA)
	}
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: bounded{&http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, ForceAttemptHTTP2: true,
			TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, TLSHandshakeTimeout: 10 * time.Second,
			ResponseHeaderTimeout: 20 * time.Second, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: atOnce,
		}},
	}
}

// ready tests the route first, so that a name which leads elsewhere costs the
// authority nothing.
func (a *acmeCA) ready(ctx context.Context, name seedbed.HostName) error {
	if err := a.mayAsk(); err != nil {
		return err
	}
	if err := a.route.check(ctx, name); err != nil {
		return err
	}
	if err := a.mayAsk(); err != nil { // others have asked meanwhile
		return err
	}
	w := &wish{}
	if _, err := a.account.open(w.in(ctx)); err != nil {
		return a.notAnswering(&after{err, w.retryAfter()})
	}
	until, err := a.pace.take()
	if err != nil || until.IsZero() {
		return err
	}
	return a.notYet(until)
}

// mayAsk returns nil if the authority may be asked now, as far as is known.
func (a *acmeCA) mayAsk() error {
	if until := a.pace.silence(); !until.IsZero() {
		return a.silent(until, nil)
	}
	if until := a.pace.turn(); !until.IsZero() {
		return a.notYet(until)
	}
	return nil
}

func (a *acmeCA) notYet(until time.Time) error {
	return &setback{innocent: true, later: until, message: "Many certificates are being asked for. This one has its turn later, because authorities allow only so many at once."}
}

// notAnswering is trouble with the authority itself: nobody asks it for a while.
func (a *acmeCA) notAnswering(err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	return a.silent(a.pace.fell(retryAfter(err)), err)
}

func (a *acmeCA) silent(until time.Time, err error) *setback {
	message := "The authority that certifies names does not answer. It is asked again."
	var p acme.Problem
	if errors.As(err, &p) && p.Status < http.StatusInternalServerError {
		message = "The authority that certifies names refuses this installation: " + said(p.Detail)
	}
	return &setback{innocent: true, later: until, message: message, err: err}
}

// issue asks the authority.
func (a *acmeCA) issue(ctx context.Context, name seedbed.HostName) (pair, error) {
	account, err := a.account.open(ctx)
	if err != nil {
		return pair{}, a.notAnswering(err)
	}
	key, text, err := newKey(a.Rand)
	if err != nil {
		return pair{}, err
	}
	w := &wish{}
	chains, err := a.client.ObtainCertificateForSANs(w.in(ctx), account, key, []string{string(name)})
	if err != nil {
		return pair{}, a.refusal(ctx, w, err)
	}
	a.pace.rose()
	if len(chains) == 0 {
		return pair{}, &setback{message: "The authority answered without a certificate. It is asked again."}
	}
	return a.accept(name, chains[0].ChainPEM, text)
}

// accept looks whether the authority gave what it was asked for.
func (a *acmeCA) accept(name seedbed.HostName, chain, key []byte) (pair, error) {
	p, err := newPair(chain, key)
	if err == nil {
		err = p.leaf.VerifyHostname(string(name))
	}
	if err == nil && !p.leaf.NotAfter.After(a.Now()) {
		err = fmt.Errorf("it ended at %v", p.leaf.NotAfter)
	}
	if err != nil {
		return pair{}, &setback{message: "The authority gave a certificate that cannot be used. It is asked again.", err: err}
	}
	return p, nil
}

// refusal tells trouble with the name from trouble with the authority.
func (a *acmeCA) refusal(ctx context.Context, w *wish, err error) error {
	var p acme.Problem
	var broken *url.Error
	switch told := errors.As(err, &p); {
	case ctx.Err() != nil:
		return &setback{message: "The authority took too long to certify it. It is asked again.", err: err}
	case p.Type == acme.ProblemTypeAccountDoesNotExist:
		return a.notAnswering(errors.Join(err, a.account.forget()))
	case w.failed() || errors.As(err, &broken):
		return a.notAnswering(&after{err, w.retryAfter()})
	case !told:
		return &setback{message: "The authority gave an answer that cannot be understood. It is asked again.", err: err, later: a.later(w)}
	}
	return &setback{message: "The authority did not certify it: " + said(detail(p)), err: err, later: a.later(w)}
}

func (a *acmeCA) later(w *wish) time.Time {
	if wait := w.retryAfter(); wait > 0 {
		return a.Now().Add(wait)
	}
	return time.Time{}
}

// detail is the authority's sentence about the name, where it has one.
func detail(p acme.Problem) string {
	for _, sub := range p.Subproblems {
		if sub.Detail != "" {
			return sub.Detail
		}
	}
	return p.Detail
}

// said makes of a stranger's words one line that is not too long.
func said(words string) string {
	line := make([]rune, 0, 400)
	for _, r := range words {
		if r < ' ' || r == 0x7f {
			r = ' '
		}
		if line = append(line, r); len(line) == 400 {
			return string(line) + "…"
		}
	}
	if len(line) == 0 {
		return "it did not say why."
	}
	return string(line)
}
