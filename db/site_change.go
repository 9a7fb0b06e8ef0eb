package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"seedbed"
)

// ChangeSite writes a new revision of a site, what it is to have with it that it
// does not have yet, and the deployment that carries it out. A title that another site has is a Conflict beside the field "name"; a
// site that is being deleted is a Conflict.
func (d *DB) ChangeSite(ctx context.Context, id int64, title seedbed.Title, settings map[string]string, by seedbed.Author) (seedbed.Deployment, error) {
	details := func(spec seedbed.SiteSpec) string {
		return d.changed(spec, seedbed.Revision{Title: title, Settings: settings})
	}
	return d.deployTelling(ctx, id, by, "changed the settings of", details, func(tx *sql.Tx, spec seedbed.SiteSpec) (seedbed.Deployment, error) {
		if err := spec.CheckChangeable(); err != nil {
			return seedbed.Deployment{}, err
		}
		if err := retitle(ctx, tx, spec.Site.ID, title); err != nil {
			return seedbed.Deployment{}, err
		}
		if err := d.grow(ctx, tx, spec, settings); err != nil {
			return seedbed.Deployment{}, err
		}
		revision, err := d.insertRevision(ctx, tx, seedbed.Revision{SiteID: id, Title: title, Settings: settings, By: by.Name})
		return seedbed.Deployment{RevisionID: revision, Kind: kindOfChange(spec.Deployment)}, err
	})
}

// changed says in what a revision differs from that of a site.
func (d *DB) changed(spec seedbed.SiteSpec, next seedbed.Revision) string {
	var t seedbed.Template
	if d.Template != nil {
		t, _ = d.Template(spec.Site.Template) // one that the catalog has no more tells no settings
	}
	before := seedbed.Revision{Title: spec.Site.Title, Settings: spec.Revision.Settings}
	return seedbed.Tell(seedbed.Differences(t, before, next))
}

// grow gives a site what its template says that it has with those settings.
func (d *DB) grow(ctx context.Context, tx *sql.Tx, spec seedbed.SiteSpec, settings map[string]string) error {
	if d.Template == nil {
		return nil
	}
	t, err := d.Template(spec.Site.Template)
	if err != nil {
		return nil // the catalog has it no more; the site goes on with what it has
	}
	return d.addBelongings(ctx, tx, spec, t.For(settings))
}

// RetrySite starts another deployment of the newest revision, for the same
// purpose as the last one.
func (d *DB) RetrySite(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return d.deploy(ctx, id, by, "tried again to deploy", func(_ *sql.Tx, spec seedbed.SiteSpec) (seedbed.Deployment, error) {
		if isBeingRestored(spec.Deployment) {
			return seedbed.Deployment{}, spec.CheckChangeable()
		}
		kind := kindOfRetry(spec.Deployment)
		next := seedbed.Deployment{RevisionID: spec.Revision.ID, Kind: kind}
		if kind == seedbed.Restore {
			next.Backup = spec.Deployment.Backup
		}
		return next, nil
	})
}

// DeleteSite starts the deployment that removes a site with all that is its
// own. If that is under way already, it returns the one that is.
func (d *DB) DeleteSite(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return d.deploy(ctx, id, by, "asked to delete", func(_ *sql.Tx, spec seedbed.SiteSpec) (seedbed.Deployment, error) {
		if spec.Deployment.Kind == seedbed.Remove && spec.Deployment.State == seedbed.Working {
			return spec.Deployment, nil
		}
		return seedbed.Deployment{RevisionID: spec.Revision.ID, Kind: seedbed.Remove}, nil
	})
}

// deploy starts the deployment that order chooses, and records who asked for
// it. An order that has an ID is under way already.
func (d *DB) deploy(ctx context.Context, site int64, by seedbed.Author, did string,
	order func(*sql.Tx, seedbed.SiteSpec) (seedbed.Deployment, error)) (seedbed.Deployment, error) {
	return d.deployTelling(ctx, site, by, did, func(seedbed.SiteSpec) string { return "" }, order)
}

// deployTelling is deploy with details for the record.
func (d *DB) deployTelling(ctx context.Context, site int64, by seedbed.Author, did string, details func(seedbed.SiteSpec) string,
	order func(*sql.Tx, seedbed.SiteSpec) (seedbed.Deployment, error)) (dep seedbed.Deployment, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		spec, err := d.siteSpec(ctx, tx, site)
		if err != nil {
			return err
		}
		dep, err = order(tx, spec)
		if err != nil || dep.ID != 0 {
			return err
		}
		dep.SiteID, dep.By = site, by.Name
		if dep, err = d.startDeployment(ctx, tx, dep); err != nil {
			return err
		}
		e := by.Did(dep.Started, did+" "+string(spec.Site.Title), spec.Site.Key())
		e.Details = details(spec)
		return addEvent(ctx, tx, e)
	})
	return dep, err
}

// kindOfRetry is what a deployment after last is for: a site that never came
// to be is still being made, one that is being removed is still removed.
func kindOfRetry(last seedbed.Deployment) seedbed.DeploymentKind {
	if last.State == seedbed.Done || last.Kind == seedbed.Return {
		return seedbed.Change
	}
	return last.Kind
}

// kindOfChange is what a deployment with new settings after last is for.
func kindOfChange(last seedbed.Deployment) seedbed.DeploymentKind {
	if last.Kind == seedbed.Make && last.State != seedbed.Done {
		return seedbed.Make
	}
	return seedbed.Change
}

// CheckChange returns nil if a site can be changed now and have the title, else
// the error that ChangeSite would return.
func (d *DB) CheckChange(ctx context.Context, id int64, title seedbed.Title) error {
	return d.inView(ctx, func(tx *sql.Tx) error {
		spec, err := d.siteSpec(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := spec.CheckChangeable(); err != nil {
			return err
		}
		return checkTitle(ctx, tx, id, title)
	})
}

// checkTitle returns nil if no other site has the title.
func checkTitle(ctx context.Context, tx *sql.Tx, site int64, title seedbed.Title) error {
	var other int64
	err := tx.QueryRowContext(ctx, `SELECT id FROM sites WHERE title_folded = ? AND deleted IS NULL AND id <> ?`, folded(title), site).Scan(&other)
	switch {
	case err == nil:
		return &seedbed.Error{Code: seedbed.Conflict, Field: "name", Message: nameTaken}
	case !errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("look for a taken title: %w", err)
	}
	return nil
}

func retitle(ctx context.Context, tx *sql.Tx, site int64, title seedbed.Title) error {
	if err := checkTitle(ctx, tx, site, title); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE sites SET title = ?, title_folded = ? WHERE id = ?`, title, folded(title), site); err != nil {
		return fmt.Errorf("change the title of site %d: %w", site, err)
	}
	return nil
}

// MarkBinding records that a site's part of a service is about to be made.
func (d *DB) MarkBinding(ctx context.Context, b seedbed.Binding) error {
	_, err := d.sql.ExecContext(ctx, `UPDATE bindings SET made = 1 WHERE site_id = ? AND service_id = ?`, b.SiteID, b.Service.ID)
	if err != nil {
		return fmt.Errorf("mark the binding of site %d: %w", b.SiteID, err)
	}
	return nil
}
