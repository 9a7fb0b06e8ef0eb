//go:build integration

package storage_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"seedbed"
	"seedbed/storage"
	"seedbed/storage/glustertest"
)

// world is a cluster with its volume mounted by us.
type world struct {
	*glustertest.Cluster
	*storage.Gluster
	memory *memory
	dir    string
}

func startWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Cluster: glustertest.Start(t), memory: &memory{}, dir: filepath.Join(t.TempDir(), "volumes")}
	w.Gluster = w.open(t, w.Server)
	t.Cleanup(func() {
		w.Close()
		if err := syscall.Unmount(w.dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return w
}

// open opens the volume as another process would.
func (w *world) open(t *testing.T, servers ...string) *storage.Gluster {
	t.Helper()
	g, err := storage.NewGluster(t.Context(), storage.GlusterConfig{
		Volume: w.Volume, Servers: servers, Dir: w.dir, Size: 16, Command: w.Command, Memory: w.memory, Now: time.Now,
		MountLog: filepath.Join(filepath.Dir(w.dir), "mount.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (w *world) ensure(t *testing.T, v seedbed.Volume) string {
	t.Helper()
	path, err := w.Ensure(t.Context(), v)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func (w *world) usage(t *testing.T, v seedbed.Volume) seedbed.VolumeUsage {
	t.Helper()
	all, err := w.Usages(t.Context(), []seedbed.Volume{v})
	if err != nil {
		t.Fatal(err)
	}
	return all[v]
}

func (w *world) state(t *testing.T) seedbed.Storage {
	t.Helper()
	s, err := w.State(t.Context())
	if err != nil || s.Trouble != "" {
		t.Fatalf("%v, %s: %s", err, s.Trouble, s.Words)
	}
	return s
}

// The parts share one cluster and leave it as they found it.
func TestGluster(t *testing.T) {
	w := startWorld(t)
	t.Run("tells how its bricks are", w.tellsBricks)
	t.Run("gives each volume its limit, again and again", w.limits)
	t.Run("refuses what goes over the limit", w.refuses)
	t.Run("takes uploads", w.takesUploads)
	t.Run("goes on without one brick, and heals it", w.heals)
	t.Run("repeats what glusterd was killed in", w.repeatsWithoutGlusterd)
	t.Run("repeats an upload that bricks were killed in", w.repeatsUpload)
	t.Run("mounts again when the mount was lost", w.mountsAgain)
	t.Run("writes nothing where it is not mounted", w.writesNothingUnmounted)
	t.Run("removes volumes with their limits", w.removes)
}

func (w *world) tellsBricks(t *testing.T) {
	s := w.state(t)
	if s.Gluster != w.Volume || s.Replicas != 3 || len(s.Bricks) != 3 || s.Away() != 0 || s.Healing() != 0 || s.Total <= s.Free || s.Free <= 0 {
		t.Errorf("got %+v", s)
	}
	if err := w.CheckBricks(t.Context()); err != nil {
		t.Error(err)
	}
}

func (w *world) limits(t *testing.T) {
	plain, large := seedbed.Volume{Owner: "s1-a", Name: "files"}, seedbed.Volume{Owner: "s1-a", Name: "media", Size: 32}
	for range 2 {
		w.ensure(t, plain)
		w.ensure(t, large)
	}
	if got := w.usage(t, plain).Limit; got != 16<<20 {
		t.Errorf("the limit of a volume that does not say so itself is %d", got)
	}
	if got := w.usage(t, large).Limit; got != 32<<20 {
		t.Errorf("the limit of one that does is %d", got)
	}
	if n := strings.Count(w.CLI("quota", w.Volume, "list"), "/s1-a/"); n != 2 {
		t.Errorf("there are %d limits, want 2", n)
	}
}

func (w *world) refuses(t *testing.T) {
	v := seedbed.Volume{Owner: "s2-full", Name: "files", Size: 4}
	path := w.ensure(t, v)
	written, err := fill(filepath.Join(path, "big"), 256)
	if !errors.Is(err, syscall.EDQUOT) {
		t.Fatalf("after %d MiB: %v, want the quota to refuse", written, err)
	}
	err = w.Put(t.Context(), v, "more.txt", bytes.NewReader(make([]byte, 1<<20)))
	if seedbed.CodeOf(err) != seedbed.Unavailable || !strings.Contains(seedbed.MessageOf(err), "used up") {
		t.Errorf("an upload gives %v", err)
	}
	if _, err := os.Stat(filepath.Join(path, "more.txt")); !os.IsNotExist(err) {
		t.Errorf("half of it is there: %v", err)
	}
	if u := w.usage(t, v); u.Used < 4<<20 {
		t.Errorf("its usage is %+v", u)
	}
}

// fill writes up to a number of MiB into a file, as a container would.
func fill(name string, most int) (written int, err error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	for ; written < most; written++ {
		if _, err := f.Write(make([]byte, 1<<20)); err != nil {
			return written, err
		}
		if err := f.Sync(); err != nil {
			return written, err
		}
	}
	return written, nil
}

func (w *world) takesUploads(t *testing.T) {
	v := seedbed.Volume{Owner: "s3-site", Name: "files"}
	path := w.ensure(t, v)
	packed := pack(t, entry{name: "index.html", content: "hello"}, entry{name: "css/site.css", content: "p{}"})
	if n, err := w.Unpack(t.Context(), v, bytes.NewReader(packed), int64(len(packed)), storage.UnpackOptions{}); n != 2 || err != nil {
		t.Fatalf("unpacked %d, %v", n, err)
	}
	if err := w.Put(t.Context(), v, "über uns.html", strings.NewReader("we")); err != nil {
		t.Fatal(err)
	}
	packed = pack(t, entry{name: "index.html", content: "anew"})
	if _, err := w.Unpack(t.Context(), v, bytes.NewReader(packed), int64(len(packed)), storage.UnpackOptions{Replace: true}); err != nil {
		t.Fatal(err)
	}
	list, _, err := w.Files(t.Context(), v)
	if err != nil || len(list) != 1 || read(t, filepath.Join(path, "index.html")) != "anew" {
		t.Errorf("after a replacement there are %v, %v", list, err)
	}
	if err := w.Delete(t.Context(), v, "index.html"); err != nil {
		t.Error(err)
	}
}

func (w *world) heals(t *testing.T) {
	v := seedbed.Volume{Owner: "s4-heal", Name: "files"}
	w.ensure(t, v)
	w.KillBrick(1)
	w.Until("one brick is seen to be away", func() bool { return w.state(t).Away() == 1 })
	if err := w.Put(t.Context(), v, "index.html", strings.NewReader("written with two of three")); err != nil {
		t.Fatalf("write without one brick: %v", err)
	}
	w.ensure(t, seedbed.Volume{Owner: "s4-heal", Name: "more"})
	if w.state(t).Healing() == 0 {
		t.Error("nothing is told to be behind")
	}
	w.StartBricks()
	w.Until("all is healed", func() bool { s := w.state(t); return s.Away() == 0 && s.Healing() == 0 })
	if got := read(t, filepath.Join(w.Brick(1), "s4-heal/files/index.html")); got != "written with two of three" {
		t.Errorf("the brick that was away has %q", got)
	}
}

func (w *world) repeatsWithoutGlusterd(t *testing.T) {
	v := seedbed.Volume{Owner: "s5-made", Name: "files"}
	w.KillGlusterd()
	_, err := w.Ensure(t.Context(), v)
	wantAway(t, err)
	s, err := w.State(t.Context())
	if err != nil || s.Trouble == "" {
		t.Errorf("the state is %+v, %v; want it to say that GlusterFS is not seen", s, err)
	}
	w.StartGlusterd()
	w.ensure(t, v)
	if u := w.usage(t, v); u.Limit != 16<<20 {
		t.Errorf("its usage is %+v", u)
	}
	w.KillGlusterd()
	wantAway(t, w.Remove(t.Context(), v))
	w.StartGlusterd()
	if err := w.Remove(t.Context(), v); err != nil {
		t.Error(err)
	}
	if there, err := w.Exists(t.Context(), v); there || err != nil {
		t.Errorf("it is there: %v, %v", there, err)
	}
}

func (w *world) repeatsUpload(t *testing.T) {
	v := seedbed.Volume{Owner: "s6-broken", Name: "files"}
	path := w.ensure(t, v)
	r, half := io.Pipe()
	go func() {
		half.Write(make([]byte, 1<<20))
		w.KillBrick(0)
		w.KillBrick(2)
		half.Write(make([]byte, 1<<20))
		half.Close()
	}()
	wantAway(t, w.Put(t.Context(), v, "index.html", r))
	_, err := w.Ensure(t.Context(), seedbed.Volume{Owner: "s6-broken", Name: "other"})
	wantAway(t, err)
	w.StartBricks()
	w.Until("the same upload is taken", func() bool { return w.Put(t.Context(), v, "index.html", strings.NewReader("whole")) == nil })
	if got := read(t, filepath.Join(path, "index.html")); got != "whole" {
		t.Errorf("it now says %q", got)
	}
	again := w.open(t, w.Server)
	defer again.Close()
	if got := tree(t, path); len(got) != 1 {
		t.Errorf("after a restart the volume holds %v", got)
	}
	w.Until("all is healed", func() bool { s := w.state(t); return s.Away() == 0 && s.Healing() == 0 })
}

func (w *world) mountsAgain(t *testing.T) {
	v := seedbed.Volume{Owner: "s7-lost", Name: "files"}
	path := w.ensure(t, v)
	write(t, filepath.Join(path, "index.html"), "kept")
	glustertest.KillMount(t, w.dir)
	theirs := w.open(t) // it may not mount
	defer theirs.Close()
	wantAway(t, theirs.Check(t.Context()))
	w.Until("it is mounted again", func() bool { _, err := w.Ensure(t.Context(), v); return err == nil })
	if got := read(t, filepath.Join(path, "index.html")); got != "kept" {
		t.Errorf("it now says %q", got)
	}
}

func (w *world) writesNothingUnmounted(t *testing.T) {
	if err := syscall.Unmount(w.dir, syscall.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	theirs := w.open(t)
	defer theirs.Close()
	_, err := theirs.Ensure(t.Context(), files)
	wantAway(t, err)
	if got := tree(t, w.dir); len(got) != 0 {
		t.Errorf("the mount point holds %v", got)
	}
	if err := w.Check(t.Context()); err != nil {
		t.Errorf("mount again: %v", err)
	}
}

func (w *world) removes(t *testing.T) {
	v := seedbed.Volume{Owner: "s8-gone", Name: "files"}
	write(t, filepath.Join(w.ensure(t, v), "a/b/c"), "x")
	for range 2 {
		if err := w.Remove(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	if list := w.CLI("quota", w.Volume, "list"); strings.Contains(list, "s8-gone") {
		t.Errorf("its limit is still there:\n%s", list)
	}
	if got := tree(t, filepath.Join(w.dir, ".trash")); len(got) != 0 {
		t.Errorf("the trash holds %v", got)
	}
}
