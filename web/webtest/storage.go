package webtest

import (
	"context"

	"seedbed"
	"seedbed/control"
)

// Storage says of every volume the same, and of itself what a test sets.
type Storage struct {
	Is  seedbed.Storage
	Err error
	Has seedbed.VolumeUsage // each volume
}

var _ control.Storage = (*Storage)(nil)

// State returns what the test set.
func (s *Storage) State(context.Context) (seedbed.Storage, error) { return s.Is, s.Err }

// Usages returns Has for each volume.
func (s *Storage) Usages(_ context.Context, volumes []seedbed.Volume) (map[seedbed.Volume]seedbed.VolumeUsage, error) {
	all := map[seedbed.Volume]seedbed.VolumeUsage{}
	for _, v := range volumes {
		all[v] = s.Has
	}
	return all, nil
}
