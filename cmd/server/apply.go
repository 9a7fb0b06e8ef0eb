package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"seedbed/api/wire"
)

// wanted is what a file for `seedbed apply` says is to be there.
type wanted struct {
	Projects []wantedProject `yaml:"projects"`
	Services []string        `yaml:"services"` // their kinds
	Sites    []wantedSite    `yaml:"sites"`
}

// wantedSite is one site. Name is the first part of its host name, and tells it
// from all others. What is left out stays as it is.
type wantedSite struct {
	Name     string            `yaml:"name"`
	Title    string            `yaml:"title"`
	Template string            `yaml:"template"`
	Project  string            `yaml:"project"`
	Settings map[string]string `yaml:"settings"`
	Visitors *wantedVisitors   `yaml:"visitors"`
}

// oneChange is one field that is to be different.
type oneChange struct {
	Field string `json:"field"`
	From  string `json:"from,omitempty"`
	To    string `json:"to"`
}

// applyCommand is `seedbed apply`: it makes what is missing, changes what is
// different, and deletes nothing. Done twice, the second time changes nothing.
// Everything is checked, by the server too, before the first change; and what was
// done is told also if something fails then.
func applyCommand(ctx context.Context, args []string) error {
	c := newCommand("apply", "-f FILE")
	path, dry, wait := "", false, false
	c.StringVar(&path, "f", "", "file that says what is to be there, YAML or JSON; - reads it from here")
	c.BoolVar(&dry, "dry-run", false, "change nothing; tell what would be done, and what could not")
	c.BoolVar(&wait, "wait", false, "wait until everything is as it is to be")
	if _, err := c.prepared(args); err != nil {
		return err
	}
	wishes, err := readWanted(path)
	if err != nil {
		return err
	}
	plan, err := c.compare(ctx, wishes)
	if err != nil {
		return err
	}
	if err := c.checkAll(ctx, plan); err != nil {
		return err
	}
	if !dry && plan.failed() == nil {
		c.applyAll(ctx, plan, wait)
	}
	return c.sum(plan, dry)
}

// readWanted reads a file, with no word in it left out.
func readWanted(path string) (wanted, error) {
	var w wanted
	if path == "" {
		return w, misused("this is written: seedbed apply -f FILE")
	}
	file, err := os.Open(path)
	if path == "-" {
		file, err = os.Stdin, nil
	}
	if err != nil {
		return w, fmt.Errorf("open the file: %w", err)
	}
	defer file.Close()
	d := yaml.NewDecoder(io.LimitReader(file, 1<<20))
	d.KnownFields(true)
	if err := d.Decode(&w); err != nil {
		return w, misused("%s cannot be used: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(&wanted{}); !errors.Is(err, io.EOF) {
		return w, misused("%s has more than one document; one is enough", path)
	}
	return w, w.check()
}

func (w wanted) check() error {
	names := [][2]string{}
	for _, p := range w.Projects {
		names = append(names, [2]string{"project", p.Name})
	}
	for _, kind := range w.Services {
		names = append(names, [2]string{"service", kind})
	}
	for _, s := range w.Sites {
		names = append(names, [2]string{"site", s.Name})
	}
	for _, s := range w.Sites {
		if s.Title != "" {
			names = append(names, [2]string{"title", strings.ToLower(s.Title)})
		}
	}
	seen := map[[2]string]bool{}
	for _, name := range names {
		switch {
		case name[1] == "":
			return misused("a %s in the file has no name", name[0])
		case seen[name]:
			return misused("the %s %s is there twice", name[0], name[1])
		}
		seen[name] = true
	}
	return nil
}

func differences(wish wantedSite, site wire.Site) []oneChange {
	var all []oneChange
	if wish.Title != "" && wish.Title != site.Title {
		all = append(all, oneChange{"title", site.Title, wish.Title})
	}
	for _, name := range sortedKeys(wish.Settings) {
		if now, ok := site.Settings[name]; !ok || now != wish.Settings[name] {
			all = append(all, oneChange{"settings." + name, now, wish.Settings[name]})
		}
	}
	return all
}

// patch has what is different, and nothing else.
func (one change) patch() wire.SitePatch {
	patch := wire.SitePatch{Settings: map[string]*string{}}
	for _, d := range one.Differences {
		if name, ok := strings.CutPrefix(d.Field, "settings."); ok {
			patch.Settings[name] = &d.To
			continue
		}
		patch.Title = &d.To
	}
	return patch
}

func quoted(s string) string { return "“" + s + "”" }
