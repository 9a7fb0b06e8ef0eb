package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/moby/sys/mountinfo"

	"seedbed"
)

// reach makes sure that our GlusterFS volume, and nothing else, is mounted in
// its place, mounting it where that is ours to do.
func (g *Gluster) reach(ctx context.Context) error {
	mounts, err := mountinfo.GetMounts(mountinfo.SingleEntryFilter(g.path))
	if err != nil {
		return fmt.Errorf("read what is mounted: %w", err)
	}
	if len(mounts) > 0 {
		return g.check(ctx, mounts[len(mounts)-1]) // the last one hides the others
	}
	if len(g.config.Servers) == 0 {
		return g.absent("The GlusterFS volume "+g.config.Volume+" is not mounted at "+g.path+".", nil)
	}
	return g.mount(ctx)
}

func (g *Gluster) check(ctx context.Context, m *mountinfo.Info) error {
	_, volume, _ := strings.Cut(m.Source, ":")
	if m.FSType != "fuse.glusterfs" || strings.TrimPrefix(volume, "/") != g.config.Volume {
		return g.absent("At "+g.path+" there is "+m.Source+" instead of the GlusterFS volume "+g.config.Volume+".", nil)
	}
	_, err := os.Stat(g.path)
	if errors.Is(err, syscall.ENOTCONN) && len(g.config.Servers) > 0 && !hasProgram(g.path) {
		return g.mountAgain(ctx)
	}
	return err
}

// hasProgram reports whether the program behind a mount runs. While it does, it
// connects to the bricks again by itself, and what has files open goes on.
func hasProgram(mountPoint string) bool {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, name := range lines {
		line, err := os.ReadFile(name)
		if err != nil {
			continue // it has just ended
		}
		argv := strings.Split(strings.TrimSuffix(string(line), "\x00"), "\x00")
		if filepath.Base(argv[0]) == "glusterfs" && argv[len(argv)-1] == mountPoint {
			return true
		}
	}
	return false
}

// mountAgain replaces a mount whose program has ended: it can never answer
// again, neither us nor a container.
func (g *Gluster) mountAgain(ctx context.Context) error {
	if err := syscall.Unmount(g.path, syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount what is left at %s: %w", g.path, err)
	}
	return g.mount(ctx)
}

func (g *Gluster) mount(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if err := makeMountPoint(g.path); err != nil {
		return err
	}
	servers := g.config.Servers
	argv := []string{"-t", "glusterfs"}
	if options := g.mountOptions(); options != "" {
		argv = append(argv, "-o", options)
	}
	out, err := exec.CommandContext(ctx, "mount", append(argv, servers[0]+":/"+g.config.Volume, g.path)...).CombinedOutput()
	if err != nil {
		return g.absent("The GlusterFS volume "+g.config.Volume+" cannot be mounted from "+strings.Join(servers, ", ")+".", fmt.Errorf("%w: %s", err, out))
	}
	return nil
}

func (g *Gluster) mountOptions() string {
	var options []string
	if reserve := g.config.Servers[1:]; len(reserve) > 0 {
		options = append(options, "backup-volfile-servers="+strings.Join(reserve, ":"))
	}
	if g.config.MountLog != "" {
		options = append(options, "log-file="+g.config.MountLog)
	}
	return strings.Join(options, ",")
}

// makeMountPoint makes the folder to mount on. One that holds files is refused:
// they would be hidden.
func makeMountPoint(dir string) error {
	if err := os.MkdirAll(dir, aroundMode); err != nil {
		return fmt.Errorf("make the mount point: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("read the mount point: %w", err)
	}
	if len(entries) > 0 {
		return &seedbed.Error{Code: seedbed.Conflict, Message: "The folder " + dir + " holds files, so GlusterFS cannot be mounted there. Move them into the GlusterFS volume first (docs/storage.md), or choose another folder."}
	}
	return nil
}
