package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"seedbed"
)

// How long and how far volumes are counted where nobody keeps count: a page
// waits for it.
const (
	maxCounting = 3 * time.Second
	maxCounted  = 200_000 // files
)

var errEnough = errors.New("counted enough")

// Usage returns how many bytes the files of a volume have. A volume that is not
// there is a NotFound error.
func (d *Directory) Usage(ctx context.Context, v seedbed.Volume) (seedbed.VolumeUsage, error) {
	root, err := d.openVolume(ctx, v)
	if err != nil {
		return seedbed.VolumeUsage{}, err
	}
	defer root.Close()
	usage, err := countBytes(ctx, root)
	if err != nil {
		return usage, fmt.Errorf("measure volume: %w", away(err))
	}
	return usage, nil
}

// countBytes counts for a while, and then says that it is at least so much.
func countBytes(ctx context.Context, root *os.Root) (u seedbed.VolumeUsage, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, maxCounting, errEnough)
	defer cancel()
	files := 0
	err = walk(ctx, root, func(_ string, info fs.FileInfo) {
		u.Used += info.Size()
		if files++; files == maxCounted {
			cancel()
		}
	}, skipNothing)
	if files >= maxCounted || errors.Is(context.Cause(ctx), errEnough) {
		u.AtLeast, err = true, nil
	}
	return u, err
}

// Usages is Usage for several volumes; those that are not there are left out.
// What there is no time for any more is said to be at least nothing.
func (d *Directory) Usages(ctx context.Context, volumes []seedbed.Volume) (map[seedbed.Volume]seedbed.VolumeUsage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*maxCounting, errEnough)
	defer cancel()
	all := make(map[seedbed.Volume]seedbed.VolumeUsage, len(volumes))
	for _, v := range volumes {
		usage, err := d.Usage(ctx, v)
		switch {
		case errors.Is(context.Cause(ctx), errEnough):
			usage.AtLeast = true
		case seedbed.IsNotFound(err):
			continue
		case err != nil:
			return nil, err
		}
		all[v] = usage
	}
	return all, nil
}

// Usages is what GlusterFS itself has counted; what it does not limit yet is
// counted by walking.
func (g *Gluster) Usages(ctx context.Context, volumes []seedbed.Volume) (map[seedbed.Volume]seedbed.VolumeUsage, error) {
	counted, err := g.cli.usage(ctx)
	if err != nil && !said(err, quotaIsOff) {
		return nil, err
	}
	all, rest := make(map[seedbed.Volume]seedbed.VolumeUsage, len(volumes)), []seedbed.Volume{}
	for _, v := range volumes {
		if usage, known := counted[glusterPath(v)]; known {
			all[v] = usage
		} else {
			rest = append(rest, v)
		}
	}
	walked, err := g.Directory.Usages(ctx, rest)
	for v, usage := range walked {
		all[v] = usage
	}
	return all, err
}

// State tells how much room there is. It is an error if the folder is away.
func (d *Directory) State(ctx context.Context) (seedbed.Storage, error) {
	s := seedbed.Storage{Path: d.path, Replicas: 1}
	if _, err := d.open(ctx); err != nil {
		return s, err
	}
	var fs syscall.Statfs_t
	if err := syscall.Statfs(d.path, &fs); err != nil {
		return s, fmt.Errorf("see how much room there is: %w", away(err))
	}
	s.Total, s.Free = int64(fs.Blocks)*fs.Bsize, int64(fs.Bavail)*fs.Bsize
	return s, nil
}
