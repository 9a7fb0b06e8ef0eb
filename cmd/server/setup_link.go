package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"seedbed"
	"seedbed/catalog"
	"seedbed/control"
	"seedbed/db"
)

// setupLinkCommand is `seedbed setup-link`: it prints the link that makes the
// first administrator, or with -user one with which that user sets a new
// password. Each link takes the place of the one before.
func setupLinkCommand(ctx context.Context, args []string) error {
	user := ""
	c, err := parseConfig("setup-link", args, func(f *flag.FlagSet) {
		f.StringVar(&user, "user", "", "who has forgotten their password, and sets a new one with the link")
	})
	if err != nil {
		return err
	}
	store, err := c.openExisting(ctx)
	if err != nil {
		return err
	}
	link, err := c.linkFor(ctx, store, user)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	fmt.Println(link)
	return nil
}

// linkFor makes the link for a user, or for the first administrator if there
// is no name.
func (c config) linkFor(ctx context.Context, store *db.DB, user string) (string, error) {
	if user != "" {
		return c.passwordLink(ctx, store, user)
	}
	link, err := c.setupLink(ctx, store)
	if err != nil || link != "" {
		return link, err
	}
	return "", &seedbed.Error{Code: seedbed.Conflict, Message: "There is an administrator already. Sign in at " + c.portalURL() +
		"; whoever has forgotten their password gets a link for a new one: seedbed setup-link -user NAME."}
}

// passwordLink makes a one-time link with which a user sets a new password.
// Whoever can read the key may do anything, so no role is asked for; the record
// says where it was made.
func (c config) passwordLink(ctx context.Context, store *db.DB, name string) (string, error) {
	user, err := store.UserByName(ctx, name)
	if seedbed.IsNotFound(err) {
		return "", unknownUser(ctx, store, name)
	}
	if err != nil {
		return "", err
	}
	some := control.Config{Store: store, Now: time.Now, Rand: rand.Reader}
	code, err := control.OfferPasswordHere(ctx, some, user.ID, seedbed.Author{Name: "seedbed setup-link", Address: "this machine"})
	if err != nil {
		return "", err
	}
	return c.portalURL() + "/new-password?" + url.Values{"code": {code.Reveal()}}.Encode(), nil
}

// unknownUser tells who the administrators are, for their names are forgotten
// too.
func unknownUser(ctx context.Context, store *db.DB, name string) error {
	users, err := store.Users(ctx)
	if err != nil {
		return err
	}
	var known []string
	for _, u := range users {
		if u.Role == seedbed.Administrator {
			known = append(known, visible(u.Name))
		}
	}
	message := "There is nobody with the name " + visible(name) + "."
	if len(known) > 0 {
		message += " The administrators are: " + strings.Join(known, ", ") + "."
	}
	return seedbed.Missing(message)
}

// setupLink makes a new one-time link for the first administrator, or returns
// "" if there is one already.
func (c config) setupLink(ctx context.Context, store *db.DB) (string, error) {
	has, err := store.HasUsers(ctx)
	if err != nil || has {
		return "", err
	}
	code := rand.Text()
	if err := store.SetSetupCode(ctx, code); err != nil {
		return "", err
	}
	return c.portalURL() + "/setup?" + url.Values{"code": {code}}.Encode(), nil
}

// openExisting opens the database and its key, and makes neither.
func (c config) openExisting(ctx context.Context) (*db.DB, error) {
	for _, file := range []string{"seedbed.db", "secret.key"} {
		if _, err := os.Stat(c.path(file)); errors.Is(err, fs.ErrNotExist) {
			return nil, seedbed.Missing("There is no Seedbed in " + c.Dir + " yet: " + file + " is missing. Start it first, or name its folder with -dir.")
		} else if err != nil {
			return nil, &seedbed.Error{Code: seedbed.Forbidden, Err: err, Message: "The folder " + c.Dir + " cannot be read. Run this with sudo."}
		}
	}
	key, err := db.LoadKey(c.path("secret.key"), rand.Reader)
	if err != nil {
		return nil, err
	}
	templates, err := catalog.New(catalog.Config{SiteURL: c.siteURL})
	if err != nil {
		return nil, err
	}
	return c.openStore(ctx, key, templates)
}

func (c config) openStore(ctx context.Context, key [db.KeySize]byte, templates *catalog.Catalog) (*db.DB, error) {
	return db.Open(ctx, db.Config{
		Path: c.path("seedbed.db"), Key: key, FirstServicePort: c.Port + serviceOffset,
		NewSecret: catalog.NewSecret, Rand: rand.Reader, Now: time.Now, Template: templates.Template,
	})
}
