package main

import (
	"context"
	"runtime/debug"
	"time"

	"seedbed"
	"seedbed/backup"
	"seedbed/reconcile"
)

// backups is the shelf as the reconciler sees it.
type backups struct{ *backup.Shelf }

// Restored tells how far the putting back of a backup is.
func (b backups) Restored(ctx context.Context, spec seedbed.SiteSpec) (reconcile.Restored, error) {
	progress, err := b.Progress(ctx, spec)
	return reconcile.Restored(progress), err
}

func (s *server) openShelf(v volumes) (*backup.Shelf, error) {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	return backup.New(backup.Config{Dir: s.BackupDir, Volumes: v, Secrets: s.store, Version: version, Now: time.Now})
}
