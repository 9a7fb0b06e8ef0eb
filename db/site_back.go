package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"seedbed"
)

// FailAndReturn writes that a change failed and, in the same transaction, starts
// the deployment of the settings that worked before it. back is false if there
// are none but its own, or if the deployment is over already.
func (d *DB) FailAndReturn(ctx context.Context, failed seedbed.Deployment) (back bool, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		if finished, err := finish(ctx, tx, failed); err != nil || !finished {
			return err
		}
		spec, err := d.siteSpec(ctx, tx, failed.SiteID)
		if err != nil {
			return err
		}
		next, err := d.wayBack(ctx, tx, spec, "Seedbed")
		if err != nil || next.RevisionID == 0 {
			return err
		}
		back = true
		_, err = d.startDeployment(ctx, tx, next)
		return err
	})
	return back, err
}

// ReturnSite undoes a change that failed or is under way: it starts the
// deployment of the settings that worked before. Where there is no such change,
// or nothing worked before, it is a Conflict.
func (d *DB) ReturnSite(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return d.deploy(ctx, id, by, "asked for what worked before of", func(tx *sql.Tx, spec seedbed.SiteSpec) (seedbed.Deployment, error) {
		if !isUndoable(spec.Deployment) {
			return spec.Deployment, noWayBack(spec)
		}
		next, err := d.wayBack(ctx, tx, spec, by.Name)
		if err == nil && next.RevisionID == 0 {
			err = noWayBack(spec)
		}
		return next, err
	})
}

// CanReturn reports whether ReturnSite would have something to go back to.
func (d *DB) CanReturn(ctx context.Context, spec seedbed.SiteSpec) (bool, error) {
	if !isUndoable(spec.Deployment) {
		return false, nil
	}
	settings, err := settingsBefore(ctx, d.sql, spec)
	return settings != nil, err
}

func isUndoable(last seedbed.Deployment) bool {
	return last.Kind == seedbed.Change && (last.State == seedbed.Working || last.State == seedbed.Failed)
}

func noWayBack(spec seedbed.SiteSpec) error {
	return &seedbed.Error{Code: seedbed.Conflict, Message: "There is no change of " + string(spec.Site.Title) + " that could be undone."}
}

// wayBack makes a new revision of the settings with which the site worked last,
// and returns the deployment of it, not started yet; one without a revision if
// these are the settings that it has. The site keeps its title.
func (d *DB) wayBack(ctx context.Context, tx *sql.Tx, spec seedbed.SiteSpec, by string) (seedbed.Deployment, error) {
	var none seedbed.Deployment
	settings, err := settingsBefore(ctx, tx, spec)
	if err != nil || settings == nil {
		return none, err
	}
	revision, err := d.insertRevision(ctx, tx, seedbed.Revision{SiteID: spec.Site.ID, Title: spec.Site.Title, Settings: settings, By: by})
	if err != nil {
		return none, err
	}
	return seedbed.Deployment{SiteID: spec.Site.ID, RevisionID: revision, Kind: seedbed.Return, By: by,
		Cause: spec.Deployment.Cause, Words: spec.Deployment.Words}, nil
}

// settingsBefore are those of the last deployment that led to a site which
// answered; nil if there is none, or if they are the ones that it has.
func settingsBefore(ctx context.Context, q querier, spec seedbed.SiteSpec) (map[string]string, error) {
	last, text := spec.Deployment, ""
	err := q.QueryRowContext(ctx, `
		SELECT r.settings FROM deployments d JOIN revisions r ON r.id = d.revision_id
		WHERE d.site_id = ? AND d.id < ? AND d.state = ? AND d.kind IN (?, ?, ?, ?) ORDER BY d.id DESC LIMIT 1`,
		last.SiteID, last.ID, seedbed.Done, seedbed.Make, seedbed.Change, seedbed.Restore, seedbed.Return).Scan(&text)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("look for the settings that worked before: %w", err)
	}
	var settings map[string]string
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		return nil, fmt.Errorf("read the settings that worked before: %w", err)
	}
	if maps.Equal(settings, spec.Revision.Settings) {
		return nil, nil
	}
	if settings == nil {
		settings = map[string]string{}
	}
	return settings, nil
}
