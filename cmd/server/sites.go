package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"

	"seedbed/api/client"
	"seedbed/api/wire"
)

// sitesCommand is `seedbed sites`.
func sitesCommand(ctx context.Context, args []string) error {
	return branch(ctx, "sites", args, []word{
		{"list", "all sites that you may see", listSites},
		{"show", "one site, with its settings", showSite},
		{"create", "make a site", createSite},
		{"set", "change its settings or its title", setSite},
		{"visitors", "by which names and under which terms visitors reach it; or change that", siteVisitors},
		{"visits", "how it was visited lately", siteVisits},
		{"logs", "what it prints", siteLog},
		{"retry", "carry out once more what was wanted last", retrySite},
		{"pause", "stop it until it is resumed", pauseSite},
		{"resume", "have it run again", resumeSite},
		{"return", "undo a change that failed or is under way", returnSite},
		{"usage", "what it uses now", siteUsage},
		{"revisions", "versions of its settings", listRevisions},
		{"sign-in", "its own first sign-in, shown once", siteSignIn},
		{"move", "have it belong to another project", moveSite},
		{"passwords", "new passwords for its parts of the shared services", renewPasswords},
		{"delete", "delete it with all that is its own", deleteSite},
		{"files", "the files that visitors get", listFiles},
		{"upload", "put a file there, or all of a zip", upload},
		{"delete-file", "delete one of them", deleteFile},
		{"backup", "make a backup", backUpSite},
		{"backups", "its backups", listBackups},
		{"restore", "put it back as it was in a backup", restoreSite},
		{"delete-backup", "delete a backup", deleteBackup},
	})
}

func sitePath(name string) string { return "/sites/" + url.PathEscape(name) }

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// prepared reads the options and the token.
func (c *command) prepared(args []string, names ...string) ([]string, error) {
	words, err := c.parse(args, names...)
	if err != nil {
		return nil, err
	}
	return words, c.connect()
}

func listSites(ctx context.Context, args []string) error {
	c := newCommand("sites list", "")
	if _, err := c.prepared(args); err != nil {
		return err
	}
	sites, err := client.All[wire.ListedSite](ctx, c.Client, "/sites", 0)
	switch {
	case err != nil:
		return err
	case c.json:
		return c.printJSON(sites)
	case len(sites) == 0:
		c.say("There are no sites yet. Make one with: seedbed sites create")
		return nil
	}
	var rows [][]string
	for _, s := range sites {
		rows = append(rows, []string{s.Name, s.Title, s.Template, stateOf(s.Status), s.URL})
	}
	return c.table([]string{"NAME", "TITLE", "TEMPLATE", "STATE", "ADDRESS"}, rows)
}

// stateOf is a status in a word.
func stateOf(s wire.Status) string {
	if s.Word != "" {
		return s.Word
	}
	return s.State
}

func showSite(ctx context.Context, args []string) error {
	c := newCommand("sites show", "NAME")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	var s wire.ListedSite
	if _, err := c.Get(ctx, sitePath(words[0]), &s.Site); err != nil {
		return err
	}
	if _, err := c.Get(ctx, sitePath(words[0])+"/status", &s.Status); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(s)
	}
	return c.table([]string{"Title", s.Title}, c.siteRows(s))
}

func (c *command) siteRows(s wire.ListedSite) [][]string {
	rows := [][]string{
		{"Address", s.URL}, {"State", stateOf(s.Status)}, {"Template", s.Template}, {"Project", s.Project},
		{"Services", strings.Join(s.Services, ", ")}, {"Made", s.Created.Format("2006-01-02 15:04 MST")},
	}
	if s.Status.Sentence != "" {
		rows = slices.Insert(rows, 2, []string{"", s.Status.Sentence})
	}
	for _, name := range sortedKeys(s.Settings) {
		rows = append(rows, []string{"Setting " + name, s.Settings[name]})
	}
	return rows
}

// settings are options such as --set language=fr, each once for each setting.
type settings map[string]string

// String is part of flag.Value.
func (s settings) String() string { return "" }

// Set reads one.
func (s settings) Set(text string) error {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("write it as --set name=value")
	}
	s[name] = value
	return nil
}

func createSite(ctx context.Context, args []string) error {
	c := newCommand("sites create", "--template TEMPLATE --title TITLE")
	wish, wait := wire.NewSite{Settings: settings{}}, false
	c.StringVar(&wish.Template, "template", "", "what it is made from: see “seedbed templates”")
	c.StringVar(&wish.Title, "title", "", "what people call it")
	c.StringVar(&wish.Project, "project", "", "name of its project; needed only if you may make sites in several")
	c.StringVar(&wish.Address, "address", "", "first part of its host name; made from the title if you leave it out")
	c.Var(settings(wish.Settings), "set", "a setting, name=value; may be there several times")
	c.BoolVar(&wait, "wait", false, "wait until it is ready, and tell each step")
	if _, err := c.prepared(args); err != nil {
		return err
	}
	if wish.Template == "" || wish.Title == "" {
		return misused("a site needs --template and --title")
	}
	var d wire.Deployment
	if err := c.Post(ctx, "/sites", wish, &d); err != nil {
		return err
	}
	if err := c.begun(ctx, d, wish.Title, wait); err != nil || c.json {
		return err
	}
	var s wire.Site
	if _, err := c.Get(ctx, sitePath(d.Site), &s); err != nil {
		return err
	}
	c.say(s.URL)
	return nil
}

func retrySite(ctx context.Context, args []string) error { return again(ctx, "retry", args) }

func returnSite(ctx context.Context, args []string) error { return again(ctx, "return", args) }

func pauseSite(ctx context.Context, args []string) error { return again(ctx, "pause", args) }

func resumeSite(ctx context.Context, args []string) error { return again(ctx, "resume", args) }

// again carries a change out once more, or undoes it.
func again(ctx context.Context, what string, args []string) error {
	c, wait := newCommand("sites "+what, "NAME"), false
	c.BoolVar(&wait, "wait", false, "wait for the end, and tell each step")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	var d wire.Deployment
	if err := c.Post(ctx, sitePath(words[0])+"/"+what, nil, &d); err != nil {
		return err
	}
	return c.begun(ctx, d, words[0], wait)
}

func deleteSite(ctx context.Context, args []string) error {
	c, wait, yes := newCommand("sites delete", "NAME"), false, false
	c.BoolVar(&wait, "wait", false, "wait until it is gone, and tell each step")
	c.BoolVar(&yes, "yes", false, "do not ask for the name once more")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	if !yes {
		if err := confirm(words[0], "The site and all that is its own will be deleted; nothing can come back."); err != nil {
			return err
		}
	}
	var d wire.Deployment
	if err := c.Delete(ctx, sitePath(words[0]), &d); err != nil {
		return err
	}
	return c.begun(ctx, d, words[0], wait)
}

// confirm says what is about to happen, and has the name typed once more.
func confirm(name, what string) error {
	fmt.Fprintf(os.Stderr, "%s\nType its name, %s: ", what, visible(name))
	typed, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if strings.TrimSpace(typed) == name {
		return nil
	}
	if err != nil {
		return &unconfirmed{"nobody confirmed it, so nothing was done; --yes does not ask"}
	}
	return &unconfirmed{"this is not its name, so nothing was done"}
}
