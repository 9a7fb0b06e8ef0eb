package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// packages downloads Seedbed's package with all that it depends on into dir,
// down to the C library: what the machine has already does not count, because
// the one that is installed may have less.
func (o Order) packages(ctx context.Context, dir string) error {
	deb, err := filepath.Abs(o.Deb)
	if err != nil {
		return fmt.Errorf("find the package: %w", err)
	}
	recommended, err := field(ctx, deb, "Recommends")
	if err != nil {
		return err
	}
	if err := download(ctx, dir, append([]string{deb}, names(recommended)...)); err != nil {
		return err
	}
	if err := copyFile(deb, filepath.Join(dir, filepath.Base(deb)), 0o644); err != nil {
		return err
	}
	return writeIndex(ctx, dir)
}

// download lets apt choose and fetch packages as for a machine that has none.
func download(ctx context.Context, dir string, packages []string) error {
	scratch, err := os.MkdirTemp("", "seedbed-bundle-")
	if err != nil {
		return fmt.Errorf("make a scratch folder: %w", err)
	}
	defer os.RemoveAll(scratch)
	status := filepath.Join(scratch, "status")
	if err := errors.Join(os.WriteFile(status, nil, 0o644), os.Mkdir(filepath.Join(scratch, "partial"), 0o755)); err != nil {
		return fmt.Errorf("prepare apt: %w", err)
	}
	if _, err := run(ctx, "apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq", "update"); err != nil {
		return err
	}
	argv := []string{"-qq", "-y", "--no-install-recommends", "--download-only",
		"-o", "Dir::State::status=" + status, "-o", "Dir::Cache::archives=" + scratch, "-o", "APT::Sandbox::User=root", "install"}
	if _, err := run(ctx, "apt-get", append(argv, packages...)...); err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(scratch, "*.deb"))
	if err != nil {
		return err
	}
	for _, one := range found {
		// apt writes the colon of an epoch as %3a, which in the index of an
		// archive means the colon itself.
		name := strings.ReplaceAll(filepath.Base(one), "%3a", "~")
		if err := copyFile(one, filepath.Join(dir, name), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeIndex writes the file by which apt finds the packages of a folder
// (deb822(5), apt-ftparchive(1)).
func writeIndex(ctx context.Context, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("write the index of packages: %w", err)
	}
	defer root.Close()
	found, err := filepath.Glob(filepath.Join(dir, "*.deb"))
	if err != nil {
		return err
	}
	var index bytes.Buffer
	for _, path := range found {
		control, err := run(ctx, "dpkg-deb", "--field", path)
		if err != nil {
			return err
		}
		f, err := sum(root, filepath.Base(path))
		if err != nil {
			return fmt.Errorf("write the index of packages: %w", err)
		}
		fmt.Fprintf(&index, "%s\nFilename: ./%s\nSize: %d\nSHA256: %s\n\n", bytes.TrimSpace(control), f.Path, f.Size, f.SHA256)
	}
	return root.WriteFile("Packages", index.Bytes(), 0o644)
}

// names returns the packages of a Depends or Recommends field, of alternatives
// the first.
func names(field string) (all []string) {
	for one := range strings.SplitSeq(field, ",") {
		if words := strings.Fields(one); len(words) > 0 {
			all = append(all, words[0])
		}
	}
	return all
}

// field returns a field of a package's control file, "" if it has none.
func field(ctx context.Context, deb, name string) (string, error) {
	value, err := run(ctx, "dpkg-deb", "--field", deb, name)
	return strings.TrimSpace(string(value)), err
}

func run(ctx context.Context, name string, argv ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, argv...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(said.Bytes()))
	}
	return out, nil
}
