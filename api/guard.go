package api

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"seedbed"
	"seedbed/arrival"
	"seedbed/control"
)

// secureHeaders keeps answers out of caches and browsers from making anything
// of them but data.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "private, no-cache")
		next.ServeHTTP(w, r)
	})
}

// How much a request may bring, in bytes.
const (
	maxBody   = 64 << 10  // of JSON
	maxUpload = 512 << 20 // of files
)

// limitBody keeps every request small but uploads, and waits for none for long.
func (a *api) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = arrival.Limit(w, r, a.BodyWithin, isUpload(r))
		limit := int64(maxBody)
		if isUpload(r) {
			limit = maxUpload
		}
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

type actorKey struct{}

// program is who asks, with the token that it came with.
type program struct {
	control.Actor
	token seedbed.Token
}

func programOf(r *http.Request) program {
	p, _ := r.Context().Value(actorKey{}).(program) // the zero Actor may do nothing
	return p
}

func actor(r *http.Request) control.Actor { return programOf(r).Actor }

func with(r *http.Request, p program) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), actorKey{}, p))
}

// demandToken lets nobody through without a token that is good.
func (a *api) demandToken(next http.Handler) http.Handler {
	return a.do(func(w http.ResponseWriter, r *http.Request) error {
		if r.URL.Path == documentPath {
			next.ServeHTTP(w, r)
			return nil
		}
		p, err := a.admit(r)
		if err != nil {
			return err
		}
		next.ServeHTTP(w, with(r, p))
		return nil
	})
}

// admit returns the program whose token the request brings. A secret that is
// right is let in however many wrong ones came before, or others could keep it
// out; whoever brings a wrong one has to wait after some.
func (a *api) admit(r *http.Request) (program, error) {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || text == "" {
		return program{}, unauthorized("This needs a token: send the header “Authorization: Bearer sb_…”.")
	}
	id, secret, ok := seedbed.SplitToken(seedbed.Secret(text))
	token, user, err := a.holder(r.Context(), id, secret, ok)
	if seedbed.IsNotFound(err) {
		return program{}, a.wrong(id, networkOf(r))
	}
	if err != nil {
		return program{}, err
	}
	if err := a.usable(r.Context(), user, token, a.Now()); err != nil {
		return program{}, err
	}
	return program{token: token, Actor: control.Actor{User: user, Scope: token.Scope, Program: token.Name, Token: token.ID, Project: token.ProjectID, Address: hostOf(r), Until: token.Expires}}, nil
}

// wrong counts a wrong try, unless the time for one has not come again.
func (a *api) wrong(id int64, from string) error {
	now, under := a.Now(), fmt.Sprintf("%d %s", id, from)
	if wait := max(a.addresses.Wait(from, now), a.tokens.Wait(under, now)); wait > 0 {
		return &refusal{status: http.StatusTooManyRequests, code: string(seedbed.TooMany), wait: wait,
			sentence: "There were too many wrong tries from your address. Retry-After says when to try again."}
	}
	a.addresses.Try(from, now)
	a.tokens.Try(under, now)
	return unauthorized("This token is not one of ours, or not all of it was sent.")
}

func (a *api) holder(ctx context.Context, id int64, secret seedbed.Secret, ok bool) (seedbed.Token, seedbed.User, error) {
	if !ok {
		return seedbed.Token{}, seedbed.User{}, seedbed.Missing("no token")
	}
	return a.Store.TokenHolder(ctx, id, secret)
}

// usedEvery is how coarsely the use of a token is recorded.
const usedEvery = time.Minute

// usable refuses a token that has ended, or whose user is blocked, and records that one is used.
func (a *api) usable(ctx context.Context, user seedbed.User, token seedbed.Token, now time.Time) error {
	switch {
	case !user.Blocked.IsZero():
		return unauthorized("The account of this token is blocked. An administrator can let it in again.")
	case !token.Revoked.IsZero():
		return unauthorized("This token was revoked. Make a new one.")
	case !now.Before(token.Expires):
		return unauthorized("This token ended on " + token.Expires.UTC().Format("2 January 2006") + ". Make a new one.")
	case now.Sub(token.Used) < usedEvery:
		return nil
	}
	return a.Store.TouchToken(ctx, token.ID, now.Truncate(usedEvery))
}

func unauthorized(sentence string) error {
	return &seedbed.Error{Code: seedbed.Unauthorized, Message: sentence}
}

// hostOf is the address that a request came from, without the port.
func hostOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// networkOf is where a request came from, for counting: of an IPv6 address the
// network, because one household has 2⁶⁴ of them.
func networkOf(r *http.Request) string {
	addr, err := netip.ParseAddr(hostOf(r))
	if err != nil || addr.Unmap().Is4() {
		return hostOf(r)
	}
	network, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return hostOf(r)
	}
	return network.String()
}
