package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"seedbed/api/client"
	"seedbed/api/wire"
)

// projectsCommand is `seedbed projects`.
func projectsCommand(ctx context.Context, args []string) error {
	return branch(ctx, "projects", args, []word{
		{"list", "projects that you may see", listProjects},
		{"show", "one project, with who is in it", showProject},
		{"create", "make a project", createProject},
		{"rename", "give it another title", renameProject},
		{"delete", "delete a project without sites", deleteProject},
		{"invite", "a link that lets somebody in, once", invite},
		{"withdraw", "take back an invitation", withdraw},
		{"role", "give a member another role", changeMember},
		{"remove", "take somebody out of it", removeMember},
	})
}

func projectPath(name string) string { return "/projects/" + url.PathEscape(name) }

func listProjects(ctx context.Context, args []string) error {
	return listed(ctx, "projects list", "/projects", args, 0, []string{"NAME", "TITLE", "SITES"}, func(p wire.Project) []string {
		return []string{p.Name, p.Title, fmt.Sprint(p.Sites)}
	})
}

func showProject(ctx context.Context, args []string) error {
	c := newCommand("projects show", "NAME")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	var p wire.ProjectMembers
	if _, err := c.Get(ctx, projectPath(words[0]), &p); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(p)
	}
	rows := [][]string{{"Sites", fmt.Sprint(p.Sites)}}
	for _, m := range p.Members {
		rows = append(rows, []string{"Member", m.User, m.Role, blocked(m.Blocked)})
	}
	for _, i := range p.Invitations {
		rows = append(rows, []string{fmt.Sprintf("Invitation %d", i.ID), i.Note, i.Role, "until " + when(i.Expires)})
	}
	return c.table([]string{"Title", p.Title}, rows)
}

func blocked(is bool) string {
	if is {
		return "blocked"
	}
	return ""
}

func createProject(ctx context.Context, args []string) error {
	c := newCommand("projects create", "TITLE")
	words, err := c.prepared(args, "TITLE")
	if err != nil {
		return err
	}
	var p wire.Project
	if err := c.Post(ctx, "/projects", wire.NewProject{Title: words[0]}, &p); err != nil {
		return err
	}
	return c.done(p, "The project", p.Name, "is there.")
}

// done tells that something was done: v as JSON, or a sentence.
func (c *command) done(v any, words ...string) error {
	if c.json {
		return c.printJSON(v)
	}
	c.say(words...)
	return nil
}

func renameProject(ctx context.Context, args []string) error {
	c := newCommand("projects rename", "NAME TITLE")
	words, err := c.prepared(args, "NAME", "TITLE")
	if err != nil {
		return err
	}
	var p wire.Project
	if err := c.Patch(ctx, projectPath(words[0]), "", wire.NewProject{Title: words[1]}, &p); err != nil {
		return err
	}
	return c.done(p, "The project", p.Name, "is called", quoted(p.Title), "now.")
}

func deleteProject(ctx context.Context, args []string) error {
	c, yes := newCommand("projects delete", "NAME"), false
	c.BoolVar(&yes, "yes", false, "do not ask for the name once more")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	if !yes {
		if err := confirm(words[0], "The project, its invitations and its tokens will be deleted. One with sites is refused."); err != nil {
			return err
		}
	}
	if err := c.Delete(ctx, projectPath(words[0]), nil); err != nil {
		return err
	}
	return c.done(nothing{}, "The project", words[0], "is deleted.")
}

// nothing is what there is to tell a program of what is done and gone.
type nothing struct{}

func invite(ctx context.Context, args []string) error {
	c, wish := newCommand("projects invite", "NAME --role ROLE"), wire.NewInvitation{}
	c.StringVar(&wish.Role, "role", "", "viewer, editor or owner")
	c.StringVar(&wish.Note, "note", "", "for whom it is")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	var i wire.Invitation
	if err := c.Post(ctx, projectPath(words[0])+"/invitations", wish, &i); err != nil {
		return err
	}
	return c.showLink(i, i.Path, fmt.Sprintf("Whoever has this link comes in, once. It is good until %s, and is shown only now:", i.Expires.Format("2 January 2006")))
}

// showLink prints a link alone, so that a script can take it, and what it is
// beside it.
func (c *command) showLink(v any, path, what string) error {
	if c.json {
		return c.printJSON(v)
	}
	fmt.Fprintln(os.Stderr, what)
	c.say(strings.TrimSuffix(c.server, "/") + path)
	return nil
}

func withdraw(ctx context.Context, args []string) error {
	c := newCommand("projects withdraw", "NAME INVITATION")
	words, err := c.prepared(args, "NAME", "INVITATION")
	if err != nil {
		return err
	}
	if err := c.Delete(ctx, projectPath(words[0])+"/invitations/"+url.PathEscape(words[1]), nil); err != nil {
		return err
	}
	return c.done(nothing{}, "The invitation is taken back.")
}

func changeMember(ctx context.Context, args []string) error {
	c := newCommand("projects role", "NAME USER ROLE")
	words, err := c.prepared(args, "NAME", "USER", "ROLE")
	if err != nil {
		return err
	}
	member, err := c.member(ctx, words[0], words[1])
	if err != nil {
		return err
	}
	if err := c.Patch(ctx, memberPath(words[0], member), "", wire.NewRole{Role: &words[2]}, nil); err != nil {
		return err
	}
	member.Role = words[2]
	return c.done(member, words[1], "is", words[2], "of the project", words[0], "now.")
}

func removeMember(ctx context.Context, args []string) error {
	c := newCommand("projects remove", "NAME USER")
	words, err := c.prepared(args, "NAME", "USER")
	if err != nil {
		return err
	}
	member, err := c.member(ctx, words[0], words[1])
	if err != nil {
		return err
	}
	if err := c.Delete(ctx, memberPath(words[0], member), nil); err != nil {
		return err
	}
	return c.done(nothing{}, words[1], "is no longer in the project", words[0]+".")
}

func memberPath(project string, m wire.Member) string {
	return fmt.Sprintf("%s/members/%d", projectPath(project), m.ID)
}

// member is somebody in a project, by the name to sign in with.
func (c *command) member(ctx context.Context, project, user string) (wire.Member, error) {
	var p wire.ProjectMembers
	if _, err := c.Get(ctx, projectPath(project), &p); err != nil {
		return wire.Member{}, err
	}
	for _, m := range p.Members {
		if strings.EqualFold(m.User, user) {
			return m, nil
		}
	}
	return wire.Member{}, missingThing(visible(user) + " is not in this project.")
}

// missingThing is what the API says of what there is not.
func missingThing(sentence string) error {
	return &client.Refused{Problem: wire.Problem{Status: 404, Code: "not_found", Detail: sentence}}
}
