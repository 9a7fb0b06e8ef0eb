package db

import (
	"context"
	"database/sql"

	"seedbed"
)

// PauseSite starts the deployment that stops a site until it is resumed, and
// keeps all that it has. One that is paused, or being paused, is returned. While
// something else is under way, or before the site has come to be, it is a
// Conflict.
func (d *DB) PauseSite(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return d.deploy(ctx, id, by, "paused", func(_ *sql.Tx, spec seedbed.SiteSpec) (seedbed.Deployment, error) {
		last := spec.Deployment
		switch err := spec.CheckChangeable(); {
		case err != nil:
			return last, err
		case last.Kind == seedbed.Pause && last.State != seedbed.Failed:
			return last, nil
		case last.State == seedbed.Working:
			return last, busy(spec)
		case last.Kind == seedbed.Make && last.State == seedbed.Failed:
			return last, &seedbed.Error{Code: seedbed.Conflict, Message: string(spec.Site.Title) + " has not come to be yet, so there is nothing to pause."}
		}
		return seedbed.Deployment{RevisionID: spec.Revision.ID, Kind: seedbed.Pause}, nil
	})
}

// ResumeSite starts the deployment that has a paused site run again. One that is
// being resumed is returned; any other is a Conflict.
func (d *DB) ResumeSite(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return d.deploy(ctx, id, by, "resumed", func(_ *sql.Tx, spec seedbed.SiteSpec) (seedbed.Deployment, error) {
		last := spec.Deployment
		switch {
		case last.Kind == seedbed.Resume && last.State == seedbed.Working:
			return last, nil
		case last.Kind != seedbed.Pause:
			return last, &seedbed.Error{Code: seedbed.Conflict, Message: string(spec.Site.Title) + " is not paused."}
		}
		return seedbed.Deployment{RevisionID: spec.Revision.ID, Kind: seedbed.Resume}, nil
	})
}
