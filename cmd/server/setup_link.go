package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"time"

	"seedbed"
	"seedbed/catalog"
	"seedbed/db"
)

// setupLinkCommand is `seedbed setup-link`: it prints the link that makes the
// first administrator. Each link takes the place of the one before.
func setupLinkCommand(ctx context.Context, args []string) error {
	c, err := parseConfig("setup-link", args)
	if err != nil {
		return err
	}
	store, err := c.openExisting(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	link, err := c.setupLink(ctx, store)
	if err != nil {
		return err
	}
	if link == "" {
		return &seedbed.Error{Code: seedbed.Conflict, Message: "There is an administrator already, so there is no link. Sign in at " + c.portalURL() + "."}
	}
	fmt.Println(link)
	return nil
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
