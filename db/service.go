package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"seedbed"
)

// Services returns all shared services that are wanted, oldest first.
func (d *DB) Services(ctx context.Context) ([]seedbed.Service, error) {
	services, err := collect(ctx, d.sql, d.scanService, `
		SELECT `+serviceColumns+` FROM services ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read services: %w", err)
	}
	return services, nil
}

const serviceColumns = `id, kind, port, password, revision, created`

func (d *DB) scanService(s scanner) (service seedbed.Service, err error) {
	var sealed []byte
	var created sql.NullInt64
	if err := s.Scan(&service.ID, &service.Kind, &service.Port, &sealed, &service.Revision, &created); err != nil {
		return service, err
	}
	service.Created = moment(created)
	service.Password, err = d.unseal(sealed, servicePurpose(service.Kind))
	return service, err
}

func servicePurpose(kind string) string { return "service " + kind }

// wantService returns the id of the shared service of a kind, and wants it
// from now on if it was not wanted before.
func (d *DB) wantService(ctx context.Context, tx *sql.Tx, kind string) (id int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT id FROM services WHERE kind = ?`, kind).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	password, err := d.newSealed(servicePurpose(kind))
	if err != nil {
		return 0, err
	}
	err = tx.QueryRowContext(ctx, `
		INSERT INTO services (kind, port, password, created)
		VALUES (?, (SELECT coalesce(max(port) + 1, ?) FROM services), ?, ?) RETURNING id`,
		kind, d.FirstServicePort, password, millis(d.Now())).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("want service %q: %w", kind, err)
	}
	return id, nil
}
