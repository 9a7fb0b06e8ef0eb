package bundle

import (
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
	"strings"

	"github.com/moby/moby/client"

	"seedbed"
)

// Order says what is to be in a bundle, and where it comes from.
type Order struct {
	Deb     string         // Seedbed's package
	Program string         // the program, to begin with on a machine that has nothing
	Images  []string       // references; Docker must have them
	Docker  *client.Client // that has the images
	Say     func(line string)
}

// Make makes a bundle of the order in the folder to. An earlier bundle there is
// replaced when the new one is whole; any other folder is refused. It uses the
// machine's own apt, and the bundle is for machines of the same architecture.
func Make(ctx context.Context, o Order, to string) (err error) {
	if err := replaceable(to); err != nil {
		return err
	}
	draft := to + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return fmt.Errorf("clear away an earlier draft: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(draft)) }()
	if err := os.MkdirAll(filepath.Join(draft, PackageFolder), 0o755); err != nil {
		return fmt.Errorf("make the folder of the bundle: %w", err)
	}
	if err := o.fill(ctx, draft); err != nil {
		return err
	}
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("remove the earlier bundle: %w", err)
	}
	return os.Rename(draft, to)
}

func (o Order) fill(ctx context.Context, dir string) error {
	m := Manifest{Format: format, Images: o.Images}
	var err error
	if m.Version, err = field(ctx, o.Deb, "Version"); err != nil {
		return err
	}
	if m.Architecture, err = field(ctx, o.Deb, "Architecture"); err != nil {
		return err
	}
	if err := copyFile(o.Program, filepath.Join(dir, ProgramName), 0o755); err != nil {
		return err
	}
	o.Say("Collecting Debian packages")
	if err := o.packages(ctx, filepath.Join(dir, PackageFolder)); err != nil {
		return err
	}
	o.Say(fmt.Sprintf("Saving %d container images", len(o.Images)))
	if err := o.saveImages(ctx, filepath.Join(dir, ImagesName)); err != nil {
		return err
	}
	return m.write(dir)
}

// replaceable refuses a folder that holds something else than a bundle.
func replaceable(to string) error {
	entries, err := os.ReadDir(to)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", to, err)
	}
	if !slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == ManifestName }) {
		return &seedbed.Error{Code: seedbed.Conflict, Message: "The folder " + to + " holds something that is not a bundle. Choose one that is empty or does not exist yet."}
	}
	return nil
}

// saveImages writes the images as “docker save” does, compressed. Layers that
// they share are in it once.
func (o Order) saveImages(ctx context.Context, path string) (err error) {
	saved, err := o.Docker.ImageSave(ctx, o.Images)
	if err != nil {
		return fmt.Errorf("save the images: %w", err)
	}
	defer saved.Close()
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("save the images: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	packed, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		return fmt.Errorf("save the images: %w", err)
	}
	if _, err := io.Copy(packed, saved); err != nil {
		return fmt.Errorf("save the images: %w", err)
	}
	return packed.Close()
}

// write describes everything that is in dir and writes the manifest.
func (m Manifest) write(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := sum(root, path)
		m.Files = append(m.Files, f)
		return err
	})
	if err != nil {
		return fmt.Errorf("describe the bundle: %w", err)
	}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("write the manifest: %w", err)
	}
	return root.WriteFile(ManifestName, append(text, '\n'), 0o644)
}

func copyFile(from, to string, mode os.FileMode) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, mode)
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	return nil
}
