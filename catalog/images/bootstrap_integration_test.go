//go:build integration

package images

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

func TestBootstrap_StoppedInTheMiddleLeavesNothing(t *testing.T) {
	docker, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	a, err := askApt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := &Builder{Docker: docker, Dir: t.TempDir()}
	dir := filepath.Join(b.Dir, bootstrapFolder)
	const ref = "seedbed/bootstrap-test:stopped"

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		cancelWhenMounted(ctx, cancel, dir)
	}()
	err = b.bootstrap(ctx, a, ref)
	cancel()
	<-stopped
	if err == nil {
		t.Fatal("it was not stopped")
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("its folder is still there: %v", err)
	}
	refs, err := b.references(t.Context())
	if err != nil || slices.Contains(refs, ref) {
		t.Errorf("Docker has half an image: %v, %v", refs, err)
	}
}

// cancelWhenMounted stops debootstrap where it is hardest to tidy up: when it
// has mounted something and begun to unpack.
func cancelWhenMounted(ctx context.Context, cancel func(), dir string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if mounts, err := mountsBelow(dir); err == nil && len(mounts) > 0 {
				cancel()
			}
		}
	}
}

func TestRemoveTree_UnmountsRatherThanDeletingWhatIsMounted(t *testing.T) {
	dir, outside := filepath.Join(t.TempDir(), "bootstrap"), t.TempDir()
	kept := filepath.Join(outside, "kept")
	if err := errors.Join(os.WriteFile(kept, nil, 0o600), os.MkdirAll(filepath.Join(dir, "a b/mnt"), 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount(outside, filepath.Join(dir, "a b/mnt"), "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	if err := removeTree(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the tree is still there: %v", err)
	}
	if _, err := os.Lstat(kept); err != nil {
		t.Errorf("what was mounted is gone: %v", err)
	}
	if err := removeTree(dir); err != nil {
		t.Errorf("a second time: %v", err)
	}
}
