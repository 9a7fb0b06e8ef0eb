package certs

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/mholt/acmez/v3/acme"

	"seedbed"
)

// challengePath is where an authority looks for the proof (RFC 8555, section
// 8.3).
const challengePath = "/.well-known/acme-challenge/"

// challenges are what is answered below challengePath, by host name and token.
// It is an acmez.Solver.
type challenges struct {
	mu      sync.Mutex
	answers map[challengeKey]string
}

type challengeKey struct{ host, token string }

func newChallenges() *challenges { return &challenges{answers: map[challengeKey]string{}} }

func (c *challenges) put(name seedbed.HostName, token, answer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[challengeKey{string(name), token}] = answer
}

func (c *challenges) take(name seedbed.HostName, token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.answers, challengeKey{string(name), token})
}

// Present answers a challenge from now on.
func (c *challenges) Present(_ context.Context, challenge acme.Challenge) error {
	c.put(seedbed.HostName(challenge.Identifier.Value), challenge.Token, challenge.KeyAuthorization)
	return nil
}

// CleanUp does not answer it any more.
func (c *challenges) CleanUp(_ context.Context, challenge acme.Challenge) error {
	c.take(seedbed.HostName(challenge.Identifier.Value), challenge.Token)
	return nil
}

// Challenges answers what nginx hands on of /.well-known/acme-challenge/: the
// proofs of certificates that are being asked for, with the host name that the
// visitor asked for. Everything else is not found.
func (k *Keeper) Challenges() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, ours := strings.CutPrefix(r.URL.Path, challengePath)
		answer, known := k.challenges.answer(r.Host, token)
		if !ours || !known || r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(answer)) // whoever asked is gone if it fails
	})
}

func (c *challenges) answer(host, token string) (string, bool) {
	if name, _, found := strings.Cut(host, ":"); found {
		host = name
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	answer, known := c.answers[challengeKey{strings.ToLower(host), token}]
	return answer, known
}
