package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"seedbed"
	"seedbed/db"
)

const (
	stageFolder = "restore.new"   // being checked
	readyFolder = "restore.ready" // checked whole; Finish puts it in place
	asideFolder = "replaced"      // what was there before
	maxFile     = 8 << 30         // bytes; no portal's database is larger
	engine      = "onebox"        // the engine's records, sealed with the key
)

// Restore checks a backup whole and puts it in place of what is in dir. Nothing
// may run there. What was there before stays in the folder “replaced”. Killed
// before everything is checked, nothing has changed; killed after that, Finish
// completes it. fits is asked whether the database can be used with the key; a
// Conflict from it is returned as it is.
func Restore(ctx context.Context, from, dir string, fits func(ctx context.Context, stage string) error) error {
	stage := filepath.Join(dir, stageFolder)
	if err := os.RemoveAll(stage); err != nil {
		return fmt.Errorf("clear away an earlier attempt: %w", err)
	}
	if err := os.MkdirAll(stage, 0o700); err != nil {
		return fmt.Errorf("make a folder to check the backup in: %w", err)
	}
	if err := check(ctx, from, dir, stage, fits); err != nil {
		return errors.Join(err, os.RemoveAll(stage))
	}
	if err := giveTo(dir, stage); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(dir, asideFolder)); err != nil {
		return fmt.Errorf("remove what an earlier restore put aside: %w", err)
	}
	if err := os.Rename(stage, filepath.Join(dir, readyFolder)); err != nil {
		return fmt.Errorf("take the backup up: %w", err)
	}
	return Finish(dir)
}

// check unpacks the backup into stage and looks whether all of it can be used.
func check(ctx context.Context, from, dir, stage string, fits func(ctx context.Context, stage string) error) error {
	if err := unpack(from, stage); err != nil {
		return &seedbed.Error{Code: seedbed.Invalid, Err: err, Message: "The backup " + from + " cannot be used, because it is damaged or something else. Nothing was changed."}
	}
	if _, err := db.Inspect(ctx, filepath.Join(stage, database)); err != nil {
		return &seedbed.Error{Code: seedbed.Invalid, Err: err, Message: "The database in the backup is damaged. Nothing was changed; use another backup."}
	}
	if _, err := os.Stat(filepath.Join(stage, keyFile)); errors.Is(err, fs.ErrNotExist) {
		if err := keep(filepath.Join(dir, keyFile), filepath.Join(stage, keyFile)); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(stage, keyFile)); err != nil {
		return &seedbed.Error{Code: seedbed.Invalid, Err: err, Message: "The backup was made without the key, and there is none in " + dir + ". Put the file " + keyFile + " there, and try again. Nothing was changed."}
	}
	if err := fits(ctx, stage); seedbed.CodeOf(err) == seedbed.Conflict {
		return err
	} else if err != nil {
		return &seedbed.Error{Code: seedbed.Invalid, Err: err, Message: "The key does not belong to the database in the backup. Nothing was changed."}
	}
	return nil
}

// unpack takes the files that the manifest names, and refuses all else.
func unpack(from, stage string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	packed, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	archive := tar.NewReader(packed)
	m, err := readManifest(archive)
	if err != nil {
		return err
	}
	for _, want := range m.Files {
		if err := take(archive, stage, want); err != nil {
			return err
		}
	}
	if _, err := archive.Next(); !errors.Is(err, io.EOF) {
		return errors.New("there is more in it than its manifest says")
	}
	// The sum of the whole stands at its end, behind that of the archive.
	_, err = io.Copy(io.Discard, packed)
	return err
}

func readManifest(archive *tar.Reader) (m Manifest, err error) {
	header, err := archive.Next()
	if err != nil {
		return m, err
	}
	if header.Name != manifestName {
		return m, errors.New("it does not begin with a manifest")
	}
	decoder := json.NewDecoder(io.LimitReader(archive, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, err
	}
	if m.Format != format {
		return m, fmt.Errorf("its format is %d, and this program knows %d", m.Format, format)
	}
	if !slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == database }) {
		return m, errors.New("it has no database")
	}
	return m, nil
}

// take unpacks the next file and compares it with the manifest.
func take(archive *tar.Reader, stage string, want File) error {
	if !slices.Contains(append([]string{database, keyFile, settingsName}, plain...), want.Name) || want.Size > maxFile {
		return fmt.Errorf("it has a file %q", want.Name)
	}
	header, err := archive.Next()
	if err != nil {
		return err
	}
	if header.Name != want.Name || header.Size != want.Size || header.Typeflag != tar.TypeReg {
		return fmt.Errorf("%s is not what its manifest says", want.Name)
	}
	out, err := os.OpenFile(filepath.Join(stage, want.Name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, archive)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	if got, err := describe(stage, want.Name); err != nil || got != want {
		return errors.Join(err, fmt.Errorf("%s is not what its manifest says", want.Name))
	}
	return nil
}

// giveTo gives the files to whom the folder belongs to.
func giveTo(dir, stage string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fmt.Errorf("look whose folder it is: %w", err)
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) == os.Geteuid() {
		return nil
	}
	files, err := os.ReadDir(stage)
	if err != nil {
		return fmt.Errorf("list the backup's files: %w", err)
	}
	for _, f := range files {
		if err := os.Lchown(filepath.Join(stage, f.Name()), int(owner.Uid), int(owner.Gid)); err != nil {
			return fmt.Errorf("give the backup's files to their owner: %w", err)
		}
	}
	return nil
}

// Finish completes a restore that was checked whole, wherever it was killed. It
// does nothing if there is none. Nothing may run in dir.
func Finish(dir string) error {
	ready := filepath.Join(dir, readyFolder)
	files, err := os.ReadDir(ready)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("finish the restore: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, asideFolder), 0o700); err != nil {
		return fmt.Errorf("finish the restore: %w", err)
	}
	for _, f := range files {
		before, err := putAsideWith(dir, f.Name())
		if err != nil {
			return fmt.Errorf("finish the restore: %w", err)
		}
		for _, name := range before {
			if err := putAside(dir, name); err != nil {
				return fmt.Errorf("finish the restore: %w", err)
			}
		}
		if err := os.Rename(filepath.Join(ready, f.Name()), filepath.Join(dir, f.Name())); err != nil {
			return fmt.Errorf("finish the restore: %w", err)
		}
	}
	return os.Remove(ready)
}

// putAsideWith returns what goes before a file of the backup takes its place:
// the file of before, and what is of no use without it.
func putAsideWith(dir, name string) ([]string, error) {
	switch name {
	case database:
		return []string{database + "-wal", database + "-shm", database}, nil
	case keyFile:
		if same, err := sameFile(filepath.Join(dir, readyFolder, keyFile), filepath.Join(dir, keyFile)); same || err != nil {
			return []string{keyFile}, err
		}
		return []string{engine, keyFile}, nil // the portal hands the engine everything once more
	}
	return []string{name}, nil
}

// sameFile reports whether two small files are alike. One that is not there is
// like no other.
func sameFile(a, b string) (bool, error) {
	one, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	other, err := os.ReadFile(b)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.Equal(one, other), err
}

// putAside moves a file of before, if it is there.
func putAside(dir, name string) error {
	err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, asideFolder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
