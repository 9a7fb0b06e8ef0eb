package onebox

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"

	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/client"
)

// mesosSandbox is where a task finds its sandbox, as in Mesos.
const mesosSandbox = "/mnt/mesos/sandbox"

// programPath is where programs of the machine are looked for.
const programPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// programFolders are those of the machine that hold its programs.
var programFolders = []string{"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}

// programSettings is all that a program sees of the machine's /etc: what the
// loader, the resolver, clocks, languages and certificates need, and nothing
// that is secret or tells who uses the machine.
var programSettings = []string{
	"alternatives", "ca-certificates", "fonts", "gai.conf", "host.conf", "java-*-openjdk", "ld.so.cache", "ld.so.conf",
	"ld.so.conf.d", "localtime", "magic", "mime.types", "nsswitch.conf", "os-release", "perl", "pki/tls/certs",
	"protocols", "python3*", "services", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone",
}

// TaskUsers are the numbers of the users that plain commands run as, both
// included. No account of the machine may have one of them.
type TaskUsers struct{ First, Last int }

func (u TaskUsers) check() error {
	if u.First < 1000 || u.Last < u.First || u.Last >= 1<<31 {
		return fmt.Errorf("users %d to %d are no range of users for tasks", u.First, u.Last)
	}
	return nil
}

// isProgram reports whether the app is a command of the machine, without an
// image.
func (a *app) isProgram() bool { return a.image() == nil }

func (a *app) validateProgram(m mistakes) {
	if a.isProgram() && a.User != "" {
		m.add("/user", "A command without an image runs as a user that belongs to this app alone. Leave the user out, or name an image.")
	}
}

// userFor returns the user of an app's plain commands: always the same if
// nobody else has it, so that what it wrote into a volume stays its own.
func (u TaskUsers) userFor(t *txn, a *app) int {
	if !a.isProgram() {
		return 0
	}
	taken, many := map[int]bool{}, u.Last-u.First+1
	for _, i := range t.allInstances() {
		if i.App == a.ID && i.User != 0 {
			return i.User
		}
		taken[i.User] = true
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(a.ID)) // to memory
	start := int(h.Sum32() % uint32(many))
	for n := range many {
		if user := u.First + (start+n)%many; !taken[user] {
			return user
		}
	}
	return u.First + start // more apps than users: two share one
}

// asProgram makes what Docker is asked for into a command of the machine: a
// container from an image that is empty, in which the machine's programs are
// mounted, for a user of its own that may do nothing.
func (d *docker) asProgram(c *client.ContainerCreateOptions, i *instance) {
	c.Config.WorkingDir, c.Config.User = mesosSandbox, fmt.Sprintf("%d:%d", i.User, i.User)
	c.Config.Entrypoint = append(firstProcess("/"), c.Config.Entrypoint...)
	c.HostConfig.CapAdd = nil
	c.HostConfig.Mounts = append(machineMounts("/"), c.HostConfig.Mounts...)
}

// firstProcess returns what is put before a program's command, if the machine
// has it: a shell that is the first process of its container does not hear
// SIGTERM. Docker's own option cannot be used, for it wants to write below /sbin.
func firstProcess(root string) []string {
	for _, path := range []string{"/usr/bin/docker-init", "/usr/libexec/docker/docker-init", "/usr/sbin/docker-init", "/usr/bin/tini"} {
		if info, err := os.Stat(filepath.Join(root, path)); err == nil && info.Mode().IsRegular() {
			return []string{path, "--"}
		}
	}
	return nil
}

// machineMounts are the machine's programs and the settings that they need.
func machineMounts(root string) (out []mount.Mount) {
	for _, folder := range programFolders {
		if info, err := os.Lstat(filepath.Join(root, folder)); err == nil && info.IsDir() {
			out = append(out, readOnly(filepath.Join(root, folder), folder))
		}
	}
	for _, pattern := range programSettings {
		found, _ := filepath.Glob(filepath.Join(root, "etc", pattern)) // the patterns are right
		for _, path := range found {
			real, err := filepath.EvalSymlinks(path)
			if inside, err2 := filepath.Rel(root, path); err == nil && err2 == nil {
				out = append(out, readOnly(real, "/"+inside))
			}
		}
	}
	return out
}

func readOnly(from, to string) mount.Mount {
	// What is mounted below, such as another disk, is not needed by programs, and
	// Docker would let it be written.
	return mount.Mount{
		Type: mount.TypeBind, Source: from, Target: to, ReadOnly: true,
		BindOptions: &mount.BindOptions{NonRecursive: true},
	}
}

// accounts is the /etc/passwd and /etc/group of a program: root, nobody, itself.
func accounts(user int) (passwd, group string) {
	n := strconv.Itoa(user)
	return "root:x:0:0:root:/:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" +
			"task:x:" + n + ":" + n + "::" + mesosSandbox + ":/bin/sh\n",
		"root:x:0:\nnogroup:x:65534:\ntask:x:" + n + ":\n"
}
