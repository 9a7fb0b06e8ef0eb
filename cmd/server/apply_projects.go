package main

import (
	"context"
	"net/http"

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
func (c *command) compareProjects(projects []wire.Project, wishes []wantedProject) plan {
	all, titles := plan{}, map[string]string{}
	for _, p := range projects {
		titles[p.Name] = p.Title
	}
	for _, wish := range wishes {
		title, there := titles[wish.Name]
		if there {
			all = append(all, compareProject(wish, title))
		} else {
			all = append(all, missingProject(wish))
		}
	}
	return all
}

func compareProject(wish wantedProject, title string) change {
	one := change{Project: wish.Name, Action: "none"}
	if wish.Title != "" && wish.Title != title {
		one.Action, one.Differences = "change", []oneChange{{"title", title, wish.Title}}
	}
	one.method, one.path, one.body = http.MethodPatch, projectPath(wish.Name), wire.NewProject{Title: wish.Title}
	return one
}

func missingProject(wish wantedProject) change {
	one := change{Project: wish.Name, Action: "make"}
	title, err := seedbed.ParseTitle(wish.Title)
	switch {
	case wish.Title == "":
		return refusedChange(one, misused("there is no such project yet; to make it, it needs a title"))
	case err != nil:
		return refusedChange(one, err)
	}
	if name := seedbed.SuggestProjectName(title); string(name) != wish.Name {
		return refusedChange(one, misused("there is no such project yet, and one with the title %s is given the name %s", quoted(wish.Title), string(name)))
	}
	one.Differences = []oneChange{{Field: "title", To: wish.Title}}
	one.method, one.path, one.body = http.MethodPost, "/projects", wire.NewProject{Title: wish.Title}
	return one
}

// makeProject makes a project, which is to get the name that it has in the file.
func (c *command) makeProject(ctx context.Context, one change) error {
	var project wire.Project
	err := c.Post(ctx, one.path, one.body, &project)
	if err == nil && project.Name != one.Project {
		err = misused("it was made with the name %s, because another has this one already; write that into the file", project.Name)
	}
	return err
}

// compareServices finds out which shared services are missing.
func (c *command) compareServices(ctx context.Context, kinds []string) (plan, error) {
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
	var changes plan
	for _, kind := range kinds {
		one := change{Service: kind, Action: "none"}
		if !there[kind] {
			one.Action = "make"
		}
		one.method, one.path, one.body = http.MethodPost, "/services", wire.NewService{Kind: kind}
		changes = append(changes, one)
	}
	return changes, nil
}
