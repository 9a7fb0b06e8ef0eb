package backup

import (
	"context"
	"fmt"
	"io"
	"os"

	"seedbed"
)

// Progress is how far the putting back is that a site's deployment is for.
type Progress struct {
	Staged  bool            // its files lie ready, or did
	Swapped bool            // they are in the place of the site's
	Loaded  map[string]bool // by kind of service
}

// Progress looks how far it is.
func (s *Shelf) Progress(ctx context.Context, spec seedbed.SiteSpec) (Progress, error) {
	owner, mark := spec.Site.Key(), spec.Deployment.Mark()
	found, err := s.Volumes.Noted(ctx, owner, mark, "whole")
	p := Progress{Staged: found, Swapped: true, Loaded: map[string]bool{}}
	if err != nil {
		return p, err
	}
	for _, v := range spec.Volumes {
		staged, swapped, err := s.Volumes.Staged(ctx, v, mark)
		if err != nil {
			return p, err
		}
		p.Staged, p.Swapped = p.Staged && staged, p.Swapped && swapped
	}
	for _, b := range spec.Bindings {
		if p.Loaded[b.Service.Kind], err = s.Volumes.Noted(ctx, owner, mark, loadedWord(b.Service.Kind)); err != nil {
			return p, err
		}
	}
	return p, nil
}

func loadedWord(kind string) string { return "loaded-" + kind }

// Stage makes sure that the backup is whole and has all that the site has now,
// and unpacks its files beside the site's. The site is not touched. A backup
// that cannot be used is an Invalid error.
func (s *Shelf) Stage(ctx context.Context, spec seedbed.SiteSpec) error {
	key, mark := spec.Site.Key(), spec.Deployment.Mark()
	if _, err := s.Restoration(ctx, key, spec.Deployment.Backup); err != nil {
		return gone(err)
	}
	if err := s.Prove(ctx, key, spec.Deployment.Backup); err != nil {
		return gone(err)
	}
	inside, err := s.openBackup(key, spec.Deployment.Backup)
	if err != nil {
		return gone(err)
	}
	defer inside.Close()
	m, err := readManifest(inside)
	if err != nil {
		return err
	}
	for _, b := range spec.Bindings {
		if _, err := m.part(servicePart, b.Service.Kind); err != nil {
			return err
		}
	}
	for _, v := range spec.Volumes {
		if err := s.stageVolume(ctx, inside, m, v, mark); err != nil {
			return err
		}
	}
	if err := s.Volumes.Unstage(ctx, key, mark); err != nil {
		return err
	}
	return s.Volumes.Note(ctx, key, mark, "whole")
}

func (s *Shelf) stageVolume(ctx context.Context, inside *os.Root, m manifest, v seedbed.Volume, mark string) error {
	if staged, _, err := s.Volumes.Staged(ctx, v, mark); staged || err != nil {
		return err
	}
	p, err := m.part(volumePart, v.Name)
	if err != nil {
		return err
	}
	f, err := inside.Open(partFile(p.Kind, p.Name))
	if err != nil {
		return damaged("a part of it is missing.", err)
	}
	defer f.Close()
	return s.Volumes.Stage(ctx, v, mark, func(into *os.Root) error { return unpack(ctx, into, f, p.packed) })
}

// gone says of a backup that was deleted meanwhile that it cannot be used.
func gone(err error) error {
	if seedbed.IsNotFound(err) {
		return damaged("it was deleted.", err)
	}
	return err
}

// Swap puts the backup's files into the place of the site's. What the site had
// is kept beside it until Forget.
func (s *Shelf) Swap(ctx context.Context, spec seedbed.SiteSpec) error {
	for _, v := range spec.Volumes {
		if err := s.Volumes.Swap(ctx, v, spec.Deployment.Mark()); err != nil {
			return err
		}
	}
	return nil
}

// Load has load put back the backup's dump of one kind of service, and notes
// that it did.
func (s *Shelf) Load(ctx context.Context, spec seedbed.SiteSpec, kind string, load func(ctx context.Context, r io.Reader) error) error {
	inside, err := s.openBackup(spec.Site.Key(), spec.Deployment.Backup)
	if err != nil {
		return err
	}
	defer inside.Close()
	m, err := readManifest(inside)
	if err != nil {
		return err
	}
	p, err := m.part(servicePart, kind)
	if err != nil {
		return err
	}
	f, err := inside.Open(partFile(p.Kind, p.Name))
	if err != nil {
		return fmt.Errorf("open the dump of %s: %w", kind, err)
	}
	defer f.Close()
	if err := load(ctx, until{ctx, f}); err != nil {
		return fmt.Errorf("load %s: %w", kind, err)
	}
	return s.Volumes.Note(ctx, spec.Site.Key(), spec.Deployment.Mark(), loadedWord(kind))
}

// Forget deletes what the site had before it was put back.
func (s *Shelf) Forget(ctx context.Context, spec seedbed.SiteSpec) error {
	return s.Volumes.Unstage(ctx, spec.Site.Key(), "")
}
