package webtest

import (
	"context"
	"maps"
	"slices"

	"seedbed"
	"seedbed/control"
)

// Backups are the backups of each site, by its key.
type Backups map[string][]seedbed.Backup

var _ control.Backups = Backups{}

// Sites returns the keys, in order.
func (b Backups) Sites(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(b)), nil
}

// List returns the site's.
func (b Backups) List(_ context.Context, key string) ([]seedbed.Backup, error) { return b[key], nil }

// Restoration gives back the title alone.
func (b Backups) Restoration(_ context.Context, key, id string) (seedbed.Restoration, error) {
	for _, one := range b[key] {
		if one.ID == id {
			return seedbed.Restoration{Backup: id, Title: one.Title, Settings: map[string]string{}}, nil
		}
	}
	return seedbed.Restoration{}, seedbed.Missing("There is no such backup.")
}

// Delete forgets one.
func (b Backups) Delete(_ context.Context, key, id string) error {
	b[key] = slices.DeleteFunc(b[key], func(one seedbed.Backup) bool { return one.ID == id })
	return nil
}
