package main

import (
	"context"
	"fmt"

	"seedbed"
	"seedbed/api/client"
	"seedbed/api/wire"
)

// wantedProject is one project. Its name is made from the title that it has at
// first, and stays.
type wantedProject struct {
	Name  string `yaml:"name"`
	Title string `yaml:"title"`
}

// compareProjects finds out which projects are missing or called otherwise.
func (c *command) compareProjects(ctx context.Context, wishes []wantedProject) ([]change, error) {
	changes := []change{}
	if len(wishes) == 0 {
		return changes, nil
	}
	projects, err := client.All[wire.Project](ctx, c.Client, "/projects", 0)
	if err != nil {
		return nil, err
	}
	titles := map[string]string{}
	for _, p := range projects {
		titles[p.Name] = p.Title
	}
	for _, wish := range wishes {
		title, there := titles[wish.Name]
		one, err := c.compareProject(wish, title, there)
		if err != nil {
			return nil, fmt.Errorf("project %s: %w", wish.Name, err)
		}
		changes = append(changes, one)
	}
	return changes, nil
}

func (c *command) compareProject(wish wantedProject, title string, there bool) (change, error) {
	one := change{Project: wish.Name, Action: "none"}
	switch {
	case !there:
		return c.missingProject(wish)
	case wish.Title != "" && wish.Title != title:
		one.Action, one.Differences = "change", []oneChange{{"title", title, wish.Title}}
	}
	one.carryOut = func(ctx context.Context) (wire.Deployment, error) {
		return wire.Deployment{}, c.Patch(ctx, projectPath(wish.Name), "", wire.NewProject{Title: wish.Title}, nil)
	}
	return one, nil
}

func (c *command) missingProject(wish wantedProject) (change, error) {
	title, err := seedbed.ParseTitle(wish.Title)
	switch {
	case wish.Title == "":
		return change{}, misused("there is no such project yet; to make it, it needs a title")
	case err != nil:
		return change{}, err
	}
	if name := seedbed.SuggestProjectName(title); string(name) != wish.Name {
		return change{}, misused("there is no such project yet, and one with the title %s is given the name %s", quoted(wish.Title), string(name))
	}
	one := change{Project: wish.Name, Action: "make", Differences: []oneChange{{Field: "title", To: wish.Title}}}
	one.carryOut = func(ctx context.Context) (wire.Deployment, error) {
		var made wire.Project
		err := c.Post(ctx, "/projects", wire.NewProject{Title: wish.Title}, &made)
		if err == nil && made.Name != wish.Name {
			err = misused("it was made with the name %s, because another has this one already; write that into the file", made.Name)
		}
		return wire.Deployment{}, err
	}
	return one, nil
}

// compareServices finds out which shared services are missing.
func (c *command) compareServices(ctx context.Context, kinds []string) ([]change, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	services, err := client.All[wire.Service](ctx, c.Client, "/services", 0)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, s := range services {
		there[s.Kind] = true
	}
	var changes []change
	for _, kind := range kinds {
		one := change{Service: kind, Action: "none"}
		if !there[kind] {
			one.Action = "make"
		}
		one.carryOut = func(ctx context.Context) (wire.Deployment, error) {
			return wire.Deployment{}, c.Post(ctx, "/services", wire.NewService{Kind: kind}, nil)
		}
		changes = append(changes, one)
	}
	return changes, nil
}
