package db

import (
	"context"
	"database/sql"
	"fmt"

	"seedbed"
)

// AddEvent records what happened.
func (d *DB) AddEvent(ctx context.Context, e seedbed.Event) error {
	return addEvent(ctx, d.sql, e)
}

func addEvent(ctx context.Context, q querier, e seedbed.Event) error {
	_, err := q.ExecContext(ctx, `INSERT INTO events (at, who, what, subject) VALUES (?, ?, ?, ?)`,
		millis(e.At), e.Who, e.What, e.Subject)
	if err != nil {
		return fmt.Errorf("record an event: %w", err)
	}
	return markRequest(ctx, q, e)
}

// Events returns the newest events, newest first, limit at the most.
func (d *DB) Events(ctx context.Context, limit int) ([]seedbed.Event, error) {
	events, err := collect(ctx, d.sql, scanEvent, `SELECT id, at, who, what, subject FROM events ORDER BY id DESC LIMIT ?`, limit)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

func scanEvent(s scanner) (e seedbed.Event, err error) {
	var at sql.NullInt64
	err = s.Scan(&e.ID, &at, &e.Who, &e.What, &e.Subject)
	e.At = moment(at)
	return e, err
}
