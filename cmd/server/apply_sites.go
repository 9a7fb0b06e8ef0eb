package main

import (
	"context"
	"errors"
	"net/http"

	"seedbed/api/client"
	"seedbed/api/wire"
)

// compareSite finds out whether a site is missing or different. The error is one
// of looking.
func (c *command) compareSite(ctx context.Context, wish wantedSite) (change, error) {
	var site wire.Site
	etag, err := c.Get(ctx, sitePath(wish.Name), &site)
	var refused *client.Refused
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusNotFound:
		return missingSite(wish), nil
	case err != nil:
		return change{}, err
	}
	one := change{Site: wish.Name, Action: "none", Differences: differences(wish, site)}
	if err := fixed(wish, site); err != nil {
		return refusedChange(one, err), nil
	}
	if len(one.Differences) > 0 {
		one.Action = "change"
	}
	one.method, one.path, one.etag, one.body = http.MethodPatch, sitePath(wish.Name), etag, one.patch()
	return one, nil
}

// fixed refuses what a change of a site cannot be about.
func fixed(wish wantedSite, site wire.Site) error {
	if wish.Template != "" && wish.Template != site.Template {
		return misused("it is made from %s, and a site keeps its template", site.Template)
	}
	if wish.Project != "" && wish.Project != site.Project {
		return misused("it belongs to the project %s; “seedbed sites move” moves it", site.Project)
	}
	return nil
}

func missingSite(wish wantedSite) change {
	one := change{Site: wish.Name, Action: "make"}
	if wish.Title == "" || wish.Template == "" {
		return refusedChange(one, misused("there is no such site yet; to make it, it needs a title and a template"))
	}
	one.Differences = append(one.Differences, oneChange{Field: "title", To: wish.Title}, oneChange{Field: "template", To: wish.Template})
	for _, name := range sortedKeys(wish.Settings) {
		one.Differences = append(one.Differences, oneChange{Field: "settings." + name, To: wish.Settings[name]})
	}
	one.method, one.path = http.MethodPost, "/sites"
	one.body = wire.NewSite{Template: wish.Template, Title: wish.Title, Project: wish.Project, Address: wish.Name, Settings: wish.Settings}
	return one
}
