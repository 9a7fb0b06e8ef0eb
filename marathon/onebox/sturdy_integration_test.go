//go:build integration

package onebox

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"seedbed/marathon/internal/enginetest"
)

// smallDisk mounts a file system of a few megabytes.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	return dir
}

// TestEngine_SaysThatTheDiskIsFullAndGoesOn fills the disk that holds the
// records: orders are refused with the reason, what was known is known, and once
// there is room again everything works.
func TestEngine_SaysThatTheDiskIsFullAndGoesOn(t *testing.T) {
	dir := smallDisk(t)
	t.Run("engine", func(t *testing.T) { // ended before the disk goes
		f := newFixture(t, dry, func(c *Config) { c.Dir = dir })
		f.expect(201, "POST", "/v2/apps", guide)
		ballast := filepath.Join(dir, "ballast")
		fill(t, ballast)
		long := strings.Repeat("x", 1<<20)
		said := f.expect(503, "PUT", "/v2/apps/sites/guide?force=true", fmt.Sprintf(`{"labels":{"long":%q}}`, long))
		if !strings.Contains(said["message"].(string), "disk is full") {
			t.Errorf("%v", said)
		}
		app := f.expect(200, "GET", "/v2/apps/sites/guide", "")["app"].(map[string]any)
		if labels := app["labels"].(map[string]any); labels["name"] != "guide" || labels["long"] != nil {
			t.Errorf("the labels are %v", labels)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		f.expect(200, "PUT", "/v2/apps/sites/guide?force=true", `{"labels":{"name":"new"}}`)
	})
}

// fill writes until there is no room.
func fill(t *testing.T, path string) {
	t.Helper()
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for block := make([]byte, 64<<10); ; {
		if _, err := out.Write(block); err != nil {
			return
		}
	}
}

// TestEngine_OutlivesAClockThatJumps sets the clock back and forth by an hour
// between changes: versions still grow, and deployments still end.
func TestEngine_OutlivesAClockThatJumps(t *testing.T) {
	var jump atomic.Int64
	f := newFixture(t, dry, func(c *Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(jump.Load())).Round(0) } // no monotonic part to help
	})
	last := ""
	for n, by := range []time.Duration{0, -time.Hour, time.Hour, -2 * time.Hour} {
		jump.Store(int64(by))
		f.expect([]int{201, 200}[min(n, 1)], "PUT", "/v2/apps/sites/guide", strings.Replace(guide, `"A":"1"`, fmt.Sprintf(`"A":"%d"`, n+1), 1))
		await(t, "the deployment ends", func() bool {
			_, text := f.raw("GET", "/v2/deployments", "")
			return string(text) == "[]"
		})
		app := f.expect(200, "GET", "/v2/apps/sites/guide", "")["app"].(map[string]any)
		if version := app["version"].(string); version <= last {
			t.Errorf("after a jump of %v the version %s is not later than %s", by, version, last)
		} else {
			last = version
		}
	}
}

// TestEngine_LeavesAloneWhatItsLostRecordsKnew throws the records away under a
// running container. It goes on until its app is made anew, and then gives way.
func TestEngine_LeavesAloneWhatItsLostRecordsKnew(t *testing.T) {
	docker := enginetest.Docker(t)
	image, installation := enginetest.Image(t, docker), enginetest.Installation(t, docker)
	on := func(t *testing.T) *real {
		f := fixtureOn(t, strings.TrimPrefix(docker.DaemonHost(), "unix://"), func(c *Config) {
			c.Installation, c.PortMin, c.PortMax = installation, 39000, 39999
		})
		return &real{fixture: f, docker: docker, image: image, installation: installation}
	}
	old := ""
	t.Run("before", func(t *testing.T) {
		r := on(t)
		r.put(`{}`)
		r.awaitSettled(1)
		old = r.containers()[0]
	})
	t.Run("after", func(t *testing.T) {
		await(t, "a second has passed", func() bool { return time.Now().Unix() > made(t, docker, old)+1 })
		r := on(t)
		r.expect(201, "PUT", "/v2/apps/other", strings.Replace(r.define(`{}`), "/sites/guide", "/other", 1))
		await(t, "the other one runs", func() bool { return len(r.containers()) == 2 })
		if state := r.inspect(old).State; !state.Running {
			t.Fatalf("the old container is %+v", state)
		}
		r.put(`{}`)
		r.awaitSettled(1)
		await(t, "the old container is gone", func() bool { return !slices.Contains(r.containers(), old) })
	})
}

// made is when a container was made, in seconds.
func made(t *testing.T, docker *client.Client, id string) int64 {
	t.Helper()
	found, err := docker.ContainerInspect(t.Context(), id, client.ContainerInspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339Nano, found.Container.Created)
	if err != nil {
		t.Fatal(err)
	}
	return at.Unix()
}

// TestEngine_NoticesAnEndAtOnce has a program end again and again: each end is
// seen when Docker tells of it, and not by the next look that is due anyway.
func TestEngine_NoticesAnEndAtOnce(t *testing.T) {
	r := newMachine(t)
	began := time.Now()
	const ends = 5
	r.expect(201, "PUT", "/v2/apps/short", `{"cmd":"exit 3","mem":32,"cpus":0.1,"backoffSeconds":0.01,"backoffFactor":1}`)
	await(t, "it has ended several times", func() bool { return r.engine.counts.failed.Load() >= ends })
	if took := time.Since(began); took > (ends-1)*lookInterval {
		t.Errorf("%d ends took %v", ends, took)
	}
}
