package main

import (
	"context"

	"seedbed/api/wire"
)

// setSite is `seedbed sites set`: it changes settings or the title, unless
// somebody else changed the site since it was read.
func setSite(ctx context.Context, args []string) error {
	c, title, wait := newCommand("sites set", "NAME SETTING=VALUE…"), "", false
	c.StringVar(&title, "title", "", "what people call it from now on")
	c.BoolVar(&wait, "wait", false, "wait until it is so, and tell each step")
	words, err := c.words(args)
	if err != nil {
		return err
	}
	patch, err := patchOf(words, title)
	if err != nil {
		return err
	}
	if err := c.connect(); err != nil {
		return err
	}
	var seen wire.Site
	etag, err := c.Get(ctx, sitePath(words[0]), &seen)
	if err != nil {
		return err
	}
	return c.set(ctx, seen, etag, patch, wait)
}

// patchOf reads the settings behind the site's name.
func patchOf(words []string, title string) (wire.SitePatch, error) {
	if len(words) == 0 || len(words) == 1 && title == "" {
		return wire.SitePatch{}, misused("this is written: seedbed sites set NAME SETTING=VALUE…, with --title TITLE or without; “seedbed sites show NAME” lists the settings")
	}
	given := settings{}
	for _, word := range words[1:] {
		if err := given.Set(word); err != nil {
			return wire.SitePatch{}, misused("%s is no setting; write it as name=value", visible(word))
		}
	}
	patch := wire.SitePatch{Settings: map[string]*string{}}
	for name, value := range given {
		patch.Settings[name] = &value
	}
	if title != "" {
		patch.Title = &title
	}
	return patch, nil
}

func (c *command) set(ctx context.Context, seen wire.Site, etag string, patch wire.SitePatch, wait bool) error {
	var d wire.Deployment
	if err := c.Patch(ctx, sitePath(seen.Name), etag, patch, &d); err != nil {
		return err
	}
	if d.ID == 0 {
		return c.done(seen, seen.Title, "is so already; nothing was changed.")
	}
	return c.begun(ctx, d, seen.Title, wait)
}
