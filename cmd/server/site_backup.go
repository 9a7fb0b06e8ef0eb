package main

import (
	"context"
	"net/url"

	"seedbed/api/client"
	"seedbed/api/wire"
	"seedbed/templates"
)

func backupsPath(site string) string { return sitePath(site) + "/backups" }

// listBackups is `seedbed sites backups`.
func listBackups(ctx context.Context, args []string) error {
	c := newCommand("sites backups", "NAME")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	backups, err := client.All[wire.Backup](ctx, c.Client, backupsPath(words[0]), 0)
	switch {
	case err != nil:
		return err
	case c.json:
		return c.printJSON(backups)
	case len(backups) == 0:
		c.say("There are no backups of this site yet. Make one with: seedbed sites backup NAME")
		return nil
	}
	var rows [][]string
	for _, b := range backups {
		rows = append(rows, []string{b.ID, b.At.Format("2006-01-02 15:04 MST"), b.By, templates.SizeSaid(b.Size), wholeness(b)})
	}
	return c.table([]string{"BACKUP", "MADE", "BY", "SIZE", "STATE"}, rows)
}

// wholeness says whether a backup can be used.
func wholeness(b wire.Backup) string {
	switch {
	case b.Trouble != "":
		return b.Trouble
	case b.Proved == nil:
		return "not read since it was written"
	}
	return "proved whole"
}

// backUpSite is `seedbed sites backup`.
func backUpSite(ctx context.Context, args []string) error {
	c, wait := newCommand("sites backup", "NAME"), false
	c.BoolVar(&wait, "wait", false, "wait until it is made and proved, and tell each step")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	var d wire.Deployment
	if err := c.Post(ctx, backupsPath(words[0]), nil, &d); err != nil {
		return err
	}
	return c.begun(ctx, d, words[0], wait)
}

// restoreSite is `seedbed sites restore`.
func restoreSite(ctx context.Context, args []string) error {
	c, wait, yes := newCommand("sites restore", "NAME BACKUP"), false, false
	c.BoolVar(&wait, "wait", false, "wait until the site answers again, and tell each step")
	c.BoolVar(&yes, "yes", false, "do not ask for the name once more")
	words, err := c.prepared(args, "NAME", "BACKUP")
	if err != nil {
		return err
	}
	if !yes {
		if err := confirm(words[0], "What the site holds now will be replaced by the backup; nothing of it can come back."); err != nil {
			return err
		}
	}
	var d wire.Deployment
	if err := c.Post(ctx, backupsPath(words[0])+"/"+url.PathEscape(words[1])+"/restore", nil, &d); err != nil {
		return err
	}
	return c.begun(ctx, d, words[0], wait)
}
