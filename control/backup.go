package control

import (
	"context"
	"fmt"
	"slices"

	"seedbed"
)

// Backups keeps copies of sites, by the sites' keys.
type Backups interface {
	// Sites returns the keys of all sites that have backups, also of those that
	// were deleted.
	Sites(ctx context.Context) ([]string, error)
	// List returns a site's backups that are whole, the newest first.
	List(ctx context.Context, key string) ([]seedbed.Backup, error)
	// Restoration returns what a backup gives back besides files and databases.
	// One that cannot be used is an Invalid error.
	Restoration(ctx context.Context, key, id string) (seedbed.Restoration, error)
	// Delete removes a backup. One that is not there is no error.
	Delete(ctx context.Context, key, id string) error
}

// SiteBackups returns a site with its backups, the newest first.
func (c *Control) SiteBackups(ctx context.Context, a Actor, name string) (Site, []seedbed.Backup, error) {
	site, err := c.on(ctx, a, name, seedbed.SeeContent)
	if err != nil {
		return site, nil, err
	}
	list, err := c.backups.List(ctx, site.Site.Key())
	if err != nil {
		return site, nil, fmt.Errorf("list backups: %w", err)
	}
	return site, list, nil
}

// BackUpSite makes a backup of a site, which goes on meanwhile. It returns the
// deployment that does so. While something else is under way it is a Conflict.
func (c *Control) BackUpSite(ctx context.Context, a Actor, name string) (seedbed.Deployment, error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	site, err := c.on(ctx, a, name, seedbed.BackUpSite)
	if err != nil {
		return seedbed.Deployment{}, err
	}
	return c.poked(c.store.BackUpSite(ctx, site.Site.ID, a.author()))
}

// SiteBackup returns a site with one of its backups, for somebody who is about
// to do something with it.
func (c *Control) SiteBackup(ctx context.Context, a Actor, name, id string, action seedbed.Action) (Site, seedbed.Backup, error) {
	if _, err := c.on(ctx, a, name, action); err != nil {
		return Site{}, seedbed.Backup{}, err
	}
	site, list, err := c.SiteBackups(ctx, a, name)
	if err != nil {
		return site, seedbed.Backup{}, err
	}
	at := slices.IndexFunc(list, func(b seedbed.Backup) bool { return b.ID == id })
	if at < 0 {
		return site, seedbed.Backup{}, seedbed.Missing("There is no such backup, or not any more.")
	}
	return site, list[at], nil
}

// RestoreSite puts a site back as it was in one of its backups. confirm is the
// site's title or name; anything else is a mistake beside the field "confirm".
// It returns the deployment that does so. While something else is under way it
// is a Conflict.
func (c *Control) RestoreSite(ctx context.Context, a Actor, name, id, confirm string) (seedbed.Deployment, error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	site, _, err := c.SiteBackup(ctx, a, name, id, seedbed.RestoreSite)
	switch {
	case err != nil:
		return seedbed.Deployment{}, err
	case !isNameOf(confirm, site.Site.Title, site.Site.Name):
		return seedbed.Deployment{}, seedbed.Mistake("confirm", "This is not the name of the site, so nothing was put back. Type it as it stands above.")
	}
	wanted, err := c.backups.Restoration(ctx, site.Site.Key(), id)
	if err != nil {
		return seedbed.Deployment{}, err
	}
	if err := c.checkSettings(site, wanted); err != nil {
		return seedbed.Deployment{}, err
	}
	return c.poked(c.store.RestoreSite(ctx, site.Site.ID, wanted, a.author()))
}

// checkSettings refuses settings that the site's template does not take any
// more: a manifest may come from elsewhere.
func (c *Control) checkSettings(site Site, wanted seedbed.Restoration) error {
	t, err := c.catalog.Template(site.Site.Template)
	if err != nil {
		return err
	}
	if _, err := c.catalog.Settings(t, wanted.Settings); err != nil {
		return &seedbed.Error{Code: seedbed.Invalid, Err: err, Message: "This backup cannot be used: its settings are none that this site can have. The site was left as it is."}
	}
	return nil
}

// DeleteBackup deletes one of a site's backups.
func (c *Control) DeleteBackup(ctx context.Context, a Actor, name, id string) error {
	site, backup, err := c.SiteBackup(ctx, a, name, id, seedbed.DeleteBackup)
	switch {
	case err != nil:
		return err
	case site.Deployment.State == seedbed.Working && (site.Deployment.Backup == id || site.Deployment.Kind == seedbed.BackUp):
		return &seedbed.Error{Code: seedbed.Conflict, Message: "Backups of this site are in use. Wait until what is under way has ended, then try again."}
	}
	if err := c.backups.Delete(ctx, site.Site.Key(), id); err != nil {
		return fmt.Errorf("delete backup: %w", err)
	}
	return c.did(ctx, a, site, "deleted the backup of "+backup.At.UTC().Format("2 January 2006, 15:04")+" UTC of "+string(site.Site.Title))
}
