package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"seedbed"
	"seedbed/backup"
	"seedbed/control"
	"seedbed/reconcile"
	"seedbed/storage"
)

// volumes is where people's files are, be it a plain folder or GlusterFS.
type volumes struct{ place }

// place is what both kinds have in common.
type place interface {
	reconcile.Volumes
	control.Storage
	backup.Volumes
	Check(ctx context.Context) error
	Put(ctx context.Context, v seedbed.Volume, name string, r io.Reader) error
	Unpack(ctx context.Context, v seedbed.Volume, r io.ReaderAt, size int64, o storage.UnpackOptions) (int, error)
	Files(ctx context.Context, v seedbed.Volume) (files []storage.File, cut bool, err error)
	Delete(ctx context.Context, v seedbed.Volume, name string) error
}

// openVolumes opens the place that the configuration names. One that is away is
// no error: pages say so, and everything waits until it is back.
func (s *server) openVolumes(ctx context.Context) (volumes, error) {
	if err := os.MkdirAll(s.path("uploads"), 0o700); err != nil {
		return volumes{}, fmt.Errorf("make the folder for uploads: %w", err)
	}
	if s.Volumes == "folder" {
		folder, err := storage.New(ctx, s.VolumeDir, s.store)
		return volumes{folder}, err
	}
	name, servers, err := storage.ParseGluster(s.Volumes)
	if err != nil {
		return volumes{}, err
	}
	gluster, err := storage.NewGluster(ctx, storage.GlusterConfig{
		Volume: name, Servers: servers, Dir: s.VolumeDir, Size: s.VolumeMiB, Command: []string{s.Gluster},
		Memory: s.store, MountLog: s.path("gluster.log"), Now: time.Now,
	})
	if err != nil || s.ServiceDir == s.VolumeDir {
		return volumes{gluster}, err
	}
	services, err := storage.New(ctx, s.ServiceDir, markFile(s.path("service-volumes.mark")))
	return volumes{split{gluster, services}}, err
}

// volumeRoots are the folders that containers may be given something of.
func (c config) volumeRoots() []string {
	if c.Volumes == "folder" {
		return []string{c.VolumeDir}
	}
	return []string{c.VolumeDir, c.ServiceDir}
}

// parts lists what pages tell people about if it does not answer.
func (v volumes) parts() []reconcile.Part {
	parts := []reconcile.Part{{Name: "the storage", Blocks: true, Check: v.Check,
		Trouble: "The storage with people’s files does not answer. Sites that need their files may fail; changes wait until it is back."}}
	if gluster, ok := v.place.(interface {
		CheckBricks(ctx context.Context) error
	}); ok {
		parts = append(parts, reconcile.Part{Name: "GlusterFS", Check: gluster.CheckBricks,
			Trouble: "A brick of GlusterFS does not answer. Sites go on with the others; see that the machine it is on runs. The page Storage tells which one it is."})
	}
	return parts
}
