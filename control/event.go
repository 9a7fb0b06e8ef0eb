package control

import (
	"context"
	"fmt"

	"seedbed"
)

// Events returns the newest events, at most limit of them, newest first.
func (c *Control) Events(ctx context.Context, a Actor, limit int) ([]seedbed.Event, error) {
	if err := c.permit(ctx, a, seedbed.UseSeedbed); err != nil {
		return nil, err
	}
	events, err := c.Store.Events(ctx, limit)
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	return events, nil
}
