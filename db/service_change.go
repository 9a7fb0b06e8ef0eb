package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"seedbed"
)

// StartService wants the shared service of a kind from now on, and returns it.
// One that was wanted already stays as it is, and nothing is recorded.
func (d *DB) StartService(ctx context.Context, kind string, by seedbed.Author) (service seedbed.Service, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		service, err = d.service(ctx, tx, kind)
		if !seedbed.IsNotFound(err) {
			return err
		}
		if _, err := d.wantService(ctx, tx, kind); err != nil {
			return err
		}
		if service, err = d.service(ctx, tx, kind); err != nil {
			return err
		}
		return addEvent(ctx, tx, by.Did(service.Created, "asked for the service "+seedbed.ServiceTitle(kind), service.Key()))
	})
	return service, err
}

// RestartService has the shared service of a kind started anew. One that is not
// wanted is a NotFound error.
func (d *DB) RestartService(ctx context.Context, kind string, by seedbed.Author) (service seedbed.Service, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE services SET revision = revision + 1 WHERE kind = ?`, kind); err != nil {
			return fmt.Errorf("start service %q anew: %w", kind, err)
		}
		if service, err = d.service(ctx, tx, kind); err != nil {
			return err
		}
		return addEvent(ctx, tx, by.Did(d.Now(), "started "+seedbed.ServiceTitle(kind)+" anew", service.Key()))
	})
	return service, err
}

func (d *DB) service(ctx context.Context, q querier, kind string) (seedbed.Service, error) {
	service, err := d.scanService(q.QueryRowContext(ctx, `SELECT `+serviceColumns+` FROM services WHERE kind = ?`, kind))
	if errors.Is(err, sql.ErrNoRows) {
		return service, seedbed.Missing("There is no such service.")
	}
	if err != nil {
		return service, fmt.Errorf("read service %q: %w", kind, err)
	}
	return service, nil
}

// RotateBindings gives a site new passwords for its parts of all shared
// services, and starts the deployment that makes them count: it shuts out who
// has the old ones and hands the site over with the new ones. A site without
// such parts, or one that is being deleted, is a Conflict.
func (d *DB) RotateBindings(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return d.deploy(ctx, id, by, "gave new passwords to", func(tx *sql.Tx, spec seedbed.SiteSpec) (seedbed.Deployment, error) {
		if err := spec.CheckChangeable(); err != nil {
			return seedbed.Deployment{}, err
		}
		if len(spec.Bindings) == 0 {
			return seedbed.Deployment{}, &seedbed.Error{Code: seedbed.Conflict, Message: string(spec.Site.Title) + " uses no shared service, so it has no passwords to renew."}
		}
		for _, b := range spec.Bindings {
			if err := d.renew(ctx, tx, b); err != nil {
				return seedbed.Deployment{}, err
			}
		}
		return seedbed.Deployment{RevisionID: spec.Revision.ID, Kind: kindOfRetry(spec.Deployment)}, nil
	})
}

func (d *DB) renew(ctx context.Context, tx *sql.Tx, b seedbed.Binding) error {
	sealed, err := d.newSealed(bindingPurpose(b.SiteID, b.Service.ID))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE bindings SET password = ? WHERE site_id = ? AND service_id = ?`, sealed, b.SiteID, b.Service.ID)
	if err != nil {
		return fmt.Errorf("renew the password of site %d: %w", b.SiteID, err)
	}
	return nil
}
