package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"seedbed/api/client"
	"seedbed/api/wire"
	"seedbed/templates"
)

// listed is a command that prints a list: all of it, or the newest.
func listed[T any](ctx context.Context, name, path string, args []string, limit int, heading []string, row func(T) []string) error {
	c := newCommand(name, "")
	if limit > 0 {
		c.IntVar(&limit, "limit", limit, "how many; 0 means all")
	}
	if _, err := c.prepared(args); err != nil {
		return err
	}
	items, err := client.All[T](ctx, c.Client, path, limit)
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(items)
	}
	rows := make([][]string, len(items))
	for i, item := range items {
		rows[i] = row(item)
	}
	return c.table(heading, rows)
}

// newest is how much of a long list is printed at first.
const newest = 20

func when(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// templatesCommand is `seedbed templates`.
func templatesCommand(ctx context.Context, args []string) error {
	return listed(ctx, "templates", "/templates", args, 0, []string{"NAME", "TITLE", "SETTINGS"}, func(t wire.Template) []string {
		var asked []string
		for _, q := range t.Questions {
			asked = append(asked, q.Name+"="+q.Default)
		}
		return []string{t.Name, t.Title, strings.Join(asked, " ")}
	})
}

// servicesCommand is `seedbed services`: the list, or something with one.
func servicesCommand(ctx context.Context, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") && !isHelp(args[0]) {
		return listServices(ctx, args)
	}
	return branch(ctx, "services", args, []word{
		{"list", "the shared services, and how they are", listServices},
		{"create", "have one started", createService},
		{"restart", "have one started anew", restartService},
	})
}

func createService(ctx context.Context, args []string) error {
	c := newCommand("services create", "postgres|mariadb|redis|rabbitmq")
	words, err := c.prepared(args, "KIND")
	if err != nil {
		return err
	}
	var all wire.Page[wire.Service]
	if err := c.Post(ctx, "/services", wire.NewService{Kind: words[0]}, &all); err != nil {
		return err
	}
	return c.done(all.Items, words[0], "is wanted; “seedbed services” tells how it is.")
}

func restartService(ctx context.Context, args []string) error {
	c := newCommand("services restart", "KIND")
	words, err := c.prepared(args, "KIND")
	if err != nil {
		return err
	}
	var all wire.Page[wire.Service]
	if err := c.Post(ctx, "/services/"+url.PathEscape(words[0])+"/restart", nil, &all); err != nil {
		return err
	}
	return c.done(all.Items, words[0], "is started anew; “seedbed services” tells how it is.")
}

// machinesCommand is `seedbed machines`.
func machinesCommand(ctx context.Context, args []string) error {
	return listed(ctx, "machines", "/machines", args, 0, []string{"NAME", "STATE", "TASKS", "CPUS", "MEMORY", "DISK"}, func(m wire.Machine) []string {
		state := "up"
		if !m.Up {
			state = "away"
		}
		return []string{
			m.Name, state, fmt.Sprint(m.Tasks), fmt.Sprintf("%.1f of %.1f", m.Promised.CPUs, m.Total.CPUs),
			partOf(m.Promised.Memory, m.Total.Memory), partOf(m.Promised.Disk, m.Total.Disk),
		}
	})
}

// volumesCommand is `seedbed volumes`.
func volumesCommand(ctx context.Context, args []string) error {
	return listed(ctx, "volumes", "/volumes", args, 0, []string{"SITE", "VOLUME"}, func(v wire.Volume) []string {
		return []string{v.Site, v.Name}
	})
}

// partOf is how much of what there is was given away.
func partOf(promised, total int64) string {
	return templates.SizeSaid(promised) + " of " + templates.SizeSaid(total)
}

func listServices(ctx context.Context, args []string) error {
	return listed(ctx, "services", "/services", args, 0, []string{"KIND", "STATE", "PORT", "SITES"}, func(s wire.Service) []string {
		return []string{s.Kind, stateOf(s.Status), fmt.Sprint(s.Port), strings.Join(s.Sites, " ")}
	})
}

// eventsCommand is `seedbed events`.
func eventsCommand(ctx context.Context, args []string) error {
	return listed(ctx, "events", "/events", args, newest, []string{"WHEN", "WHO", "WHAT"}, func(e wire.Event) []string {
		who := e.Who
		if e.Program != "" {
			who += " by " + e.Program
		}
		return []string{when(e.At), who, e.What}
	})
}

// deploymentsCommand is `seedbed deployments`.
func deploymentsCommand(ctx context.Context, args []string) error {
	return branch(ctx, "deployments", args, []word{
		{"list", "the newest deployments", listDeployments},
		{"show", "one, step by step", showDeployment},
	})
}

func listDeployments(ctx context.Context, args []string) error {
	return listed(ctx, "deployments list", "/deployments", args, newest, []string{"ID", "SITE", "KIND", "STATE", "STARTED", "BY"}, func(d wire.Deployment) []string {
		return []string{fmt.Sprint(d.ID), d.Site, d.Kind, d.State, when(d.Started), d.By}
	})
}

func showDeployment(ctx context.Context, args []string) error {
	c, wait := newCommand("deployments show", "ID"), false
	c.BoolVar(&wait, "wait", false, "wait for its end")
	words, err := c.prepared(args, "ID")
	if err != nil {
		return err
	}
	var d wire.Deployment
	if _, err := c.Get(ctx, "/deployments/"+url.PathEscape(words[0]), &d); err != nil {
		return err
	}
	if wait {
		return c.begun(ctx, d, d.Site, true)
	}
	if c.json {
		return c.printJSON(d)
	}
	rows := [][]string{{"Kind", d.Kind}, {"State", d.State}, {"Why", d.Cause}, {"By", d.By}, {"Started", when(d.Started)}}
	for _, s := range d.Steps {
		rows = append(rows, []string{s.Name, strings.TrimSpace(s.State + " " + s.Detail)})
	}
	return c.table([]string{"Site", d.Site}, rows)
}
