package db

import (
	"context"
	"database/sql"
	"fmt"

	"seedbed"
)

// BackUpSite starts the deployment that makes a backup of a site. One that is
// under way already is returned. While something else is under way, or before
// the site has come to be, it is a Conflict.
func (d *DB) BackUpSite(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return d.deploy(ctx, id, by, "asked for a backup of", func(_ *sql.Tx, spec seedbed.SiteSpec) (seedbed.Deployment, error) {
		last := spec.Deployment
		switch {
		case last.Kind == seedbed.BackUp && last.State == seedbed.Working:
			return last, nil
		case last.State == seedbed.Working:
			return last, busy(spec)
		case last.IsPause():
			return last, &seedbed.Error{Code: seedbed.Conflict, Message: string(spec.Site.Title) + " is paused. Resume it first, and make the backup then."}
		case !last.WasHandedOver():
			return last, &seedbed.Error{Code: seedbed.Conflict, Message: "What was begun last with " + string(spec.Site.Title) + " did not come to its end, so a backup would keep half of it. Try that again first."}
		}
		return seedbed.Deployment{RevisionID: spec.Revision.ID, Kind: seedbed.BackUp}, nil
	})
}

// RestoreSite gives a site back the settings and secrets that it had in a
// backup, and starts the deployment that puts back the rest. If another site has
// its title by now it keeps the present one, and an Event says so. While something
// else is under way it is a Conflict, and so are secrets that were sealed with
// another key.
func (d *DB) RestoreSite(ctx context.Context, id int64, r seedbed.Restoration, by seedbed.Author) (seedbed.Deployment, error) {
	return d.deploy(ctx, id, by, "asked to put back a backup of", func(tx *sql.Tx, spec seedbed.SiteSpec) (seedbed.Deployment, error) {
		last := spec.Deployment
		if last.State == seedbed.Working {
			return last, busy(spec)
		}
		if last.Kind == seedbed.Remove {
			return last, spec.CheckChangeable()
		}
		title, err := d.titleBack(ctx, tx, spec.Site, r.Title)
		if err != nil {
			return last, err
		}
		if err := d.restoreSecrets(ctx, tx, id, r.Secrets); err != nil {
			return last, err
		}
		revision, err := d.insertRevision(ctx, tx, seedbed.Revision{SiteID: id, Title: title, Settings: r.Settings, By: by.Name})
		return seedbed.Deployment{RevisionID: revision, Kind: seedbed.Restore, Backup: r.Backup}, err
	})
}

// titleBack gives a site the title that it had, or leaves it the one that it has
// if another site took that title. It returns which.
func (d *DB) titleBack(ctx context.Context, tx *sql.Tx, site seedbed.Site, title seedbed.Title) (seedbed.Title, error) {
	err := retitle(ctx, tx, site.ID, title)
	if seedbed.CodeOf(err) != seedbed.Conflict {
		return title, err
	}
	kept := seedbed.Event{At: d.Now(), Who: "Seedbed", Subject: site.Key(),
		What: "left " + string(site.Title) + " its name when a backup was put back, because another site is called " + string(title) + " now"}
	return site.Title, addEvent(ctx, tx, kept)
}

// restoreSecrets takes back only what this installation sealed for this site.
func (d *DB) restoreSecrets(ctx context.Context, tx *sql.Tx, site int64, sealed map[string][]byte) error {
	for name, value := range sealed {
		if _, err := d.unseal(value, secretPurpose(site, name)); err != nil {
			return &seedbed.Error{Code: seedbed.Conflict, Err: err, Message: "The passwords in this backup were locked with another key, so it cannot be put back here. Put back the file secret.key that belongs to it first."}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE secrets SET value = ? WHERE site_id = ? AND name = ?`, value, site, name); err != nil {
			return fmt.Errorf("put back secret %q: %w", name, err)
		}
	}
	return nil
}

// SealedSecrets returns a site's generated secrets as they are stored.
func (d *DB) SealedSecrets(ctx context.Context, site int64) (map[string][]byte, error) {
	type row struct {
		name   string
		sealed []byte
	}
	rows, err := collect(ctx, d.sql, func(s scanner) (r row, err error) {
		err = s.Scan(&r.name, &r.sealed)
		return r, err
	}, `SELECT name, value FROM secrets WHERE site_id = ?`, site)
	if err != nil {
		return nil, fmt.Errorf("read the secrets of site %d: %w", site, err)
	}
	secrets := make(map[string][]byte, len(rows))
	for _, r := range rows {
		secrets[r.name] = r.sealed
	}
	return secrets, nil
}

func isBeingRestored(d seedbed.Deployment) bool {
	return d.Kind == seedbed.Restore && d.State == seedbed.Working
}

func busy(spec seedbed.SiteSpec) error {
	return &seedbed.Error{Code: seedbed.Conflict, Message: "Something else is under way with " + string(spec.Site.Title) + ". Wait until it has ended, then try again."}
}
