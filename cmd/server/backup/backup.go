// Package backup keeps what the portal knows in one file and brings it back:
// the database, the key to the secrets in it, the name of the installation and
// the settings. It does not keep what is in sites: volumes and the databases of
// services. Nothing is put in place that was not checked whole before.
package backup

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"seedbed"
	"seedbed/db"
)

// Names of what is kept, in the archive and in the folder of the installation.
const (
	database     = "seedbed.db"
	keyFile      = "secret.key"
	manifestName = "manifest.json"
	settingsName = "settings.env" // those of the time of the backup
	lastName     = "last-backup.json"

	format = 1
)

// plain are files that are kept as they are, where they are there.
var plain = []string{"installation", "docker-host"}

// Manifest says what is in a backup. It is the first file of the archive.
type Manifest struct {
	Format int       `json:"format"`
	Made   time.Time `json:"made"`
	Files  []File    `json:"files"`
}

// File is one file of a backup.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Order says what to keep.
type Order struct {
	Dir      string // of the installation
	Settings string // the settings file; one that is not there is left out
	WithKey  bool   // also the key; then whoever has the backup has all passwords
	Now      time.Time
}

// Make writes a backup to a new file, for its owner alone, beside a Seedbed
// that runs or without one. It appears under its name when it is whole.
func Make(ctx context.Context, o Order, to string) (err error) {
	if _, err := os.Lstat(to); err == nil {
		return &seedbed.Error{Code: seedbed.Conflict, Message: "There is a file " + to + " already. Name one that does not exist yet."}
	}
	stage, err := os.MkdirTemp(filepath.Dir(to), ".seedbed-backup-") // 0700
	if err != nil {
		return fmt.Errorf("make a scratch folder beside %s: %w", to, err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	m, err := o.collect(ctx, stage)
	if err != nil {
		return err
	}
	if err := m.pack(stage, filepath.Join(stage, "archive")); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	if err := os.Rename(filepath.Join(stage, "archive"), to); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return o.note(to)
}

// collect puts everything into the folder stage and describes it.
func (o Order) collect(ctx context.Context, stage string) (Manifest, error) {
	m := Manifest{Format: format, Made: o.Now.UTC()}
	if err := db.Snapshot(ctx, filepath.Join(o.Dir, database), filepath.Join(stage, database)); err != nil {
		return m, err
	}
	names := append([]string{database}, plain...)
	if o.WithKey {
		names = append(names, keyFile)
	}
	for _, name := range names[1:] {
		if err := keep(filepath.Join(o.Dir, name), filepath.Join(stage, name)); err != nil {
			return m, err
		}
	}
	if err := keep(o.Settings, filepath.Join(stage, settingsName)); err != nil {
		return m, err
	}
	for _, name := range append(names, settingsName) {
		f, err := describe(stage, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return m, err
		}
		m.Files = append(m.Files, f)
	}
	return m, nil
}

// keep copies a small file, if it is there.
func keep(from, to string) error {
	text, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) || from == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", from, err)
	}
	return os.WriteFile(to, text, 0o600)
}

func describe(dir, name string) (File, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return File{Name: name, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

// pack writes the archive and sees it onto the disk.
func (m Manifest) pack(stage, to string) (err error) {
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(stage, manifestName), text, 0o600); err != nil {
		return err
	}
	packed := gzip.NewWriter(out)
	archive := tar.NewWriter(packed)
	for _, f := range append([]File{{Name: manifestName, Size: int64(len(text))}}, m.Files...) {
		if err := f.pack(archive, stage, m.Made); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), packed.Close(), out.Sync())
}

func (f File) pack(archive *tar.Writer, stage string, at time.Time) error {
	if err := archive.WriteHeader(&tar.Header{Name: f.Name, Mode: 0o600, Size: f.Size, ModTime: at}); err != nil {
		return err
	}
	in, err := os.Open(filepath.Join(stage, f.Name))
	if err != nil {
		return err
	}
	defer in.Close()
	_, err = io.Copy(archive, in)
	return err
}

// Last is when and where the last backup was made.
type Last struct {
	At time.Time `json:"at"`
	To string    `json:"to"`
}

// note remembers the backup, so that somebody can be told when it grows old.
func (o Order) note(to string) error {
	text, err := json.Marshal(Last{At: o.Now.UTC(), To: to})
	if err != nil {
		return err
	}
	path := filepath.Join(o.Dir, lastName)
	if err := os.WriteFile(path+".new", text, 0o644); err != nil {
		return fmt.Errorf("the backup is written, but not noted: %w", err)
	}
	return os.Rename(path+".new", path)
}

// FindLast returns when the last backup was made; ok is false if never.
func FindLast(dir string) (last Last, ok bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, lastName))
	if errors.Is(err, fs.ErrNotExist) {
		return last, false, nil
	}
	if err != nil {
		return last, false, fmt.Errorf("look for the last backup: %w", err)
	}
	return last, true, json.Unmarshal(text, &last)
}
