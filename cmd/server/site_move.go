package main

import (
	"context"
	"net/url"

	"seedbed/api/wire"
)

// moveSite is `seedbed sites move`.
func moveSite(ctx context.Context, args []string) error {
	c := newCommand("sites move", "NAME PROJECT")
	words, err := c.prepared(args, "NAME", "PROJECT")
	if err != nil {
		return err
	}
	var s wire.Site
	if err := c.Post(ctx, sitePath(words[0])+"/move", wire.Move{Project: words[1]}, &s); err != nil {
		return err
	}
	return c.done(s, s.Title, "belongs to the project", s.Project, "now.")
}

// renewPasswords is `seedbed sites passwords`.
func renewPasswords(ctx context.Context, args []string) error {
	c, wait := newCommand("sites passwords", "NAME"), false
	c.BoolVar(&wait, "wait", false, "wait until the site uses them, and tell each step")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	var d wire.Deployment
	if err := c.Post(ctx, sitePath(words[0])+"/passwords", nil, &d); err != nil {
		return err
	}
	return c.begun(ctx, d, words[0], wait)
}

// deleteBackup is `seedbed sites delete-backup`.
func deleteBackup(ctx context.Context, args []string) error {
	c, yes := newCommand("sites delete-backup", "NAME BACKUP"), false
	c.BoolVar(&yes, "yes", false, "do not ask for the name of the site")
	words, err := c.prepared(args, "NAME", "BACKUP")
	if err != nil {
		return err
	}
	if !yes {
		if err := confirm(words[0], "The backup "+visible(words[1])+" of this site will be deleted; it cannot come back."); err != nil {
			return err
		}
	}
	if err := c.Delete(ctx, backupsPath(words[0])+"/"+url.PathEscape(words[1]), nil); err != nil {
		return err
	}
	return c.done(nothing{}, "The backup is deleted.")
}
