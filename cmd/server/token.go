package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"seedbed"
	"seedbed/api/client"
	"seedbed/api/wire"
	"seedbed/control"
)

// tokenCommand is `seedbed token`.
func tokenCommand(ctx context.Context, args []string) error {
	return branch(ctx, "token", args, []word{
		{"create", "make a token", createToken},
		{"list", "your tokens", listTokens},
		{"revoke", "end one at once", revokeToken},
	})
}

// createToken makes a token: with --user on the machine itself, for whoever can
// read the installation's folder; else through the API, with another token.
func createToken(ctx context.Context, args []string) error {
	c := newCommand("token create", "--name NAME [--user USER]")
	wish, user, dir, save := wire.NewToken{}, "", "", false
	c.StringVar(&wish.Name, "name", "", "what the token is for")
	c.StringVar(&wish.Scope, "scope", "read", "read, write or admin")
	c.Func("days", "for how many days it is good, 1 to 365; 90 if you leave it out, or until the token ends that makes it", readDays(&wish.Days))
	c.StringVar(&wish.Project, "project", "", "name of the only project that it is for; all of its user's if you leave it out")
	c.StringVar(&user, "user", "", "on the server itself: whose token it is. It needs no other token, but the right to read --dir")
	c.StringVar(&dir, "dir", fromEnv("dir", "var"), "with --user: the folder that keeps everything")
	c.BoolVar(&save, "save", false, "put it into --token-file instead of printing it")
	if _, err := c.parse(args); err != nil {
		return err
	}
	token, err := c.newToken(ctx, wish, user, dir)
	if err != nil {
		return err
	}
	if save {
		return c.saveToken(token)
	}
	if c.json {
		return c.printJSON(token)
	}
	fmt.Fprintf(os.Stderr, "It is good until %s, and is shown only now:\n", token.Expires.Format("2 January 2006"))
	fmt.Fprintln(c.out, token.Token)
	return nil
}

// readDays reads a number of days, of which 0 is none.
func readDays(days *int) func(string) error {
	return func(text string) (err error) {
		if *days, err = strconv.Atoi(text); err != nil || *days < 1 || *days > seedbed.MaxTokenDays {
			return fmt.Errorf("a token is good for 1 to %d days", seedbed.MaxTokenDays)
		}
		return nil
	}
}

func (c *command) newToken(ctx context.Context, wish wire.NewToken, user, dir string) (wire.Token, error) {
	if user != "" {
		return tokenOnMachine(ctx, wish, user, dir)
	}
	var token wire.Token
	if err := c.connect(); err != nil {
		return token, err
	}
	return token, c.Post(ctx, "/tokens", wish, &token)
}

// tokenOnMachine makes a token in the database itself, through control, so that
// it is checked and recorded as any other.
func tokenOnMachine(ctx context.Context, wish wire.NewToken, user, dir string) (t wire.Token, err error) {
	store, err := config{Dir: dir}.openExisting(ctx)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	who, err := store.UserByName(ctx, user)
	if err != nil {
		return t, err
	}
	// Of control only what tokens need: nothing is deployed or looked at here.
	some := control.Config{Store: store, Now: time.Now, Rand: rand.Reader}
	token, text, err := control.MakeToken(ctx, some, control.Person(who, "this machine"), control.TokenWish(wish))
	if err != nil {
		return t, err
	}
	return wire.Token{
		ID: token.ID, Name: token.Name, Scope: token.Scope.String(), Project: string(token.Project), Created: token.Created.UTC(), Expires: token.Expires.UTC(), Token: text.Reveal(),
	}, nil
}

// saveToken writes the file that the other commands read, its owner's alone.
func (c *command) saveToken(token wire.Token) error {
	if err := os.MkdirAll(filepath.Dir(c.tokenFile), 0o700); err != nil {
		return fmt.Errorf("make the folder of the token's file: %w", err)
	}
	fresh, err := os.CreateTemp(filepath.Dir(c.tokenFile), ".token-*") // 0600 from the beginning
	if err != nil {
		return fmt.Errorf("write the token's file: %w", err)
	}
	_, err = fmt.Fprintln(fresh, token.Token)
	if err := errors.Join(err, fresh.Close()); err != nil {
		return fmt.Errorf("write the token's file: %w", err)
	}
	if err := os.Rename(fresh.Name(), c.tokenFile); err != nil {
		return fmt.Errorf("put the token's file in its place: %w", err)
	}
	c.say("The token is in", c.tokenFile+", and good until", token.Expires.Format("2 January 2006")+".")
	return nil
}

func listTokens(ctx context.Context, args []string) error {
	return listed(ctx, "token list", "/tokens", args, 0, []string{"ID", "NAME", "SCOPE", "PROJECT", "EXPIRES", "LAST USED"}, func(t wire.Token) []string {
		used := "never"
		if t.Used != nil {
			used = when(*t.Used)
		}
		return []string{fmt.Sprint(t.ID), t.Name, t.Scope, cmp.Or(t.Project, "all"), t.Expires.Format("2006-01-02"), used}
	})
}

func revokeToken(ctx context.Context, args []string) error {
	c := newCommand("token revoke", "ID")
	words, err := c.prepared(args, "ID")
	if err != nil {
		return err
	}
	tokens, err := client.All[wire.Token](ctx, c.Client, "/tokens", 0)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if fmt.Sprint(t.ID) == words[0] {
			return c.revoke(ctx, t)
		}
	}
	return missingThing("You have no token with the ID " + visible(words[0]) + ".")
}

func (c *command) revoke(ctx context.Context, t wire.Token) error {
	if err := c.Delete(ctx, fmt.Sprintf("/tokens/%d", t.ID), nil); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(t)
	}
	c.say("The token", t.Name, "is revoked.")
	return nil
}
