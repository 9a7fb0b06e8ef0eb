package control

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"seedbed"
)

// Tokens keeps what programs come with.
type Tokens interface {
	// CreateToken writes a token of by down, and of its secret the hash.
	CreateToken(ctx context.Context, t seedbed.Token, secret seedbed.Secret, by seedbed.Author) (seedbed.Token, error)
	// Tokens returns a user's tokens that were not revoked, newest first.
	Tokens(ctx context.Context, userID int64) ([]seedbed.Token, error)
	// RevokeToken ends a token of its author's; any other is NotFound.
	RevokeToken(ctx context.Context, id int64, by seedbed.Author) error
}

// TokenWish is a new token as somebody asks for it, not checked yet.
type TokenWish struct {
	Name  string
	Scope string // "read", "write" or "admin"
	Days  int    // that it is good for; 0 means seedbed.DefaultTokenDays, or until the token ends that makes it
	// Project is the name of the only project that it is to be for; empty for
	// all of the actor's.
	Project string
}

// Tokens returns the actor's own tokens, newest first, also those that have
// ended by themselves. A token for one project sees those for that project.
func (c *Control) Tokens(ctx context.Context, a Actor) ([]seedbed.Token, error) {
	if err := c.permit(ctx, a, seedbed.SeeTokens); err != nil {
		return nil, err
	}
	tokens, err := c.store.Tokens(ctx, a.User.ID)
	return slices.DeleteFunc(tokens, func(t seedbed.Token) bool { return a.Project != 0 && t.ProjectID != a.Project }), err
}

// Token returns one of the actor's own tokens, or a NotFound error.
func (c *Control) Token(ctx context.Context, a Actor, id int64) (seedbed.Token, error) {
	tokens, err := c.Tokens(ctx, a)
	if err != nil {
		return seedbed.Token{}, err
	}
	for _, t := range tokens {
		if t.ID == id {
			return t, nil
		}
	}
	return seedbed.Token{}, seedbed.Missing("There is no such token.")
}

// CreateToken makes a token for the actor's programs and returns what they send,
// which nobody can read again. A program makes none that may more than its own
// token, or ends later; one for a single project makes none. More than
// seedbed.MaxTokens are a Conflict. Mistakes are beside the fields "name", "scope",
// "days" and "project".
func (c *Control) CreateToken(ctx context.Context, a Actor, wish TokenWish) (seedbed.Token, seedbed.Secret, error) {
	if err := c.permit(ctx, a, seedbed.MakeToken); err != nil {
		return seedbed.Token{}, "", err
	}
	t, err := c.readToken(ctx, a, wish)
	if err != nil {
		return t, "", err
	}
	secret, err := newTokenSecret(c.rand)
	if err != nil {
		return t, "", err
	}
	t, err = c.store.CreateToken(ctx, t, secret, a.author())
	if err != nil {
		return t, "", err
	}
	return t, seedbed.TokenText(t.ID, secret), nil
}

// MakeToken is CreateToken on the machine itself, where nothing but the database
// is open: of the Config it needs only Store, Now and Rand.
func MakeToken(ctx context.Context, config Config, a Actor, wish TokenWish) (seedbed.Token, seedbed.Secret, error) {
	c := &Control{store: config.Store, now: config.Now, rand: config.Rand}
	return c.CreateToken(ctx, a, wish)
}

func (c *Control) readToken(ctx context.Context, a Actor, wish TokenWish) (t seedbed.Token, err error) {
	var wrongName, wrongScope, wrongDays error
	var days time.Duration
	t.Name, wrongName = seedbed.ParseTokenName(wish.Name)
	t.Scope, wrongScope = seedbed.ParseScope(wish.Scope)
	if wrongScope == nil && t.Scope > a.Scope {
		wrongScope = seedbed.Mistake("scope", "A token cannot make one that may more than it may itself.")
	}
	days, wrongDays = seedbed.ParseTokenDays(wish.Days)
	t.Expires, t.Parent = c.now().Add(days), a.Token
	if !a.Until.IsZero() && t.Expires.After(a.Until) {
		t.Expires = a.Until
		if wish.Days != 0 && wrongDays == nil {
			wrongDays = seedbed.Mistake("days", "This token makes none that ends later than itself, on "+a.Until.UTC().Format("2 January 2006")+". Ask for fewer days, or leave them out: then both end together.")
		}
	}
	wrongProject := c.limitToken(ctx, a, &t, wish.Project)
	return t, errors.Join(wrongName, wrongScope, wrongDays, wrongProject)
}

// limitToken limits a token to the project of that name, if there is a name.
func (c *Control) limitToken(ctx context.Context, a Actor, t *seedbed.Token, name string) error {
	if name == "" {
		return nil
	}
	project, err := c.in(ctx, a, name, seedbed.SeeProject)
	if seedbed.IsNotFound(err) {
		return seedbed.Mistake("project", "Choose one of your projects, or none.")
	}
	t.ProjectID, t.Project = project.ID, project.Name
	return err
}

// tokenLetters are those of base32, RFC 4648.
const tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// newTokenSecret has five bits of randomness in each letter.
func newTokenSecret(rand io.Reader) (seedbed.Secret, error) {
	random := make([]byte, seedbed.TokenSecretLength)
	if _, err := io.ReadFull(rand, random); err != nil {
		return "", err
	}
	for i, b := range random {
		random[i] = tokenLetters[b%byte(len(tokenLetters))]
	}
	return seedbed.Secret(random), nil
}

// RevokeToken ends one of the actor's own tokens at once, with those that were made
// with it; any other is NotFound.
func (c *Control) RevokeToken(ctx context.Context, a Actor, id int64) error {
	if err := c.permit(ctx, a, seedbed.RevokeToken); err != nil {
		return err
	}
	return c.store.RevokeToken(ctx, id, a.author())
}
