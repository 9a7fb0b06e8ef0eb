package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"seedbed"
)

// List returns a site's backups that are whole, the newest first. One that
// cannot be read is listed with its Trouble.
func (s *Shelf) List(_ context.Context, key string) ([]seedbed.Backup, error) {
	root, err := s.open(key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("list backups: %w", err)
	}
	var list []seedbed.Backup
	for _, e := range entries {
		if e.IsDir() && ids.MatchString(e.Name()) {
			list = append(list, s.describe(key, e.Name()))
		}
	}
	slices.SortFunc(list, func(a, b seedbed.Backup) int { return cmp.Compare(b.ID, a.ID) })
	return list, nil
}

// Sites returns the keys of the sites of which there may be backups, in order;
// those of deleted sites as well.
func (s *Shelf) Sites(context.Context) ([]string, error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &seedbed.Error{Code: seedbed.Unavailable, Err: err, Message: "The folder of backups cannot be read. Sites go on without it."}
	}
	var keys []string
	for _, e := range entries {
		if e.IsDir() && names.MatchString(e.Name()) {
			keys = append(keys, e.Name())
		}
	}
	return keys, nil
}

func (s *Shelf) describe(key, id string) seedbed.Backup {
	b := seedbed.Backup{ID: id}
	if at, err := time.Parse("20060102-150405", id[:15]); err == nil {
		b.At = at
	}
	inside, err := s.openBackup(key, id)
	if err != nil {
		b.Trouble = seedbed.MessageOf(err)
		return b
	}
	defer inside.Close()
	m, err := readManifest(inside)
	if err != nil {
		b.Trouble = seedbed.MessageOf(err)
		return b
	}
	b.At, b.By, b.Title, b.Proved = m.Made, m.By, seedbed.Title(m.Site.Title), provedAt(inside)
	for _, p := range m.Parts {
		b.Size += p.Size
		b.Changed += p.Changed
	}
	return b
}

func provedAt(inside *os.Root) time.Time {
	f, err := inside.Open(provedFile)
	if err != nil {
		return time.Time{}
	}
	defer f.Close()
	var p proof
	if json.NewDecoder(io.LimitReader(f, maxManifest)).Decode(&p) != nil || p.At <= 0 {
		return time.Time{}
	}
	return time.Unix(p.At, 0).UTC()
}

// Restoration returns what a backup gives back to its site besides files and
// databases. One that is of another site is Invalid.
func (s *Shelf) Restoration(_ context.Context, key, id string) (seedbed.Restoration, error) {
	inside, err := s.openBackup(key, id)
	if err != nil {
		return seedbed.Restoration{}, err
	}
	defer inside.Close()
	m, err := readManifest(inside)
	if err != nil {
		return seedbed.Restoration{}, err
	}
	if m.Site.Key != key || m.ID != id {
		return seedbed.Restoration{}, damaged("it is of another site.", nil)
	}
	title, err := seedbed.ParseTitle(m.Site.Title)
	if err != nil {
		return seedbed.Restoration{}, damaged("the site’s name in it is none.", err)
	}
	return seedbed.Restoration{Backup: id, Title: title, Settings: m.Settings, Secrets: m.Secrets}, nil
}

func noRoom(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &seedbed.Error{Code: seedbed.Unavailable, Err: err, Message: "There is no room left for backups. Delete old ones, or give the folder of backups more room."}
	}
	return err
}
