// Package bundle collects everything that an installation needs into one
// folder, for machines that the internet does not reach, and checks such a
// folder before anything in it is used: the program, the Debian packages with
// an index for apt, the container images, and a manifest with the SHA-256 sum
// of each. It installs nothing.
package bundle

import (
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
	"slices"

	"seedbed"
)

// Names in the folder of a bundle.
const (
	ManifestName  = "manifest.json"
	ProgramName   = "seedbed"
	PackageFolder = "packages"
	ImagesName    = "images.tar.gz"
)

// format is the version of the manifest.
const format = 1

// Manifest says what is in a bundle.
type Manifest struct {
	Format       int      `json:"format"`
	Version      string   `json:"version"` // of Seedbed's package
	Architecture string   `json:"architecture"`
	Images       []string `json:"images"` // references
	Files        []File   `json:"files"`  // all but the manifest, by path
}

// File is one file of a bundle.
type File struct {
	Path   string `json:"path"` // below the folder, with slashes
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Open reads the manifest of the bundle in dir. It trusts nothing else in there
// yet; see Verify.
func Open(dir string) (Manifest, error) {
	var m Manifest
	f, err := os.Open(filepath.Join(dir, ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, seedbed.Missing("There is no bundle in " + dir + ": it has no " + ManifestName + ". Name the folder that “seedbed bundle” made.")
	}
	if err != nil {
		return m, fmt.Errorf("open the bundle: %w", err)
	}
	defer f.Close()
	decoder := json.NewDecoder(f)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, broken("its manifest cannot be read", err)
	}
	if m.Format != format {
		return m, broken(fmt.Sprintf("its format is %d, and this program knows %d", m.Format, format), nil)
	}
	return m, nil
}

func broken(why string, err error) error {
	return &seedbed.Error{Code: seedbed.Invalid, Err: err, Message: "The bundle cannot be used: " + why + ". Copy it once more, or make a new one."}
}

// Verify compares every file with the manifest. Nothing in the folder may be
// used before it has returned nil.
func (m Manifest) Verify(ctx context.Context, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open the bundle: %w", err)
	}
	defer root.Close()
	for _, want := range m.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		got, err := sum(root, want.Path)
		if err != nil {
			return broken(want.Path+" cannot be read", err)
		}
		if got != want {
			return broken(want.Path+" is not what it was when the bundle was made", nil)
		}
	}
	return m.nothingElse(root)
}

// nothingElse refuses packages that the manifest does not know: apt would take
// them.
func (m Manifest) nothingElse(root *os.Root) error {
	found, err := fs.ReadDir(root.FS(), PackageFolder)
	if err != nil {
		return broken("its packages cannot be listed", err)
	}
	for _, one := range found {
		path := PackageFolder + "/" + one.Name()
		if !slices.ContainsFunc(m.Files, func(f File) bool { return f.Path == path }) {
			return broken(path+" does not belong to it", nil)
		}
	}
	return nil
}

// sum describes a file as it is.
func sum(root *os.Root, path string) (File, error) {
	f, err := root.Open(path)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return File{Path: path, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}
