package storage

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"seedbed"
)

const (
	// marker proves that a folder was made, or taken while empty, by us, and
	// that it is mounted now. Its last line is a name that no other folder has.
	marker     = ".seedbed-volumes"
	markerText = "Seedbed keeps the files of sites and services here, a folder each. Do not change anything by hand.\n"
)

// Memory remembers the mark of the folder with the volumes, apart from it. An
// empty mark means that there was none yet.
type Memory interface {
	// VolumesMark returns what SetVolumesMark was given last.
	VolumesMark(ctx context.Context) (string, error)
	// SetVolumesMark is safe to repeat.
	SetVolumesMark(ctx context.Context, mark string) error
}

// prove makes sure that the folder is the one that we know; one that nobody
// knows yet is taken, if it is empty or was ours before there were marks.
func (d *Directory) prove(ctx context.Context, root *os.Root, known string) error {
	mark, err := readMark(root)
	unmarked := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !unmarked:
		return err
	case known != "" && unmarked:
		return d.absent("The folder "+d.path+" does not hold people’s files now.", err)
	case known != "" && mark != known:
		return d.absent("The folder "+d.path+" holds the files of another installation of Seedbed.", nil)
	case known != "":
		return nil
	case unmarked:
		err = d.checkEmpty(root)
	}
	if err == nil && mark == "" {
		mark, err = sign(root)
	}
	if err != nil {
		return err
	}
	return d.memory.SetVolumesMark(ctx, mark)
}

// Found is what a folder for volumes holds, as it is seen from outside.
type Found struct {
	Mark    string // "" if it is not marked
	Volumes bool   // there are volumes in it
}

// Inspect looks into a folder for volumes and changes nothing. One that is not
// there holds nothing.
func Inspect(dir string) (found Found, err error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		return found, fmt.Errorf("open the folder of volumes: %w", err)
	}
	defer root.Close()
	if found.Mark, err = readMark(root); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return found, err
	}
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return found, fmt.Errorf("read the folder of volumes: %w", err)
	}
	for _, e := range entries {
		found.Volumes = found.Volumes || !strings.HasPrefix(e.Name(), ".") && !isOfFileSystem(e.Name())
	}
	return found, nil
}

func readMark(root *os.Root) (string, error) {
	content, err := root.ReadFile(marker)
	if err != nil {
		return "", fmt.Errorf("read the mark of the folder of volumes: %w", err)
	}
	return strings.TrimSpace(strings.TrimPrefix(string(content), markerText)), nil
}

// checkEmpty refuses a folder that somebody else uses.
func (d *Directory) checkEmpty(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return fmt.Errorf("read the folder of volumes: %w", err)
	}
	for _, e := range entries {
		if !isOfFileSystem(e.Name()) {
			return &seedbed.Error{Code: seedbed.Conflict, Message: "The folder " + d.path + " already holds something that is not Seedbed's. Choose a folder that is empty or does not exist yet."}
		}
	}
	return nil
}

// sign marks a folder as ours. Killed in between, it leaves nothing but a
// draft, which is not in the way.
func sign(root *os.Root) (mark string, err error) {
	mark, draft := rand.Text(), marker+".new"
	if err := writeSynced(root, draft, markerText+mark+"\n"); err != nil {
		return "", fmt.Errorf("mark the folder of volumes: %w", err)
	}
	if err := root.Rename(draft, marker); err != nil {
		return "", fmt.Errorf("mark the folder of volumes: %w", err)
	}
	return mark, syncFolder(root, ".")
}

// isOfFileSystem reports whether an entry is there in every new file system, or
// is our own draft.
func isOfFileSystem(name string) bool {
	return name == "lost+found" || name == ".trashcan" || strings.HasPrefix(name, ".glusterfs") || name == marker+".new"
}

func writeSynced(root *os.Root, name, text string) error {
	f, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
