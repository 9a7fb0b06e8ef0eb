package control

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"

	"seedbed"
)

// People returns all who have an account, by name, without their passwords.
func (c *Control) People(ctx context.Context, a Actor) ([]seedbed.User, error) {
	if err := c.permit(ctx, a, seedbed.SeePeople); err != nil {
		return nil, err
	}
	return c.store.Users(ctx)
}

// ChangeRole gives somebody a role in the installation: "operator",
// "administrator" or "" for none. The last administrator stays one: that is a
// Conflict.
func (c *Control) ChangeRole(ctx context.Context, a Actor, userID int64, role string) error {
	if err := c.permit(ctx, a, seedbed.ChangePeople); err != nil {
		return err
	}
	parsed, err := seedbed.ParseInstallationRole(role)
	if err != nil {
		return err
	}
	return c.store.ChangeRole(ctx, userID, parsed, a.author())
}

// BlockUser keeps somebody from signing in and ends their sessions. Oneself and
// the last administrator cannot be blocked: that is a Conflict.
func (c *Control) BlockUser(ctx context.Context, a Actor, userID int64) error {
	if err := c.permit(ctx, a, seedbed.ChangePeople); err != nil {
		return err
	}
	if userID == a.User.ID {
		return &seedbed.Error{Code: seedbed.Conflict, Message: "You cannot block yourself. Another administrator can."}
	}
	return c.store.BlockUser(ctx, userID, a.author())
}

// UnblockUser lets somebody sign in again.
func (c *Control) UnblockUser(ctx context.Context, a Actor, userID int64) error {
	if err := c.permit(ctx, a, seedbed.ChangePeople); err != nil {
		return err
	}
	return c.store.UnblockUser(ctx, userID, a.author())
}

// passwordFor is how long a link for a new password can be used.
const passwordFor = 24 * time.Hour

// OfferPassword makes a link with which somebody sets a new password, and
// returns its code, which is known only now. It works once, within a day, and
// takes the place of an earlier one.
func (c *Control) OfferPassword(ctx context.Context, a Actor, userID int64) (seedbed.Secret, error) {
	if err := c.permit(ctx, a, seedbed.ChangePeople); err != nil {
		return "", err
	}
	return c.offerPassword(ctx, userID, a.author())
}

// OfferPasswordHere is OfferPassword on the machine itself, for whoever may open
// the database and its key there: no role is asked for, so it is also the way
// back in for the last administrator. Of the Config it needs only Store, Now and
// Rand. The record names the author.
func OfferPasswordHere(ctx context.Context, config Config, userID int64, by seedbed.Author) (seedbed.Secret, error) {
	c := &Control{store: config.Store, now: config.Now, rand: config.Rand}
	return c.offerPassword(ctx, userID, by)
}

func (c *Control) offerPassword(ctx context.Context, userID int64, by seedbed.Author) (seedbed.Secret, error) {
	code, err := c.newCode()
	if err != nil {
		return "", err
	}
	return code, c.store.OfferPassword(ctx, userID, code, c.now().Add(passwordFor), by)
}

// ChangePassword gives the actor another password, of which the hash is given,
// and ends all of their sessions but the one with the hash keep. Whoever calls
// it has asked for the present password.
func (c *Control) ChangePassword(ctx context.Context, a Actor, passwordHash, keep string) error {
	if err := c.permit(ctx, a, seedbed.ChangeAccount); err != nil {
		return err
	}
	return c.store.ChangePassword(ctx, passwordHash, keep, a.author())
}

// SignOutEverywhere ends all sessions of the actor.
func (c *Control) SignOutEverywhere(ctx context.Context, a Actor) error {
	if err := c.permit(ctx, a, seedbed.ChangeAccount); err != nil {
		return err
	}
	return c.store.EndSessions(ctx, a.author())
}

// newCode is a code for a link, of 256 bits.
func (c *Control) newCode() (seedbed.Secret, error) {
	code := make([]byte, 32)
	if _, err := io.ReadFull(c.rand, code); err != nil {
		return "", fmt.Errorf("make a code: %w", err)
	}
	return seedbed.Secret(base64.RawURLEncoding.EncodeToString(code)), nil
}

func readInvitation(role, note string) (seedbed.Role, string, error) {
	r, wrongRole := seedbed.ParseProjectRole(role)
	n, wrongNote := seedbed.ParseNote(note)
	return r, n, errors.Join(wrongRole, wrongNote)
}
