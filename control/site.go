package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"seedbed"
)

// Site is one site as an actor may see it: without secrets, and with settings
// only for those who may see them.
type Site struct {
	seedbed.SiteSpec
	// Template is as it is for the site's settings, with the questions of which
	// the actor may read the answers; the zero Template if the catalog has it no
	// more.
	Template seedbed.Template
	URL      string // where visitors find it
	Status   seedbed.Status
	Visiting seedbed.Visiting // how it was seen to be led to
	HTTPS    bool             // sites are served over HTTPS as well
	// Standing is what the actor is to the site: what may be offered to them.
	Standing seedbed.Standing
	// SignInWaits is true if its first password can be shown, once, to the
	// actor: it has one, and there is a site by now to sign in to.
	SignInWaits bool
}

// Host is the host name under which the site is found; the main one, if it has
// several.
func (s Site) Host() seedbed.HostName { return s.Main() }

// Trouble says in one sentence why the site needs attention; it is empty if it
// does not.
func (s Site) Trouble() string {
	switch {
	case s.Status.State == seedbed.Broken, s.Status.State == seedbed.Attention:
		return cmp.Or(s.Status.Sentence, s.Status.Word)
	case s.Deployment.State == seedbed.Failed:
		return cmp.Or(s.Deployment.Cause, "The last change was not carried out.")
	}
	return ""
}

// Sites returns the sites that the actor may see, by title.
func (c *Control) Sites(ctx context.Context, a Actor) ([]Site, error) {
	reach, err := c.reach(ctx, a)
	if err != nil {
		return nil, err
	}
	specs, err := c.store.SiteSpecs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	var sites []Site
	for _, spec := range specs {
		site, err := c.seen(reach, a, spec)
		switch {
		case seedbed.IsNotFound(err):
			continue
		case err != nil:
			return nil, err
		}
		sites = append(sites, site)
	}
	slices.SortFunc(sites, func(a, b Site) int {
		return cmp.Or(strings.Compare(strings.ToLower(string(a.Site.Title)), strings.ToLower(string(b.Site.Title))), cmp.Compare(a.Site.ID, b.Site.ID))
	})
	return sites, nil
}

// Site returns one site that the actor may see, by its name.
func (c *Control) Site(ctx context.Context, a Actor, name string) (Site, error) {
	return c.on(ctx, a, name, seedbed.SeeSite)
}

// SiteFor is Site for somebody who is about to do something with it: who may
// not is told so before they begin.
func (c *Control) SiteFor(ctx context.Context, a Actor, name string, action seedbed.Action) (Site, error) {
	return c.on(ctx, a, name, action)
}

// Revisions returns the versions of a site's settings, newest first.
func (c *Control) Revisions(ctx context.Context, a Actor, name string) ([]seedbed.Revision, error) {
	site, err := c.on(ctx, a, name, seedbed.SeeContent)
	if err != nil {
		return nil, err
	}
	revisions, err := c.store.Revisions(ctx, site.Site.ID)
	for i := range revisions {
		revisions[i].Settings = site.visible(revisions[i].Settings)
	}
	return revisions, err
}

// view is a site as those may see it who may see it at all.
func (c *Control) view(spec seedbed.SiteSpec, standing seedbed.Standing) Site {
	t, _ := c.catalog.Template(spec.Site.Template) // one that the catalog has no more leaves its part empty
	t = t.For(spec.Revision.Settings)
	site := Site{SiteSpec: spec, Template: t, Status: c.board.SiteStatus(spec), Visiting: c.board.Visiting(spec), HTTPS: c.https, Standing: standing}
	site.URL = c.siteURL(site.Host())
	made := spec.Deployment.State == seedbed.Done || site.Status.Answer.OK()
	site.SignInWaits = t.SignIn != nil && !spec.SignInShown && made && seedbed.May(standing, seedbed.RevealSignIn)
	return site.withoutSecrets()
}

// withoutSecrets leaves out what is for nobody's eyes, and what is not for the
// actor's.
func (s Site) withoutSecrets() Site {
	s.Secrets = nil
	s.Visitors = s.Visitors.WithoutHashes()
	if !seedbed.May(s.Standing, seedbed.SeeContent) {
		s.Visitors.Keys, s.Visitors.Words = nil, ""
	}
	s.Bindings = slices.Clone(s.Bindings)
	for i := range s.Bindings {
		s.Bindings[i].Password, s.Bindings[i].Service.Password = "", ""
	}
	s.Template.Questions = slices.DeleteFunc(slices.Clone(s.Template.Questions), func(q seedbed.Question) bool { return !s.sees(q) })
	s.Revision.Settings = s.visible(s.Revision.Settings)
	return s
}

// sees reports whether the actor may read the answer to a question. Whoever may
// change settings reads all of them.
func (s Site) sees(q seedbed.Question) bool {
	if q.IsPrivate() {
		return seedbed.May(s.Standing, seedbed.ChangeSite)
	}
	return seedbed.May(s.Standing, seedbed.SeeContent)
}

// visible is what the actor may read of a site's settings: answers to questions
// of which nothing is known any more only if they may change them.
func (s Site) visible(settings map[string]string) map[string]string {
	if seedbed.May(s.Standing, seedbed.ChangeSite) {
		return settings
	}
	var seen map[string]string
	for _, q := range s.Template.Questions {
		if answer, ok := settings[q.Name]; ok && s.sees(q) {
			if seen == nil {
				seen = map[string]string{}
			}
			seen[q.Name] = answer
		}
	}
	return seen
}
