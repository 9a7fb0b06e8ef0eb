package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"seedbed"
)

// quarantine is how long a host name that a site had goes to no other project.
const quarantine = 7 * 24 * time.Hour

// HostOwner returns the id of the site that has a host name, or 0.
func (d *DB) HostOwner(ctx context.Context, host seedbed.HostName) (id int64, err error) {
	return hostOwner(ctx, d.sql, host)
}

func hostOwner(ctx context.Context, q querier, host seedbed.HostName) (id int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT site_id FROM addresses WHERE host = ?`, host).Scan(&id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("look who has %q: %w", host, err)
	}
	return id, nil
}

// CheckHost returns nil if a site may get a host name that it does not have, else
// the Conflict that ChangeVisitors would return.
func (d *DB) CheckHost(ctx context.Context, site seedbed.Site, host seedbed.HostName) error {
	return d.checkHost(ctx, d.sql, site, host)
}

func (d *DB) checkHost(ctx context.Context, q querier, site seedbed.Site, host seedbed.HostName) error {
	owner, err := hostOwner(ctx, q, host)
	switch {
	case err != nil:
		return err
	case owner != 0 && owner != site.ID:
		return &seedbed.Error{Code: seedbed.Conflict, Field: "hosts", Message: "The name " + string(host) + " belongs to another site here."}
	}
	return d.checkReleased(ctx, q, host, site.ProjectID)
}

// checkReleased refuses a name that a site of another project had until lately.
func (d *DB) checkReleased(ctx context.Context, q querier, host seedbed.HostName, project int64) error {
	var released sql.NullInt64
	var before int64
	err := q.QueryRowContext(ctx, `SELECT project_id, released FROM released_hosts WHERE host = ?`, host).Scan(&before, &released)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("look who had %q: %w", host, err)
	}
	free := moment(released).Add(quarantine)
	if before == project || !d.Now().Before(free) {
		return nil
	}
	return &seedbed.Error{Code: seedbed.Conflict, Field: "hosts",
		Message: "The name " + string(host) + " belonged to another site until lately. It is free again on " + free.Format("2 January") + "."}
}

// release lets go of a host name that a site was given beside its own.
func (d *DB) release(ctx context.Context, tx *sql.Tx, site seedbed.Site, host seedbed.HostName) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM addresses WHERE host = ? AND site_id = ?`, host, site.ID); err != nil {
		return fmt.Errorf("take %q from site %d: %w", host, site.ID, err)
	}
	_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO released_hosts (host, project_id, released) VALUES (?, ?, ?)`, host, site.ProjectID, millis(d.Now()))
	if err != nil {
		return fmt.Errorf("let go of %q: %w", host, err)
	}
	return nil
}
