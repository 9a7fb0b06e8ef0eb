package db

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"seedbed"
)

// sameShowing is how long a sign-in that was shown may be asked for again by
// the same user: an answer that was lost on its way, or a second click, is no
// second showing.
const sameShowing = time.Minute

// RevealSignIn returns the secret of that name of a site and notes that it was
// shown to by. From then on it is a Conflict, but for by within a minute. Each
// look is recorded.
func (d *DB) RevealSignIn(ctx context.Context, site int64, name string, by seedbed.Author) (secret seedbed.Secret, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		spec, err := d.siteSpec(ctx, tx, site)
		if err != nil {
			return err
		}
		secret = spec.Secrets[name]
		if secret == "" {
			return seedbed.Missing("This site has no sign-in of its own.")
		}
		if spec.SignInShown {
			return d.checkShowing(ctx, tx, spec.Site, by)
		}
		return d.noteShowing(ctx, tx, spec.Site, by)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

func (d *DB) checkShowing(ctx context.Context, tx *sql.Tx, site seedbed.Site, by seedbed.Author) error {
	var shown sql.NullInt64
	var to string
	if err := tx.QueryRowContext(ctx, `SELECT shown, shown_to FROM sites WHERE id = ?`, site.ID).Scan(&shown, &to); err != nil {
		return fmt.Errorf("look when the sign-in was shown: %w", err)
	}
	if to == by.Name && d.Now().Sub(moment(shown)) < sameShowing {
		return addEvent(ctx, tx, by.Did(d.Now(), "looked once more at the first sign-in of "+string(site.Title), site.Key()))
	}
	return &seedbed.Error{Code: seedbed.Conflict, Message: "The first sign-in of " + string(site.Title) + " was shown to " + to + " before; it is shown only once."}
}

func (d *DB) noteShowing(ctx context.Context, tx *sql.Tx, site seedbed.Site, by seedbed.Author) error {
	now := d.Now()
	if _, err := tx.ExecContext(ctx, `UPDATE sites SET shown = ?, shown_to = ? WHERE id = ?`, millis(now), by.Name, site.ID); err != nil {
		return fmt.Errorf("note that the sign-in was shown: %w", err)
	}
	return addEvent(ctx, tx, by.Did(now, "looked at the first sign-in of "+string(site.Title), site.Key()))
}
