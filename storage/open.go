package storage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"seedbed"
)

// Check returns nil if the folder is there and is the right one, opening it
// where needed. A folder that is away is an Unavailable error.
func (d *Directory) Check(ctx context.Context) error {
	_, err := d.open(ctx)
	return err
}

// open returns the folder of volumes as it is mounted now. All who ask at the
// same time share one answer, so that a mount which never answers holds up one
// goroutine and not all.
func (d *Directory) open(ctx context.Context) (*os.Root, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answer := d.asking.DoChan("", func() (any, error) { return d.openNow(context.WithoutCancel(ctx)) })
	select {
	case a := <-answer:
		if a.Err != nil {
			return nil, away(a.Err)
		}
		return a.Val.(*os.Root), nil
	case <-ctx.Done():
		return nil, d.absent("The folder "+d.path+" with people’s files does not answer.", ctx.Err())
	}
}

func (d *Directory) openNow(ctx context.Context) (*os.Root, error) {
	if d.reach != nil {
		if err := d.reach(ctx); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	root := d.root
	d.mu.Unlock()
	if root != nil && d.isStill(root) {
		return root, nil
	}
	root, err := d.openAnew(ctx)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	d.root = root // what had the old one open goes on with it, and fails
	d.mu.Unlock()
	return root, nil
}

// isStill reports whether the path leads to the folder that was opened, and not
// to what lies below or above its mount.
func (d *Directory) isStill(root *os.Root) bool {
	opened, err1 := root.Stat(".")
	now, err2 := os.Stat(d.path)
	_, err3 := root.Lstat(marker)
	return errors.Join(err1, err2, err3) == nil && os.SameFile(opened, now)
}

func (d *Directory) openAnew(ctx context.Context) (*os.Root, error) {
	known, err := d.memory.VolumesMark(ctx)
	if err != nil {
		return nil, err
	}
	if known == "" {
		if err := os.MkdirAll(d.path, aroundMode); err != nil {
			return nil, fmt.Errorf("make the folder of volumes: %w", err)
		}
	}
	root, err := os.OpenRoot(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, d.absent("The folder "+d.path+" with people’s files is not there.", err)
	}
	if err != nil {
		return nil, fmt.Errorf("open the folder of volumes: %w", err)
	}
	if err := d.prove(ctx, root, known); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	if err := tidy(root); err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return root, nil
}

// tidy completes or takes back what was interrupted.
func tidy(root *os.Root) error {
	for _, folder := range []string{trashFolder, freshFolder} {
		// What does not go now is in nobody's way and goes later.
		_ = removeInside(root, folder)
		if err := root.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("prepare the folder of volumes: %w", err)
		}
	}
	return recoverUploads(root)
}

// removeInside deletes everything in a folder, and keeps the folder.
func removeInside(root *os.Root, folder string) error {
	entries, err := fs.ReadDir(root.FS(), folder)
	for _, e := range entries {
		err = errors.Join(err, root.RemoveAll(folder+"/"+e.Name()))
	}
	return err
}

// absent is the error about a folder that is away.
func (d *Directory) absent(what string, err error) error {
	return &seedbed.Error{Code: seedbed.Unavailable, Err: err,
		Message: what + " Nothing is written until it is back; see that its disk or share is mounted."}
}

// away says in a sentence that the file system does not answer, if that is what
// err says: it is what GlusterFS gives when too few of its bricks are there,
// and when its client has ended.
func away(err error) error {
	var known *seedbed.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	for _, sign := range []error{syscall.ENOTCONN, syscall.ECONNABORTED, syscall.EIO, syscall.EROFS, syscall.ESTALE, syscall.ETIMEDOUT, syscall.EHOSTDOWN} {
		if errors.Is(err, sign) {
			return &seedbed.Error{Code: seedbed.Unavailable, Err: err,
				Message: "The storage that holds people’s files does not answer. Nothing is lost; it goes on when the storage is back."}
		}
	}
	return err
}
