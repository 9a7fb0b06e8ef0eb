package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"seedbed/catalog/images"
)

// need is a file that must be on the machine, and Debian's package that brings
// it.
type need struct{ file, packageName string }

var (
	needs = []need{
		{"/usr/sbin/dockerd", "docker.io"},
		{"/usr/sbin/nginx", "nginx-light"},
		{"/usr/lib/nginx/modules/ngx_stream_module.so", "libnginx-mod-stream"},
		{"/usr/sbin/debootstrap", "debootstrap"},
		{"/usr/bin/pg_dump", "postgresql-client"},
		{"/usr/bin/mariadb-dump", "mariadb-client"},
	}
	glusterNeeds = []need{{"/usr/sbin/gluster", "glusterfs-cli"}, {"/usr/sbin/mount.glusterfs", "glusterfs-client"}}
	testNeeds    = []need{
		{"/usr/bin/chromium", "chromium"},
		{"/usr/bin/docker-registry", "docker-registry"},
		{"/usr/sbin/glusterd", "glusterfs-server"},
		{"/usr/sbin/mount.glusterfs", "glusterfs-client"},
	}
	// firstImages are what most people begin with. serve builds the others
	// while it runs.
	firstImages = []string{"postgres", "static-site", "wiki"}
)

// prepare is `seedbed prepare`: it installs what is missing, starts Docker and
// builds the images that most people begin with, or all. What is there already is
// left alone, so it is quick the second time and may be stopped and repeated.
func prepare(ctx context.Context, args []string) error {
	forTests, all := false, false
	c, err := parseConfig("prepare", args, func(f *flag.FlagSet) {
		f.BoolVar(&all, "all-images", false, "build all images now, which serve would build later")
		f.BoolVar(&forTests, "for-tests", false, "install also what the tests need, and build all images")
	})
	if err != nil {
		return err
	}
	say := func(line string) { fmt.Println(line) }
	wanted := needs
	if forTests {
		wanted = append(wanted, testNeeds...)
	}
	if c.Volumes != "folder" {
		wanted = append(wanted, glusterNeeds...)
	}
	if err := installMissing(ctx, wanted, say); err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o711); err != nil {
		return fmt.Errorf("make the folder that keeps everything: %w", err)
	}
	docker, _, err := ensureDocker(ctx, c, say)
	if err != nil {
		return err
	}
	builder := images.Builder{Docker: docker, Dir: c.path("build"), Progress: say}
	if all || forTests {
		return builder.Build(ctx)
	}
	return builder.Build(ctx, firstImages...)
}

// installMissing installs the packages of the files that are not there.
func installMissing(ctx context.Context, wanted []need, say func(string)) error {
	var packages []string
	for _, n := range wanted {
		if _, err := os.Stat(n.file); err != nil {
			packages = append(packages, n.packageName)
		}
	}
	if len(packages) == 0 {
		return nil
	}
	if os.Geteuid() != 0 {
		return errors.New("installing packages needs root; run it with sudo")
	}
	say("Installing " + strings.Join(packages, ", ") + " from Debian's packages")
	if err := apt(ctx, "update", "-qq"); err != nil {
		return err
	}
	hadNginx := exists("/usr/sbin/nginx")
	if err := apt(ctx, append([]string{"install", "-y", "-qq", "--no-install-recommends"}, packages...)...); err != nil {
		return err
	}
	if !hadNginx {
		return restNginx(ctx)
	}
	return nil
}

func apt(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "apt-get", append([]string{"-o", "DPkg::Lock::Timeout=300"}, args...)...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w\n%s", args[0], err, out)
	}
	return nil
}

// restNginx switches off the nginx that the package has just started on port
// 80: Seedbed runs one of its own, and nobody asked for that one.
func restNginx(ctx context.Context) error {
	if !hasSystemd() {
		return nil
	}
	if out, err := exec.CommandContext(ctx, "systemctl", "disable", "--now", "nginx").CombinedOutput(); err != nil {
		return fmt.Errorf("switch off the package's nginx: %w: %s", err, out)
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
