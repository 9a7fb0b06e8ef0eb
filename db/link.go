package db

import (
	"context"
	"database/sql"
	"fmt"

	"seedbed"
)

// mayNow is a Forbidden error unless a user may do something in a project, or in
// the installation for the id 0, as they are now. A link gives no more than
// whoever made it may give at the moment when it is used.
func mayNow(ctx context.Context, q querier, userID, project int64, action seedbed.Action) error {
	reach, err := reachOf(ctx, q, userID)
	switch {
	case seedbed.CodeOf(err) == seedbed.Unauthorized: // blocked, or not known any more
	case err != nil:
		return err
	case seedbed.May(reach.In(project, seedbed.PersonScope), action):
		return nil
	}
	return &seedbed.Error{Code: seedbed.Forbidden, Message: "Whoever made this may not " + string(action) + " any more."}
}

// withdrawLinks ends the links of a user that they could not make as they are
// now. It belongs into every transaction that takes something away from them:
// they are not to work again should they get it back.
func (d *DB) withdrawLinks(ctx context.Context, tx *sql.Tx, userID int64) error {
	if err := d.withdrawInvitations(ctx, tx, userID); err != nil {
		return err
	}
	err := mayNow(ctx, tx, userID, 0, seedbed.ChangePeople)
	if seedbed.CodeOf(err) != seedbed.Forbidden {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM password_links WHERE by_id = ?`, userID); err != nil {
		return fmt.Errorf("withdraw the password links of user %d: %w", userID, err)
	}
	return nil
}

func (d *DB) withdrawInvitations(ctx context.Context, tx *sql.Tx, userID int64) error {
	projects, err := collect(ctx, tx, scanID, `
		SELECT DISTINCT project_id FROM invitations WHERE user_id = ? AND used IS NULL AND revoked IS NULL`, userID)
	if err != nil {
		return fmt.Errorf("read the invitations of user %d: %w", userID, err)
	}
	for _, project := range projects {
		err := mayNow(ctx, tx, userID, project, seedbed.ChangeMembers)
		if err == nil {
			continue
		}
		if seedbed.CodeOf(err) != seedbed.Forbidden {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			UPDATE invitations SET revoked = ? WHERE user_id = ? AND project_id = ? AND used IS NULL AND revoked IS NULL`, millis(d.Now()), userID, project)
		if err != nil {
			return fmt.Errorf("withdraw the invitations of user %d: %w", userID, err)
		}
	}
	return nil
}

func scanID(s scanner) (id int64, err error) {
	err = s.Scan(&id)
	return id, err
}
