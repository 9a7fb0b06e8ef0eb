package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/moby/moby/client"
)

const (
	bootstrapTimeout = 15 * time.Minute
	// bootstrapFolder is where a Debian is laid out, inside Builder.Dir.
	bootstrapFolder = "bootstrap"
)

// bootstrapRecipe is what decides what debootstrap and tar put into the ground
// image, apart from the mirror; it is part of the image's reference.
func bootstrapRecipe() []string {
	return append([]string{"debootstrap", "--variant=minbase", "--force-check-gpg", release}, leftOut...)
}

// leftOut is not taken into the image: what only makes it bigger, what the
// container engine puts there itself, and what is the machine's own.
var leftOut = []string{
	"./dev/*", "./proc/*", "./sys/*", "./run/*", "./tmp/*",
	"./debootstrap", "./etc/apt/sources.list", "./etc/hostname", "./etc/resolv.conf", "./etc/machine-id",
	"./usr/share/doc/*/*.gz", "./usr/share/info/*", "./usr/share/locale/*/*", "./usr/share/man/*/*",
	"./var/cache/apt/*", "./var/cache/debconf/*-old", "./var/lib/apt/lists/*", "./var/lib/dpkg/*-old", "./var/log/*.log",
}

// bootstrap makes a Debian in a scratch folder with debootstrap and imports it
// as ref. The folder is removed in any case.
func (b *Builder) bootstrap(ctx context.Context, a apt, ref string) (err error) {
	if os.Geteuid() != 0 {
		return unavailable("Making the base image needs root. Please run this once with sudo.")
	}
	ctx, cancel := context.WithTimeout(ctx, bootstrapTimeout)
	defer cancel()
	dir := filepath.Join(b.Dir, bootstrapFolder)
	if err := removeTree(dir); err != nil {
		return fmt.Errorf("clear away an earlier bootstrap: %w", err)
	}
	defer func() { err = errors.Join(err, removeTree(dir)) }()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the bootstrap folder: %w", err)
	}
	if err := b.debootstrap(ctx, a, dir); err != nil {
		return err
	}
	return b.importTree(ctx, dir, ref)
}

// debootstrap lays out a minimal Debian in dir.
func (b *Builder) debootstrap(ctx context.Context, a apt, dir string) error {
	argv := []string{"--variant=minbase", "--force-check-gpg", "--keyring=" + debianKeyring}
	if a.usesTLS() {
		argv = append(argv, "--include=ca-certificates")
	}
	argv = append(argv, release, dir, a.uri(release))
	cmd := command(ctx, "debootstrap", argv...)
	cmd.Env = append(cmd.Env, "http_proxy="+a.proxy("http"), "https_proxy="+a.proxy("https"))
	last := &tail{}
	cmd.Stdout, cmd.Stderr = last, last
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("debootstrap: %w; it said last:\n%s", err, last)
	}
	return nil
}

// command prepares a program that gets a clean end when ctx ends: debootstrap
// unmounts what it has mounted, given the chance.
func command(ctx context.Context, name string, argv ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, argv...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive")
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// importTree makes dir an image of one layer.
func (b *Builder) importTree(ctx context.Context, dir, ref string) error {
	argv := []string{"--create", "--numeric-owner", "--one-file-system", "--sort=name", "--directory", dir}
	for _, pattern := range leftOut {
		argv = append(argv, "--exclude="+pattern)
	}
	cmd := command(ctx, "tar", append(argv, ".")...)
	said := &tail{}
	cmd.Stderr = said
	archive, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("prepare tar: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start tar: %w", err)
	}
	// Docker gives the archive its name only when it has seen its end; a tar
	// that fails ends the stream with its error, so nothing half gets a name.
	importErr := b.importArchive(ctx, &waited{archive, cmd.Wait}, ref)
	if importErr != nil {
		return fmt.Errorf("import the base image: %w %s", importErr, said)
	}
	return nil
}

// waited is a program's output that ends well only if the program does.
type waited struct {
	io.Reader
	wait func() error
}

// Read returns io.EOF only once the program has ended well.
func (w *waited) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if !errors.Is(err, io.EOF) {
		return n, err
	}
	if failed := w.wait(); failed != nil {
		return n, failed
	}
	return n, io.EOF
}

func (b *Builder) importArchive(ctx context.Context, archive io.Reader, ref string) error {
	source := client.ImageImportSource{Source: archive, SourceName: "-"}
	body, err := b.Docker.ImageImport(ctx, source, ref, client.ImageImportOptions{Message: "debootstrap " + release})
	if err != nil {
		return err
	}
	defer body.Close()
	return follow(body, &tail{})
}

// removeTree deletes a folder in which something may still be mounted, as after
// a debootstrap that was killed. It unmounts first, and deletes nothing while
// anything is mounted there: what is below a mount point is not ours.
func removeTree(dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	mounts, err := mountsBelow(dir)
	if err != nil {
		return err
	}
	for _, m := range mounts {
		if err := syscall.Unmount(m, 0); err != nil {
			return fmt.Errorf("unmount %s: %w", m, err)
		}
	}
	if mounts, err = mountsBelow(dir); err != nil || len(mounts) > 0 {
		return errors.Join(err, fmt.Errorf("%d file systems are still mounted in %s", len(mounts), dir))
	}
	return os.RemoveAll(dir)
}

// mountsBelow returns the mount points inside dir, innermost first.
func mountsBelow(dir string) ([]string, error) {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("read what is mounted: %w", err)
	}
	return parseMounts(table, dir), nil
}

// parseMounts reads the form of proc(5), /proc/[pid]/mountinfo: the mount point
// is the fifth field, with space, tab, newline and backslash as octal escapes.
func parseMounts(table []byte, dir string) []string {
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	var found []string
	for line := range bytes.Lines(table) {
		fields := strings.Fields(string(line))
		if len(fields) < 5 {
			continue
		}
		if point := unescape.Replace(fields[4]); point == dir || strings.HasPrefix(point, dir+"/") {
			found = append(found, point)
		}
	}
	// Later mounts lie on or in earlier ones.
	slices.Reverse(found)
	return found
}
