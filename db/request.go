package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"seedbed"
)

// BeginRequest remembers a request with a key and returns true, or returns the
// one that its token sent under this key before, and false. One that another
// process left without having changed anything is forgotten first.
func (d *DB) BeginRequest(ctx context.Context, r seedbed.KeptRequest) (kept seedbed.KeptRequest, fresh bool, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `
			DELETE FROM requests WHERE token_id = ? AND key = ? AND process <> ? AND answer IS NULL AND carried_out IS NULL`,
			r.TokenID, r.Key, r.Process)
		if err != nil {
			return fmt.Errorf("forget a request that was left: %w", err)
		}
		kept, err = d.keptRequest(ctx, tx, r.TokenID, r.Key)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		kept, fresh = r, true
		kept.Begun = d.Now()
		return tx.QueryRowContext(ctx, `
			INSERT INTO requests (token_id, key, fingerprint, process, begun) VALUES (?, ?, ?, ?, ?) RETURNING id`,
			r.TokenID, r.Key, r.Fingerprint, r.Process, millis(kept.Begun)).Scan(&kept.ID)
	})
	if err != nil {
		return kept, false, fmt.Errorf("remember a request: %w", err)
	}
	return kept, fresh, nil
}

func (d *DB) keptRequest(ctx context.Context, tx *sql.Tx, token int64, key string) (r seedbed.KeptRequest, err error) {
	var begun, carriedOut sql.NullInt64
	var subject string
	var answer []byte
	err = tx.QueryRowContext(ctx, `
		SELECT id, token_id, key, fingerprint, process, begun, carried_out, subject, answer FROM requests WHERE token_id = ? AND key = ?`,
		token, key).Scan(&r.ID, &r.TokenID, &r.Key, &r.Fingerprint, &r.Process, &begun, &carriedOut, &subject, &answer)
	if err != nil {
		return r, err
	}
	r.Begun, r.CarriedOut = moment(begun), carriedOut.Valid
	if answer != nil {
		plain, err := d.unseal(answer, requestPurpose(r.ID))
		r.Answer = []byte(plain.Reveal())
		return r, err
	}
	if site := siteOf(subject); carriedOut.Valid && site != 0 {
		err = tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM deployments WHERE site_id = ? AND started = ?`, site, carriedOut).Scan(&r.DeploymentID)
	}
	return r, err
}

// requestPurpose binds an answer to its request: it may hold a secret that is
// shown once, such as a new token.
func requestPurpose(id int64) string { return fmt.Sprintf("answer %d", id) }

// markRequest notes, in the transaction of the change, that a request was
// carried out. Every change records an event, so no change can be without it.
func markRequest(ctx context.Context, q querier, e seedbed.Event) error {
	if e.Request == 0 {
		return nil
	}
	_, err := q.ExecContext(ctx, `UPDATE requests SET carried_out = ?, subject = ? WHERE id = ?`, millis(e.At), e.Subject, e.Request)
	if err != nil {
		return fmt.Errorf("note that request %d was carried out: %w", e.Request, err)
	}
	return nil
}

// KeepAnswer keeps what was answered to a request.
func (d *DB) KeepAnswer(ctx context.Context, id int64, answer []byte) error {
	sealed, err := d.seal(seedbed.Secret(answer), requestPurpose(id))
	if err != nil {
		return err
	}
	if _, err := d.sql.ExecContext(ctx, `UPDATE requests SET answer = ? WHERE id = ?`, sealed, id); err != nil {
		return fmt.Errorf("keep the answer to request %d: %w", id, err)
	}
	return nil
}

// DropRequest forgets a request, unless it was carried out.
func (d *DB) DropRequest(ctx context.Context, id int64) error {
	if _, err := d.sql.ExecContext(ctx, `DELETE FROM requests WHERE id = ? AND carried_out IS NULL`, id); err != nil {
		return fmt.Errorf("drop request %d: %w", id, err)
	}
	return nil
}

// ExpireRequests forgets the requests that were begun before a time.
func (d *DB) ExpireRequests(ctx context.Context, before time.Time) error {
	if _, err := d.sql.ExecContext(ctx, `DELETE FROM requests WHERE begun < ?`, millis(before)); err != nil {
		return fmt.Errorf("expire requests: %w", err)
	}
	return nil
}
