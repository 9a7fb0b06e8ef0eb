package main

import (
	"context"
	"io"

	"seedbed"
	"seedbed/control"
	"seedbed/storage"
)

// files is the storage as the pages for uploads see it.
type files struct{ volumes }

// Unpack writes what a zip holds.
func (f files) Unpack(ctx context.Context, v seedbed.Volume, r io.ReaderAt, size int64, replace bool) (int, error) {
	return f.volumes.Unpack(ctx, v, r, size, storage.UnpackOptions{Replace: replace})
}

// Files lists the files of a volume.
func (f files) Files(ctx context.Context, v seedbed.Volume) (list []control.File, cut bool, err error) {
	stored, cut, err := f.volumes.Files(ctx, v)
	for _, one := range stored {
		list = append(list, control.File(one))
	}
	return list, cut, err
}
