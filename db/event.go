package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"seedbed"
)

// AddEvent records what happened.
func (d *DB) AddEvent(ctx context.Context, e seedbed.Event) error {
	return addEvent(ctx, d.sql, e)
}

func addEvent(ctx context.Context, q querier, e seedbed.Event) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO events (at, who, program, address, what, details, subject, user_id, project_id, site_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		millis(e.At), e.Who, e.Program, e.From, e.What, e.Details, e.Subject, orNull(e.UserID), orNull(e.ProjectID), orNull(siteOf(e.Subject)))
	if err != nil {
		return fmt.Errorf("record an event: %w", err)
	}
	return markRequest(ctx, q, e)
}

// orNull stores 0 as NULL.
func orNull(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }

// siteOf is the id in a site's key, or 0 if a subject is no site.
func siteOf(subject string) int64 {
	number, _, _ := strings.Cut(strings.TrimPrefix(subject, "s"), "-")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || !strings.HasPrefix(subject, "s") {
		return 0
	}
	return id
}

// Events returns the events that are asked for, newest first.
func (d *DB) Events(ctx context.Context, query seedbed.EventQuery) ([]seedbed.Event, error) {
	projects, err := json.Marshal(query.Sight.Projects)
	if err != nil {
		return nil, fmt.Errorf("write the projects: %w", err)
	}
	events, err := collect(ctx, d.sql, scanEvent, `
		SELECT e.id, e.at, e.who, e.program, e.address, e.what, e.details, e.subject, coalesce(s.project_id, e.project_id) AS project, e.user_id
		FROM events e LEFT JOIN sites s ON s.id = e.site_id
		WHERE (?1 OR e.user_id = ?2 OR project IN (SELECT value FROM json_each(?3)))
		AND (?4 = 0 OR e.site_id = ?4) AND (?5 = 0 OR project = ?5) AND (?6 = 0 OR e.user_id = ?6) AND (?7 = 0 OR e.id < ?7)
		ORDER BY e.id DESC LIMIT ?8`,
		query.Sight.Everything, orNull(query.Sight.Own), string(projects), query.SiteID, query.ProjectID, query.UserID, query.Before, query.Limit)
	if err != nil {
		return nil, fmt.Errorf("read events: %w", err)
	}
	return events, nil
}

func scanEvent(s scanner) (e seedbed.Event, err error) {
	var at, project, user sql.NullInt64
	err = s.Scan(&e.ID, &at, &e.Who, &e.Program, &e.From, &e.What, &e.Details, &e.Subject, &project, &user)
	e.At, e.ProjectID, e.UserID = moment(at), project.Int64, user.Int64
	return e, err
}
