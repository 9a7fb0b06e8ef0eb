package main

import (
	"context"
	"fmt"
	"strings"

	"seedbed/api/client"
	"seedbed/api/wire"
)

// usersCommand is `seedbed users`.
func usersCommand(ctx context.Context, args []string) error {
	return branch(ctx, "users", args, []word{
		{"list", "who has an account", listUsers},
		{"role", "give somebody another role in the installation", changeRole},
		{"block", "keep somebody from signing in", func(ctx context.Context, args []string) error {
			return onUser(ctx, "block", "cannot sign in any more.", args)
		}},
		{"unblock", "let somebody sign in again", func(ctx context.Context, args []string) error {
			return onUser(ctx, "unblock", "can sign in again.", args)
		}},
		{"password-link", "a link with which somebody sets a new password", passwordLink},
	})
}

func listUsers(ctx context.Context, args []string) error {
	return listed(ctx, "users list", "/users", args, 0, []string{"NAME", "ROLE", "SINCE", "BLOCKED"}, func(u wire.User) []string {
		since := ""
		if u.Blocked != nil {
			since = when(*u.Blocked)
		}
		return []string{u.Name, u.Role, when(u.Created), since}
	})
}

func userPath(u wire.User) string { return fmt.Sprintf("/users/%d", u.ID) }

// user is an account, by the name to sign in with.
func (c *command) user(ctx context.Context, name string) (wire.User, error) {
	users, err := client.All[wire.User](ctx, c.Client, "/users", 0)
	if err != nil {
		return wire.User{}, err
	}
	for _, u := range users {
		if strings.EqualFold(u.Name, name) {
			return u, nil
		}
	}
	return wire.User{}, missingThing("Nobody is called " + visible(name) + ".")
}

func changeRole(ctx context.Context, args []string) error {
	c := newCommand("users role", "USER operator|administrator|none")
	words, err := c.prepared(args, "USER", "ROLE")
	if err != nil {
		return err
	}
	user, err := c.user(ctx, words[0])
	if err != nil {
		return err
	}
	role := words[1]
	if role == "none" {
		role = ""
	}
	if err := c.Patch(ctx, userPath(user), "", wire.NewRole{Role: &role}, nil); err != nil {
		return err
	}
	user.Role = role
	return c.done(user, "The role of", words[0], "in the installation is", words[1], "now.")
}

// onUser blocks or unblocks somebody.
func onUser(ctx context.Context, what, became string, args []string) error {
	c := newCommand("users "+what, "USER")
	words, err := c.prepared(args, "USER")
	if err != nil {
		return err
	}
	user, err := c.user(ctx, words[0])
	if err != nil {
		return err
	}
	if err := c.Post(ctx, userPath(user)+"/"+what, nil, nil); err != nil {
		return err
	}
	return c.done(nothing{}, words[0], became)
}

func passwordLink(ctx context.Context, args []string) error {
	c := newCommand("users password-link", "USER")
	words, err := c.prepared(args, "USER")
	if err != nil {
		return err
	}
	user, err := c.user(ctx, words[0])
	if err != nil {
		return err
	}
	var link wire.Link
	if err := c.Post(ctx, userPath(user)+"/password-link", nil, &link); err != nil {
		return err
	}
	return c.showLink(link, link.Path, "With this link "+visible(words[0])+" sets a new password. It works once, within a day, and is shown only now:")
}
