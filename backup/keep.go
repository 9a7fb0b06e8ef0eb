package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"seedbed"
)

// Kept reports whether the backup that the site's deployment makes is whole.
func (s *Shelf) Kept(_ context.Context, spec seedbed.SiteSpec) (bool, error) {
	inside, err := s.openBackup(spec.Site.Key(), spec.Deployment.BackupID())
	if seedbed.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer inside.Close()
	_, err = inside.Lstat(provedFile)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Keep makes the backup that the site's deployment is for: databases first, as
// each is at one moment, then the files, while the site goes on. It begins anew
// what was interrupted, and returns when all of it was read once more. dump
// writes the content of the site's part of one kind of service.
func (s *Shelf) Keep(ctx context.Context, spec seedbed.SiteSpec, dump func(ctx context.Context, kind string, w io.Writer) error) error {
	key, id := spec.Site.Key(), spec.Deployment.BackupID()
	if err := os.MkdirAll(filepath.Join(s.Dir, key), 0o700); err != nil {
		return fmt.Errorf("make the folder of backups: %w", err)
	}
	root, err := s.open(key)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := sweep(root); err != nil {
		return err
	}
	if _, err := root.Lstat(id); errors.Is(err, fs.ErrNotExist) {
		if err := s.write(ctx, root, spec, dump); err != nil {
			return fmt.Errorf("write backup %s: %w", id, noRoom(err))
		}
	}
	return s.Prove(ctx, key, id)
}

type dumper = func(ctx context.Context, kind string, w io.Writer) error

// sweep deletes what interrupted backups and deletions have left. A site has
// one deployment under way at a time, so none of it is in use.
func sweep(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), draftPrefix) || strings.HasPrefix(e.Name(), gonePrefix) {
			err = errors.Join(err, root.RemoveAll(e.Name()))
		}
	}
	if err != nil {
		return fmt.Errorf("delete what interrupted backups have left: %w", err)
	}
	return nil
}

// write writes a draft and gives it its name when it is whole and on the disk.
func (s *Shelf) write(ctx context.Context, root *os.Root, spec seedbed.SiteSpec, dump dumper) error {
	id := spec.Deployment.BackupID()
	draft := draftPrefix + id
	secrets, err := s.Secrets.SealedSecrets(ctx, spec.Site.ID)
	if err != nil {
		return err
	}
	if err := errors.Join(root.Mkdir(draft, 0o700), root.Mkdir(draft+"/services", 0o700), root.Mkdir(draft+"/volumes", 0o700)); err != nil {
		return err
	}
	inside, err := root.OpenRoot(draft)
	if err != nil {
		return err
	}
	defer inside.Close()
	m := newManifest(spec, s.Version, secrets)
	if m.Parts, err = s.writeParts(ctx, inside, spec, dump); err != nil {
		return err
	}
	if err := writeJSON(inside, manifestFile, m); err != nil {
		return err
	}
	if err := errors.Join(sync(inside, "services"), sync(inside, "volumes"), sync(inside, ".")); err != nil {
		return err
	}
	return errors.Join(root.Rename(draft, id), sync(root, "."))
}

func (s *Shelf) writeParts(ctx context.Context, inside *os.Root, spec seedbed.SiteSpec, dump dumper) (parts []part, err error) {
	for _, b := range spec.Bindings {
		p := part{Kind: servicePart, Name: b.Service.Kind}
		err := writePart(inside, &p, func(w io.Writer) error { return dump(ctx, b.Service.Kind, w) })
		if err != nil {
			return nil, fmt.Errorf("dump %s: %w", b.Service.Kind, err)
		}
		parts = append(parts, p)
	}
	for _, v := range spec.Volumes {
		p := part{Kind: volumePart, Name: v.Name}
		err := writePart(inside, &p, func(w io.Writer) error { return s.packVolume(ctx, v, &p.packed, w) })
		if err != nil {
			return nil, fmt.Errorf("pack volume %q: %w", v.Name, err)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func (s *Shelf) packVolume(ctx context.Context, v seedbed.Volume, into *packed, w io.Writer) error {
	volume, err := s.Volumes.OpenVolume(ctx, v)
	if err != nil {
		return err
	}
	defer volume.Close()
	*into, err = pack(ctx, volume, w)
	return err
}

// writePart writes a part's file and notes its size and checksum.
func writePart(inside *os.Root, p *part, write func(io.Writer) error) error {
	f, err := inside.OpenFile(partFile(p.Kind, p.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	err = write(io.MultiWriter(f, sum))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	info, err := inside.Stat(partFile(p.Kind, p.Name))
	if err != nil {
		return err
	}
	p.Size, p.SHA256 = info.Size(), sum.Sum(nil)
	return nil
}

// proof tells when a backup was last found whole.
type proof struct {
	At int64 `json:"at"` // seconds since 1970
}

// Prove reads all of a backup and compares it with its checksums. One that is
// not whole is an Invalid error.
func (s *Shelf) Prove(ctx context.Context, key, id string) error {
	inside, err := s.openBackup(key, id)
	if err != nil {
		return err
	}
	defer inside.Close()
	m, err := readManifest(inside)
	if err != nil {
		return err
	}
	for _, p := range m.Parts {
		if err := provePart(ctx, inside, p); err != nil {
			return err
		}
	}
	return writeJSON(inside, provedFile, proof{s.Now().Unix()})
}

func provePart(ctx context.Context, inside *os.Root, p part) error {
	name := partFile(p.Kind, p.Name)
	f, err := inside.Open(name)
	if err != nil {
		return damaged("a part of it, "+name+", is missing.", err)
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, until{ctx, f})
	if err != nil {
		return fmt.Errorf("read %s: %w", path.Base(name), err)
	}
	if n != p.Size || string(sum.Sum(nil)) != string(p.SHA256) {
		return damaged("a part of it, "+name+", is not as it was written.", nil)
	}
	return nil
}
