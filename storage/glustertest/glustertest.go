//go:build linux

// Package glustertest starts a real GlusterFS for a test: glusterd with one
// replicated volume of three bricks, on an address of this machine that nobody
// else uses. glusterd keeps its state in folders with fixed names, so it runs in
// a mount namespace of its own, in which these are private; any number of tests
// and the machine's own GlusterFS do not disturb each other. All of it is gone
// when the test ends. It needs root.
package glustertest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Bricks is how many bricks the volume has; each has every file.
const Bricks = 3

// Cluster is a GlusterFS that runs.
type Cluster struct {
	Server  string   // address to mount the volume from
	Volume  string   // name of the volume
	Command []string // speaks to glusterd: add what gluster is to do

	t      *testing.T
	dir    string
	holder *exec.Cmd // keeps the namespace
	inside []string  // runs a program in the namespace
}

// Start starts the cluster, with its volume started.
func Start(t *testing.T) *Cluster {
	t.Helper()
	dir, err := os.MkdirTemp("", "gluster")
	if err != nil {
		t.Fatal(err)
	}
	c := &Cluster{t: t, dir: dir, Volume: "test", Server: fmt.Sprintf("127.%d.%d.%d", 64+rand.N(63), rand.N(255), 1+rand.N(253))}
	t.Cleanup(c.stop)
	c.makeNamespace()
	c.StartGlusterd()
	args := []string{"create", c.Volume, "replica", strconv.Itoa(Bricks)}
	for n := range Bricks {
		args = append(args, c.Server+":"+c.Brick(n))
	}
	c.CLI(append(args, "force")...)
	c.CLI("start", c.Volume)
	return c
}

// makeNamespace gives glusterd folders of its own where it wants to have some.
func (c *Cluster) makeNamespace() {
	c.t.Helper()
	c.holder = exec.Command("unshare", "--mount", "--propagation", "slave", "sleep", "infinity")
	if err := c.holder.Start(); err != nil {
		c.t.Fatal(err)
	}
	namespace := fmt.Sprintf("/proc/%d/ns/mnt", c.holder.Process.Pid)
	own, _ := os.Readlink("/proc/self/ns/mnt")
	c.Until("the namespace is there", func() bool {
		its, err := os.Readlink(namespace)
		return err == nil && its != own
	})
	c.inside = []string{"nsenter", "--mount=" + namespace}
	c.Command = append(c.inside[:2:2], "gluster")
	for _, private := range []string{"/run", "/var/lib/glusterd", "/var/log/glusterfs"} {
		c.run(append(c.inside[:2:2], "mount", "-t", "tmpfs", "tmpfs", private)...)
	}
	c.run(append(c.inside[:2:2], "mkdir", "/run/gluster")...)
	for n := range Bricks {
		if err := os.Mkdir(c.Brick(n), 0o755); err != nil {
			c.t.Fatal(err)
		}
	}
}

// Brick is the folder of a brick, counted from 0.
func (c *Cluster) Brick(n int) string { return filepath.Join(c.dir, fmt.Sprintf("brick%d", n+1)) }

// StartGlusterd starts the management daemon, and the bricks that do not run.
func (c *Cluster) StartGlusterd() {
	c.t.Helper()
	config := filepath.Join(c.dir, "glusterd.vol")
	if err := os.WriteFile(config, fmt.Appendf(nil, glusterdVolume, c.Server), 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.run(append(c.inside[:2:2], "glusterd", "-f", config, "-p", "/run/glusterd.pid")...)
	c.Until("glusterd answers", func() bool {
		return exec.Command(c.Command[0], append(c.Command[1:], "--mode=script", "peer", "status")...).Run() == nil
	})
}

const glusterdVolume = `volume management
    type mgmt/glusterd
    option working-directory /var/lib/glusterd
    option transport-type socket
    option transport.address-family inet
    option transport.socket.bind-address %s
    option transport.socket.read-fail-log off
    option ping-timeout 0
    option event-threads 1
end-volume
`

// KillGlusterd kills the management daemon; bricks and mounts go on.
func (c *Cluster) KillGlusterd() {
	c.t.Helper()
	c.kill(func(p process) bool { return p.is("glusterd") })
}

// KillBrick kills a brick, counted from 0.
func (c *Cluster) KillBrick(n int) {
	c.t.Helper()
	c.kill(func(p process) bool { return p.is("glusterfsd") && p.has(c.Brick(n)) })
}

// StartBricks starts the bricks that do not run. glusterd may take a while to
// notice that they do not.
func (c *Cluster) StartBricks() {
	c.t.Helper()
	c.Until("all bricks run", func() bool {
		c.CLI("start", c.Volume, "force")
		for n := range Bricks {
			if !slices.ContainsFunc(c.members(), func(p process) bool { return p.is("glusterfsd") && p.has(c.Brick(n)) }) {
				return false
			}
		}
		return true
	})
}

// CLI runs "gluster volume …" and returns what it printed.
func (c *Cluster) CLI(args ...string) string {
	c.t.Helper()
	return c.run(append(append(c.Command[:3:3], "--mode=script", "volume"), args...)...)
}

// KillMount kills the program behind a mount of the volume on this machine.
func KillMount(t *testing.T, dir string) {
	t.Helper()
	for _, p := range processes() {
		if p.is("glusterfs") && p.has(dir) {
			if err := syscall.Kill(p.pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no program behind the mount at %s", dir)
}

// Until waits for a condition, for at most a minute.
func (c *Cluster) Until(what string, is func() bool) {
	c.t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("after a minute, it is not so that %s", what)
		}
	}
}

func (c *Cluster) run(argv ...string) string {
	c.t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("%v: %v: %s", argv, err, out)
	}
	return string(out)
}

func (c *Cluster) kill(is func(process) bool) {
	c.t.Helper()
	killed := 0
	for _, p := range c.members() {
		if is(p) && syscall.Kill(p.pid, syscall.SIGKILL) == nil {
			killed++
			c.Until("it has ended", func() bool { return errors.Is(syscall.Kill(p.pid, 0), syscall.ESRCH) || p.isZombie() })
		}
	}
	if killed == 0 {
		c.t.Fatal("there is no such process to kill")
	}
}

// stop ends what runs in the namespace, the holder last.
func (c *Cluster) stop() {
	if c.holder == nil || c.holder.Process == nil {
		return
	}
	for range 3 { // one that is ending may have started another
		for _, p := range c.members() {
			if p.pid != c.holder.Process.Pid {
				_ = syscall.Kill(p.pid, syscall.SIGKILL)
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	_ = c.holder.Process.Kill()
	_ = c.holder.Wait()
	if err := os.RemoveAll(c.dir); err != nil {
		c.t.Errorf("delete the bricks: %v", err)
	}
}
