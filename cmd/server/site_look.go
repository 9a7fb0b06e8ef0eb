package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"seedbed/api/client"
	"seedbed/api/wire"
	"seedbed/templates"
)

// siteUsage is `seedbed sites usage`.
func siteUsage(ctx context.Context, args []string) error {
	c := newCommand("sites usage", "NAME")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	var u wire.Usage
	if _, err := c.Get(ctx, sitePath(words[0])+"/usage", &u); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(u)
	}
	memory, cpus := templates.SizeSaid(u.Memory), "not known"
	if u.MemoryLimit > 0 {
		memory = partOf(u.Memory, u.MemoryLimit)
	}
	if u.CPUs != nil {
		cpus = fmt.Sprintf("%.2f", *u.CPUs)
	}
	return c.table([]string{"Tasks", fmt.Sprint(u.Tasks)}, [][]string{{"Memory", memory}, {"Processors", cpus}, {"Looked at", when(u.At)}})
}

// listRevisions is `seedbed sites revisions`.
func listRevisions(ctx context.Context, args []string) error {
	c := newCommand("sites revisions", "NAME")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	revisions, err := client.All[wire.Revision](ctx, c.Client, sitePath(words[0])+"/revisions", 0)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(revisions)
	}
	var rows [][]string
	for _, r := range revisions {
		var all []string
		for _, name := range sortedKeys(r.Settings) {
			all = append(all, name+"="+r.Settings[name])
		}
		rows = append(rows, []string{fmt.Sprint(r.Number), when(r.Created), r.By, r.Title, strings.Join(all, " ")})
	}
	return c.table([]string{"NUMBER", "WHEN", "BY", "TITLE", "SETTINGS"}, rows)
}

// siteSignIn is `seedbed sites sign-in`. What it prints is shown only now.
func siteSignIn(ctx context.Context, args []string) error {
	c := newCommand("sites sign-in", "NAME")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	var how wire.SignIn
	if err := c.Post(ctx, sitePath(words[0])+"/sign-in", nil, &how); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(how)
	}
	fmt.Fprintln(os.Stderr, "This is how the first person signs in to the site. It is shown only now:")
	return c.table([]string{"Address", how.URL}, [][]string{{"User", how.User}, {"Password", how.Password}})
}
