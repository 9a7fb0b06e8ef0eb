package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"seedbed/api/client"
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
}

// change is what makes one project, service or site as it is wanted.
type change struct {
	Project      string      `json:"project,omitempty"`
	Service      string      `json:"service,omitempty"`
	Site         string      `json:"site,omitempty"`
	Action       string      `json:"action"` // make, change or none
	Differences  []oneChange `json:"differences,omitempty"`
	DeploymentID int64       `json:"deployment_id,omitempty"`

	// carryOut does it, and returns the deployment that began, if one did.
	carryOut func(ctx context.Context) (wire.Deployment, error)
}

// name says what it is about.
func (one change) name() string {
	switch {
	case one.Project != "":
		return "project " + one.Project
	case one.Service != "":
		return "service " + one.Service
	}
	return one.Site
}

// oneChange is one field that is to be different.
type oneChange struct {
	Field string `json:"field"`
	From  string `json:"from,omitempty"`
	To    string `json:"to"`
}

// applyCommand is `seedbed apply`: it makes what is missing, changes what is
// different, and deletes nothing. Done twice, the second time changes nothing.
func applyCommand(ctx context.Context, args []string) error {
	c := newCommand("apply", "-f FILE")
	path, dry, wait := "", false, false
	c.StringVar(&path, "f", "", "file that says what is to be there, YAML or JSON; - reads it from here")
	c.BoolVar(&dry, "dry-run", false, "change nothing; tell what would be done")
	c.BoolVar(&wait, "wait", false, "wait until everything is as it is to be")
	if _, err := c.prepared(args); err != nil {
		return err
	}
	wishes, err := readWanted(path)
	if err != nil {
		return err
	}
	changes, err := c.compare(ctx, wishes)
	if err != nil {
		return err
	}
	if !dry {
		err = c.applyAll(ctx, changes, wait)
	}
	if c.json {
		return firstOf(err, c.printJSON(changes))
	}
	if err == nil {
		c.sum(changes, dry)
	}
	return err
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

// compare finds out what is to be done, and does nothing yet: a mistake in the
// last site is told before the first one is made. Projects come first, because
// sites belong to them.
func (c *command) compare(ctx context.Context, w wanted) ([]change, error) {
	changes, err := c.compareProjects(ctx, w.Projects)
	if err != nil {
		return nil, err
	}
	services, err := c.compareServices(ctx, w.Services)
	if err != nil {
		return nil, err
	}
	changes = append(changes, services...)
	for _, wish := range w.Sites {
		one, err := c.compareSite(ctx, wish)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", wish.Name, err)
		}
		changes = append(changes, one)
	}
	return changes, nil
}

func (c *command) compareSite(ctx context.Context, wish wantedSite) (change, error) {
	var site wire.Site
	etag, err := c.Get(ctx, sitePath(wish.Name), &site)
	var refused *client.Refused
	switch {
	case errors.As(err, &refused) && refused.Status == 404:
		return c.missing(wish)
	case err != nil:
		return change{}, err
	case wish.Template != "" && wish.Template != site.Template:
		return change{}, misused("it is made from %s, and a site keeps its template", site.Template)
	}
	if wish.Project != "" && wish.Project != site.Project {
		return change{}, misused("it belongs to the project %s; “seedbed sites move” moves it", site.Project)
	}
	one := change{Site: wish.Name, Action: "none", Differences: differences(wish, site)}
	if len(one.Differences) > 0 {
		one.Action = "change"
	}
	one.carryOut = func(ctx context.Context) (d wire.Deployment, err error) {
		return d, c.Patch(ctx, sitePath(wish.Name), etag, one.patch(), &d)
	}
	return one, nil
}

func (c *command) missing(wish wantedSite) (change, error) {
	if wish.Title == "" || wish.Template == "" {
		return change{}, misused("there is no such site yet; to make it, it needs a title and a template")
	}
	one := change{Site: wish.Name, Action: "make"}
	one.Differences = append(one.Differences, oneChange{Field: "title", To: wish.Title}, oneChange{Field: "template", To: wish.Template})
	for _, name := range sortedKeys(wish.Settings) {
		one.Differences = append(one.Differences, oneChange{Field: "settings." + name, To: wish.Settings[name]})
	}
	site := wire.NewSite{Template: wish.Template, Title: wish.Title, Project: wish.Project, Address: wish.Name, Settings: wish.Settings}
	one.carryOut = func(ctx context.Context) (d wire.Deployment, err error) {
		return d, c.Post(ctx, "/sites", site, &d)
	}
	return one, nil
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

// applyAll does what was found, in the order of the file.
func (c *command) applyAll(ctx context.Context, changes []change, wait bool) error {
	for i := range changes {
		if err := c.applyOne(ctx, &changes[i], wait); err != nil {
			return fmt.Errorf("%s: %w", changes[i].name(), err)
		}
	}
	return nil
}

func (c *command) applyOne(ctx context.Context, one *change, wait bool) error {
	if one.Action == "none" {
		return nil
	}
	d, err := one.carryOut(ctx)
	if one.DeploymentID = d.ID; err != nil || !wait || d.ID == 0 {
		return err
	}
	if !c.json {
		c.say(one.Site)
	}
	_, err = c.follow(ctx, d)
	return err
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

// sum tells what was done, or would be.
func (c *command) sum(changes []change, dry bool) {
	words := map[string]string{"make": "made", "change": "changed", "none": "as it is to be"}
	if dry {
		words = map[string]string{"make": "would be made", "change": "would be changed", "none": "as it is to be"}
	}
	for _, one := range changes {
		c.say(one.name()+":", words[one.Action])
		for _, d := range one.Differences {
			if one.Action == "change" {
				c.say("  "+d.Field+":", quoted(d.From), "→", quoted(d.To))
			}
		}
	}
}

func quoted(s string) string { return "“" + s + "”" }
