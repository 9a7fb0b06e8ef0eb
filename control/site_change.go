package control

import (
	"context"
	"errors"
	"maps"
	"strings"

	"seedbed"
)

// SiteChange is how a site is to be from now on, not checked yet.
type SiteChange struct {
	Title   *string           // nil keeps it
	Answers map[string]string // to the template's questions, by name; what is missing stays as it is
}

// Condition is what a change of a site depends on: it is made only if the
// condition returns nil of the site as it is, and nothing comes in between.
type Condition func(Site) error

// ChangedMeanwhile says that a site's settings are not those any more that a
// change was made from. It is a Conflict.
type ChangedMeanwhile struct {
	Site        Site // as it is now
	Differences []seedbed.Difference
	By          string // who did
}

// Error returns the sentence for a person.
func (e *ChangedMeanwhile) Error() string { return seedbed.MessageOf(e.Unwrap()) }

// Unwrap returns the Conflict.
func (e *ChangedMeanwhile) Unwrap() error {
	return &seedbed.Error{Code: seedbed.Conflict, Message: e.By + " changed this meanwhile: " + seedbed.Tell(e.Differences) +
		". Nothing of yours is saved yet. Look again at what stands here, then save it."}
}

// Unchanged is the Condition that a site's settings are still those of a
// revision; else it is a ChangedMeanwhile.
func Unchanged(seen seedbed.Revision) Condition {
	return func(site Site) error {
		now := site.Revision
		now.Title = site.Site.Title
		if all := seedbed.Differences(site.Template, seen, now); len(all) > 0 {
			return &ChangedMeanwhile{site, all, site.Revision.By}
		}
		return nil
	}
}

func holds(site Site, conditions []Condition) error {
	for _, condition := range conditions {
		if err := condition(site); err != nil {
			return err
		}
	}
	return nil
}

// ChangeSite gives a site another name or other settings. It returns the
// deployment that carries this out and true, or the newest one and false if
// there was nothing to change. Mistakes are those of ReviewSite.
func (c *Control) ChangeSite(ctx context.Context, a Actor, name string, change SiteChange, conditions ...Condition) (seedbed.Deployment, bool, error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	wanted, err := c.wantedChange(ctx, a, name, change, conditions)
	if err != nil || !wanted.differs() {
		return wanted.Deployment, false, err
	}
	deployment, err := c.poked(c.store.ChangeSite(ctx, wanted.Site.Site.ID, wanted.title, wanted.settings, a.author()))
	return deployment, err == nil, err
}

// ReviewChange reports whether ChangeSite would change anything, and changes
// nothing. Its errors are those of ChangeSite.
func (c *Control) ReviewChange(ctx context.Context, a Actor, name string, change SiteChange, conditions ...Condition) (bool, error) {
	wanted, err := c.wantedChange(ctx, a, name, change, conditions)
	if err != nil || !wanted.differs() {
		return false, err
	}
	return true, c.store.CheckChange(ctx, wanted.Site.Site.ID, wanted.title) // changing it decides; this tells early
}

// wantedSite is a site with how it is to be from now on.
type wantedSite struct {
	Site
	title    seedbed.Title
	settings map[string]string
}

func (w wantedSite) differs() bool {
	return w.title != w.Site.Site.Title || !maps.Equal(w.settings, w.Revision.Settings)
}

// wantedChange reads and checks a change, with all mistakes at once.
func (c *Control) wantedChange(ctx context.Context, a Actor, name string, change SiteChange, conditions []Condition) (wantedSite, error) {
	site, err := c.on(ctx, a, name, seedbed.ChangeSite)
	if err == nil {
		err = holds(site, conditions)
	}
	if err != nil {
		return wantedSite{}, err
	}
	title, settings, err := c.readChange(site, change)
	if err != nil {
		return wantedSite{}, err
	}
	return wantedSite{site, title, settings}, nil
}

func (c *Control) readChange(site Site, change SiteChange) (seedbed.Title, map[string]string, error) {
	t, err := c.catalog.Template(site.Site.Template)
	if err != nil {
		return "", nil, err
	}
	title, wrongTitle := site.Site.Title, error(nil)
	if change.Title != nil {
		title, wrongTitle = seedbed.ParseTitle(*change.Title)
	}
	answers := maps.Clone(site.Revision.Settings)
	if answers == nil {
		answers = map[string]string{}
	}
	maps.Copy(answers, change.Answers)
	settings, wrongAnswer := c.catalog.Settings(t, answers)
	return title, settings, errors.Join(wrongTitle, wrongAnswer)
}

// RetrySite carries out once more what was wanted of a site last. That was
// confirmed then, so a removal asks nothing again; it needs the same right. A
// removal that is still under way is a Conflict.
func (c *Control) RetrySite(ctx context.Context, a Actor, name string) (seedbed.Deployment, error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	site, err := c.on(ctx, a, name, seedbed.RetrySite)
	if err != nil {
		return seedbed.Deployment{}, err
	}
	if site.Deployment.Kind == seedbed.Restore && site.Deployment.State != seedbed.Done {
		if err := allow(site.Standing, seedbed.RestoreSite); err != nil {
			return seedbed.Deployment{}, err
		}
	}
	if site.Deployment.Kind != seedbed.Remove {
		return c.poked(c.store.RetrySite(ctx, site.Site.ID, a.author()))
	}
	if err := allow(site.Standing, seedbed.DeleteSite); err != nil {
		return seedbed.Deployment{}, err
	}
	if site.Deployment.State == seedbed.Working {
		return seedbed.Deployment{}, site.CheckChangeable()
	}
	return c.poked(c.store.DeleteSite(ctx, site.Site.ID, a.author()))
}

// ReturnSite undoes a change of a site that failed or is under way: it returns
// the deployment of the settings that worked before. Where there is nothing to
// go back to it is a Conflict.
func (c *Control) ReturnSite(ctx context.Context, a Actor, name string) (seedbed.Deployment, error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	site, err := c.on(ctx, a, name, seedbed.ChangeSite)
	if err != nil {
		return seedbed.Deployment{}, err
	}
	return c.poked(c.store.ReturnSite(ctx, site.Site.ID, a.author()))
}

// DeleteSite deletes a site with all that is its own. confirm is its title or
// name once more; anything else is a mistake beside the field "confirm". If it
// is being deleted already, the deployment that does so is returned.
func (c *Control) DeleteSite(ctx context.Context, a Actor, name, confirm string, conditions ...Condition) (seedbed.Deployment, error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	site, err := c.on(ctx, a, name, seedbed.DeleteSite)
	if err == nil {
		err = holds(site, conditions)
	}
	switch {
	case err != nil:
		return seedbed.Deployment{}, err
	case !isNameOf(confirm, site.Site.Title, site.Site.Name):
		return seedbed.Deployment{}, seedbed.Mistake("confirm", "This is not the name of the site, so nothing was deleted. Type it as it stands above.")
	}
	return c.poked(c.store.DeleteSite(ctx, site.Site.ID, a.author()))
}

// isNameOf is generous with capitals and space, which make no mistake likelier.
func isNameOf(typed string, title seedbed.Title, name seedbed.Label) bool {
	typed = strings.Join(strings.Fields(typed), " ")
	return strings.EqualFold(typed, string(title)) || strings.EqualFold(typed, string(name))
}

// SignIn is how the first person signs in to a site.
type SignIn struct {
	Site     Site
	User     string
	Password seedbed.Secret
}

// RevealSignIn returns a site's own first sign-in, once; after that it is a
// Conflict.
func (c *Control) RevealSignIn(ctx context.Context, a Actor, name string) (SignIn, error) {
	site, err := c.on(ctx, a, name, seedbed.RevealSignIn)
	if err != nil {
		return SignIn{}, err
	}
	how := site.Template.SignIn
	if how == nil {
		return SignIn{}, seedbed.Missing("This site has no sign-in of its own.")
	}
	password, err := c.store.RevealSignIn(ctx, site.Site.ID, how.Secret, a.author())
	return SignIn{Site: site, User: how.User, Password: password}, err
}
