package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"seedbed"
)

const deploymentColumns = `id, site_id, revision_id, kind, state, steps, cause, words, started, ended, by, backup`

// Deployment returns one deployment, or a NotFound error.
func (d *DB) Deployment(ctx context.Context, id int64) (seedbed.Deployment, error) {
	deployment, err := scanDeployment(d.sql.QueryRowContext(ctx, `
		SELECT `+deploymentColumns+` FROM deployments WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return deployment, seedbed.Missing("There is no such deployment.")
	}
	if err != nil {
		return deployment, fmt.Errorf("read deployment %d: %w", id, err)
	}
	return deployment, nil
}

// UnfinishedDeployments returns those that are being worked at, oldest first.
func (d *DB) UnfinishedDeployments(ctx context.Context) ([]seedbed.Deployment, error) {
	deployments, err := collect(ctx, d.sql, scanDeployment, `
		SELECT `+deploymentColumns+` FROM deployments WHERE state = ? ORDER BY id`, seedbed.Working)
	if err != nil {
		return nil, fmt.Errorf("read unfinished deployments: %w", err)
	}
	return deployments, nil
}

func scanDeployment(s scanner) (dep seedbed.Deployment, err error) {
	var steps string
	var started, ended sql.NullInt64
	err = s.Scan(&dep.ID, &dep.SiteID, &dep.RevisionID, &dep.Kind, &dep.State, &steps, &dep.Cause, &dep.Words, &started, &ended, &dep.By, &dep.Backup)
	if err != nil {
		return dep, err
	}
	dep.Started, dep.Ended = moment(started), moment(ended)
	if err := json.Unmarshal([]byte(steps), &dep.Steps); err != nil {
		return dep, fmt.Errorf("read the steps of deployment %d: %w", dep.ID, err)
	}
	return dep, nil
}

// SaveSteps writes how far a deployment has come, if it is still worked at.
func (d *DB) SaveSteps(ctx context.Context, dep seedbed.Deployment) error {
	steps, err := json.Marshal(dep.Steps)
	if err != nil {
		return fmt.Errorf("write the steps of deployment %d: %w", dep.ID, err)
	}
	_, err = d.sql.ExecContext(ctx, `UPDATE deployments SET steps = ? WHERE id = ? AND state = ?`, string(steps), dep.ID, seedbed.Working)
	if err != nil {
		return fmt.Errorf("save the steps of deployment %d: %w", dep.ID, err)
	}
	return nil
}

// FinishDeployment writes the last state of a deployment, unless it is over
// already. After a removal that is Done, what the site had is forgotten and its
// name and addresses are free.
func (d *DB) FinishDeployment(ctx context.Context, dep seedbed.Deployment) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		finished, err := finish(ctx, tx, dep)
		if err != nil || !finished || dep.State != seedbed.Done || dep.Kind != seedbed.Remove {
			return err
		}
		return forgetSite(ctx, tx, dep)
	})
}

// finish writes the last state of a deployment; it does nothing and is false if
// the deployment is over already.
func finish(ctx context.Context, tx *sql.Tx, dep seedbed.Deployment) (finished bool, err error) {
	result, err := tx.ExecContext(ctx, `
		UPDATE deployments SET state = ?, cause = ?, words = ?, ended = ? WHERE id = ? AND state = ?`,
		dep.State, dep.Cause, dep.Words, millis(dep.Ended), dep.ID, seedbed.Working)
	if err != nil {
		return false, fmt.Errorf("finish deployment %d: %w", dep.ID, err)
	}
	changed, err := result.RowsAffected()
	return changed > 0, err
}

// FinishLate writes that a deployment which had Failed came to be after all,
// unless the site has a newer one.
func (d *DB) FinishLate(ctx context.Context, dep seedbed.Deployment) error {
	steps, err := json.Marshal(dep.Steps)
	if err != nil {
		return fmt.Errorf("write the steps of deployment %d: %w", dep.ID, err)
	}
	_, err = d.sql.ExecContext(ctx, `
		UPDATE deployments SET state = ?, steps = ?, cause = '', words = '', ended = ?
		WHERE id = ? AND state = ? AND id = (SELECT max(id) FROM deployments WHERE site_id = ?)`,
		seedbed.Done, string(steps), millis(dep.Ended), dep.ID, seedbed.Failed, dep.SiteID)
	if err != nil {
		return fmt.Errorf("finish deployment %d late: %w", dep.ID, err)
	}
	return nil
}

func forgetSite(ctx context.Context, tx *sql.Tx, dep seedbed.Deployment) error {
	for _, statement := range []string{
		`INSERT OR REPLACE INTO released_hosts (host, project_id, released)
			SELECT a.host, s.project_id, d.ended FROM addresses a JOIN sites s ON s.id = a.site_id JOIN deployments d ON d.site_id = s.id AND d.kind = 'remove' AND d.state = 'done'
			WHERE s.id = ? AND NOT a.own`,
		`DELETE FROM visitor_keys WHERE site_id = ?`,
		`DELETE FROM visitors WHERE site_id = ?`,
		`DELETE FROM addresses WHERE site_id = ?`,
		`DELETE FROM bindings WHERE site_id = ?`,
		`DELETE FROM volumes WHERE site_id = ?`,
		`DELETE FROM secrets WHERE site_id = ?`,
	} {
		if _, err := tx.ExecContext(ctx, statement, dep.SiteID); err != nil {
			return fmt.Errorf("forget site %d: %w", dep.SiteID, err)
		}
	}
	_, err := tx.ExecContext(ctx, `UPDATE sites SET deleted = ? WHERE id = ?`, millis(dep.Ended), dep.SiteID)
	if err != nil {
		return fmt.Errorf("mark site %d as deleted: %w", dep.SiteID, err)
	}
	return nil
}

// startDeployment supersedes the deployment that the site has under way, if
// any, and starts another one.
func (d *DB) startDeployment(ctx context.Context, tx *sql.Tx, dep seedbed.Deployment) (seedbed.Deployment, error) {
	now := d.Now()
	_, err := tx.ExecContext(ctx, `UPDATE deployments SET state = ?, ended = ? WHERE site_id = ? AND state = ?`,
		seedbed.Superseded, millis(now), dep.SiteID, seedbed.Working)
	if err != nil {
		return dep, fmt.Errorf("supersede the deployment of site %d: %w", dep.SiteID, err)
	}
	steps, err := json.Marshal(dep.Steps)
	if err != nil {
		return dep, fmt.Errorf("write steps: %w", err)
	}
	dep.State, dep.Started = seedbed.Working, now
	err = tx.QueryRowContext(ctx, `
		INSERT INTO deployments (site_id, revision_id, kind, state, steps, cause, words, started, by, backup) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		dep.SiteID, dep.RevisionID, dep.Kind, dep.State, string(steps), dep.Cause, dep.Words, millis(now), dep.By, dep.Backup).Scan(&dep.ID)
	if err != nil {
		return dep, fmt.Errorf("start a deployment of site %d: %w", dep.SiteID, err)
	}
	return dep, nil
}

// Deployments returns the deployments with an ID below before, newest first,
// limit at the most.
func (d *DB) Deployments(ctx context.Context, before int64, limit int) ([]seedbed.Deployment, error) {
	deployments, err := collect(ctx, d.sql, scanDeployment, `
		SELECT `+deploymentColumns+` FROM deployments WHERE id < ? ORDER BY id DESC LIMIT ?`, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read deployments: %w", err)
	}
	return deployments, nil
}
