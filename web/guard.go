package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"seedbed"
	"seedbed/arrival"
	"seedbed/control"
	"seedbed/static"
)

// contentPolicy forbids everything that the pages do not use; above all script
// and style inside them.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// secureHeaders tells browsers what pages may not do, and to keep none of
// them. Only static files change the latter.
func secureHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// refuseCrossSite refuses changes that another site's page asks for.
func (p *portal) refuseCrossSite(next http.Handler) http.Handler {
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(p.do(func(http.ResponseWriter, *http.Request) error {
		return &seedbed.Error{Code: seedbed.Forbidden, Message: "This came from another site’s page, so we did nothing. Go to your sites and try it from there."}
	}))
	return guard.Handler(next)
}

// Limits of what a request may bring along, in bytes.
const (
	maxForm   = 64 << 10
	maxUpload = 512<<20 + 1<<20 // the files, and what multipart puts around them
)

// limitBody keeps every request small but uploads, and waits for none for
// long: who sends a byte a minute would hold a connection for ever.
func (p *portal) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		limit := int64(maxForm)
		if isUpload(r) {
			limit = maxUpload
		}
		r = arrival.Limit(w, r, p.BodyWithin, isUpload(r))
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		next.ServeHTTP(w, r)
	})
}

// readForm reads a form before its handler does, so that one that did not
// arrive whole is never taken for an empty one. Uploads are read as they come.
func (p *portal) readForm(next http.Handler) http.Handler {
	return p.do(func(w http.ResponseWriter, r *http.Request) error {
		if r.Method == http.MethodPost && !isUpload(r) {
			if err := r.ParseForm(); err != nil {
				return unreadable(err)
			}
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

func isUpload(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/sites/") && strings.HasSuffix(r.URL.Path, "/files")
}

// isPublic names all that can be had without being signed in.
func isPublic(path string) bool {
	switch path {
	case "/healthz", "/setup", "/sign-in", "/invitation", "/new-password":
		return true
	}
	return strings.HasPrefix(path, static.Prefix)
}

type userKey struct{}

// userOf returns who is signed in.
func userOf(ctx context.Context) (seedbed.User, bool) {
	user, ok := ctx.Value(userKey{}).(seedbed.User)
	return user, ok
}

// actor is who asks: the signed-in user, from where the request came.
func actor(r *http.Request) control.Actor {
	user, ok := userOf(r.Context())
	if !ok {
		return control.Actor{}
	}
	return control.Person(user, hostOf(r))
}

// identify finds out who is signed in, if anybody is.
func (p *portal) identify(next http.Handler) http.Handler {
	return p.do(func(w http.ResponseWriter, r *http.Request) error {
		if strings.HasPrefix(r.URL.Path, static.Prefix) || r.URL.Path == "/healthz" {
			next.ServeHTTP(w, r)
			return nil
		}
		session, err := p.sessions.Get(r, p.sessions.cookie)
		if err != nil {
			return fmt.Errorf("load session: %w", err)
		}
		if user, ok := session.Values[sessionUser].(seedbed.User); ok {
			r = r.WithContext(context.WithValue(r.Context(), userKey{}, user))
		}
		next.ServeHTTP(w, r)
		return nil
	})
}

// demandUser sends whoever is not signed in to the sign-in page, or to setup
// while nobody can be.
func (p *portal) demandUser(next http.Handler) http.Handler {
	return p.do(func(w http.ResponseWriter, r *http.Request) error {
		if _, ok := userOf(r.Context()); ok || isPublic(r.URL.Path) {
			next.ServeHTTP(w, r)
			return nil
		}
		someone, err := p.Store.HasUsers(r.Context())
		switch {
		case err != nil:
			return fmt.Errorf("ask for any user: %w", err)
		case !someone:
			return seeOther(w, r, "/setup")
		}
		return seeOther(w, r, signInURL(r))
	})
}

// signInURL remembers which page was asked for. A change that was asked for is
// not made after signing in; the person sees home.
func signInURL(r *http.Request) string {
	if r.Method != http.MethodGet || r.URL.Path == "/" {
		return "/sign-in"
	}
	return "/sign-in?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
}

// localPath returns next if it is a path of this portal, and else home: a link
// to the sign-in page never leads to another site.
func localPath(next string) string {
	u, err := url.Parse(next)
	switch {
	case err != nil, u.IsAbs(), u.Host != "", u.User != nil, u.Opaque != "":
		return "/"
	case !strings.HasPrefix(next, "/"), strings.HasPrefix(next, "//"), strings.ContainsAny(next, "\\\r\n\t"):
		return "/"
	}
	return next
}
