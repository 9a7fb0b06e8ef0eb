package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gorilla/sessions"

	"seedbed"
)

// How long a browser stays signed in.
const (
	idleLimit     = 14 * 24 * time.Hour
	absoluteLimit = 90 * 24 * time.Hour
	// touchEvery is how often a session's row is written while it is in use.
	touchEvery = 5 * time.Minute
)

// sessionUser is the key of the seedbed.User in a session's Values.
const sessionUser = "user"

// sessionStore is a gorilla/sessions Store. The cookie holds a random id of
// 256 bits and nothing else; the row behind it is found by the id's hash.
type sessionStore struct {
	rows   Sessions
	cookie string // its name
	secure bool
	now    func() time.Time
	rand   io.Reader
}

var _ sessions.Store = (*sessionStore)(nil)

func newSessionStore(c Config) *sessionStore {
	s := &sessionStore{rows: c.Store, cookie: "seedbed", secure: c.Secure, now: c.Now, rand: c.Rand}
	if c.Secure {
		s.cookie = "__Host-seedbed" // browsers then refuse one set by another host
	}
	return s
}

// Get returns the request's session, which New has loaded at most once.
func (s *sessionStore) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New returns the session that the request's cookie names, or a new one if it
// names none that is still good.
func (s *sessionStore) New(r *http.Request, name string) (*sessions.Session, error) {
	session := sessions.NewSession(s, name)
	session.IsNew = true
	session.Options = s.options()
	cookie, err := r.Cookie(name)
	if err != nil {
		return session, nil
	}
	user, err := s.load(r, hashOf(cookie.Value))
	switch {
	case seedbed.IsNotFound(err):
		return session, nil
	case err != nil:
		return session, err
	}
	session.ID, session.IsNew = cookie.Value, false
	session.Values[sessionUser] = user
	return session, nil
}

func (s *sessionStore) load(r *http.Request, hash string) (seedbed.User, error) {
	now := s.now()
	user, seen, err := s.rows.SessionUser(r.Context(), hash, now.Add(-absoluteLimit), now.Add(-idleLimit))
	if err != nil {
		return seedbed.User{}, err
	}
	if now.Sub(seen) > touchEvery {
		err = s.rows.TouchSession(r.Context(), hash, now)
	}
	return user, err
}

// Save writes the session. One without an id is given a new one, one with a
// negative MaxAge is ended.
func (s *sessionStore) Save(r *http.Request, w http.ResponseWriter, session *sessions.Session) error {
	if session.Options.MaxAge < 0 {
		http.SetCookie(w, sessions.NewCookie(session.Name(), "", session.Options))
		return s.rows.EndSession(r.Context(), hashOf(session.ID))
	}
	if session.ID != "" {
		return nil
	}
	user, ok := session.Values[sessionUser].(seedbed.User)
	if !ok {
		return nil // nothing worth a row
	}
	id, err := s.newID()
	if err != nil {
		return err
	}
	if err := s.rows.StartSession(r.Context(), hashOf(id), user.ID, s.now()); err != nil {
		return fmt.Errorf("start session: %w", err)
	}
	session.ID = id
	http.SetCookie(w, sessions.NewCookie(session.Name(), id, session.Options))
	return nil
}

func (s *sessionStore) options() *sessions.Options {
	return &sessions.Options{
		Path:     "/",
		MaxAge:   int(absoluteLimit.Seconds()),
		HttpOnly: true,
		Secure:   s.secure,
		SameSite: http.SameSiteLaxMode,
	}
}

func (s *sessionStore) newID() (string, error) {
	id := make([]byte, 32)
	if _, err := io.ReadFull(s.rand, id); err != nil {
		return "", fmt.Errorf("make session id: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(id), nil
}

func hashOf(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:])
}

// enter signs a user in. The session that the browser had before ends, so that
// an id that somebody else put there is worth nothing.
func (p *portal) enter(w http.ResponseWriter, r *http.Request, user seedbed.User) error {
	session, err := p.sessions.Get(r, p.sessions.cookie)
	if err != nil {
		return fmt.Errorf("load session: %w", err)
	}
	if session.ID != "" {
		if err := p.Store.EndSession(r.Context(), hashOf(session.ID)); err != nil {
			return fmt.Errorf("end earlier session: %w", err)
		}
		session.ID = ""
	}
	now := p.Now()
	if err := p.Store.ExpireSessions(r.Context(), now.Add(-absoluteLimit), now.Add(-idleLimit)); err != nil {
		return fmt.Errorf("expire sessions: %w", err)
	}
	session.Values[sessionUser] = user
	return session.Save(r, w)
}

// leave signs the browser out.
func (p *portal) leave(w http.ResponseWriter, r *http.Request) error {
	session, err := p.sessions.Get(r, p.sessions.cookie)
	if err != nil {
		return fmt.Errorf("load session: %w", err)
	}
	session.Options.MaxAge = -1
	return session.Save(r, w)
}
