package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"strings"

	"seedbed"
	"seedbed/storage"
)

// split keeps the volumes of sites on GlusterFS, and those of shared services
// in a plain folder: a database on GlusterFS is safe and many times slower.
type split struct {
	*storage.Gluster
	services *storage.Directory
}

// Check returns nil if both are there.
func (s split) Check(ctx context.Context) error {
	if err := s.Gluster.Check(ctx); err != nil {
		return err
	}
	return s.services.Check(ctx)
}

// Ensure makes the volume if it is not there, and returns its absolute path.
func (s split) Ensure(ctx context.Context, v seedbed.Volume) (string, error) {
	if v.SiteID == 0 {
		return s.services.Ensure(ctx, v)
	}
	return s.Gluster.Ensure(ctx, v)
}

// Exists reports whether the volume is there.
func (s split) Exists(ctx context.Context, v seedbed.Volume) (bool, error) {
	if v.SiteID == 0 {
		return s.services.Exists(ctx, v)
	}
	return s.Gluster.Exists(ctx, v)
}

// Remove deletes the volume with all that is in it.
func (s split) Remove(ctx context.Context, v seedbed.Volume) error {
	if v.SiteID == 0 {
		return s.services.Remove(ctx, v)
	}
	return s.Gluster.Remove(ctx, v)
}

// State is that of GlusterFS, and where the rest is.
func (s split) State(ctx context.Context) (seedbed.Storage, error) {
	state, err := s.Gluster.State(ctx)
	state.Services = s.services.Path()
	return state, err
}

// Usages returns how much the volumes hold.
func (s split) Usages(ctx context.Context, volumes []seedbed.Volume) (map[seedbed.Volume]seedbed.VolumeUsage, error) {
	var sites, services []seedbed.Volume
	for _, v := range volumes {
		if v.SiteID == 0 {
			services = append(services, v)
		} else {
			sites = append(sites, v)
		}
	}
	all, err := s.Gluster.Usages(ctx, sites)
	if err != nil {
		return nil, err
	}
	more, err := s.services.Usages(ctx, services)
	maps.Copy(all, more)
	return all, err
}

// markFile remembers the mark of a folder of volumes in a file elsewhere.
type markFile string

// VolumesMark returns what SetVolumesMark was given last.
func (m markFile) VolumesMark(context.Context) (string, error) {
	text, err := os.ReadFile(string(m))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the mark of the services’ volumes: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// SetVolumesMark writes it down, all or nothing.
func (m markFile) SetVolumesMark(_ context.Context, mark string) error {
	fresh := string(m) + ".new"
	if err := os.WriteFile(fresh, []byte(mark+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the mark of the services’ volumes: %w", err)
	}
	return os.Rename(fresh, string(m))
}
