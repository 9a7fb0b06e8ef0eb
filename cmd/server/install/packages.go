package install

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"seedbed"
	"seedbed/cmd/server/bundle"
)

const packageName = "seedbed"

// packages installs Seedbed's package, whose dependencies bring Docker, nginx
// and the rest.
func (i *Installer) packages() Step {
	will := "Install the package seedbed, with Docker, nginx and what they need"
	if i.Manifest != nil {
		will += ", version " + i.Manifest.Version + " from the bundle"
	}
	return Step{Will: will, Done: i.hasPackage, Do: i.installPackage}
}

func (i *Installer) hasPackage(ctx context.Context) (bool, error) {
	version, err := InstalledVersion(ctx)
	if err != nil || i.Manifest == nil {
		return version != "", err
	}
	return version == i.Manifest.Version, nil
}

// InstalledVersion returns the version of the package that is installed whole,
// or "".
func InstalledVersion(ctx context.Context) (string, error) {
	out, err := run(ctx, "dpkg-query", "--show", "--showformat=${db:Status-Status} ${Version}", packageName)
	if err != nil {
		return "", nil //nolint:nilerr // dpkg-query says so of a package that it does not know
	}
	status, version, _ := strings.Cut(out, " ")
	if status != "installed" {
		return "", nil
	}
	return version, nil
}

func (i *Installer) installPackage(ctx context.Context) error {
	if i.Manifest == nil {
		return &seedbed.Error{Code: seedbed.Unavailable, Message: "The Debian package is not installed. Install it first: apt install ./seedbed_….deb. Without internet, use --from and the folder of a bundle."}
	}
	if older, err := i.isOlder(ctx); err != nil || older {
		return errors.Join(err, &seedbed.Error{Code: seedbed.Conflict, Message: "The bundle has an older Seedbed than the one that is installed. Use a newer bundle, or leave --from away."})
	}
	if err := runWhole(ctx, "dpkg", "--configure", "-a"); err != nil { // after an apt that was killed
		return err
	}
	return i.installFromBundle(ctx)
}

func (i *Installer) isOlder(ctx context.Context) (bool, error) {
	installed, err := InstalledVersion(ctx)
	if err != nil || installed == "" {
		return false, err
	}
	_, err = run(ctx, "dpkg", "--compare-versions", i.Manifest.Version, "lt", installed)
	return err == nil, nil
}

// installFromBundle lets apt see the bundle's packages and nothing else. What
// they are was proved by the manifest, so no signature is asked for.
func (i *Installer) installFromBundle(ctx context.Context) (err error) {
	scratch, err := os.MkdirTemp("", "seedbed-install-")
	if err != nil {
		return fmt.Errorf("make a scratch folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	// A link, because a source has no way to write a folder with a space.
	folder := filepath.Join(scratch, "packages")
	if err := errors.Join(os.Symlink(filepath.Join(i.From, bundle.PackageFolder), folder), os.MkdirAll(filepath.Join(scratch, "lists", "partial"), 0o755)); err != nil {
		return fmt.Errorf("prepare apt: %w", err)
	}
	list := filepath.Join(scratch, "bundle.list")
	if err := os.WriteFile(list, []byte("deb [trusted=yes] file:"+folder+" ./\n"), 0o644); err != nil {
		return fmt.Errorf("prepare apt: %w", err)
	}
	only := []string{"-qq", "-o", "DPkg::Lock::Timeout=300", "-o", "Dir::Etc::sourcelist=" + list, "-o", "Dir::Etc::sourceparts=-",
		"-o", "Dir::State::lists=" + filepath.Join(scratch, "lists"), "-o", "APT::Sandbox::User=root", "-o", "Dpkg::Options::=--force-confold"}
	if err := runWhole(ctx, "apt-get", append(only, "update")...); err != nil {
		return err
	}
	return runWhole(ctx, "apt-get", append(only, "install", "--yes", "--no-install-recommends", packageName+"="+i.Manifest.Version, "apparmor")...)
}
