//go:build integration

package nginxconf_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"seedbed/nginxconf"
)

func TestRouter_LeavesTheStartToSomebodyElse(t *testing.T) {
	r, err := nginxconf.New(nginxconf.Config{
		Dir: filepath.Join(t.TempDir(), "nginx"), ConsulAddr: "127.0.0.1:1", External: true,
		Listen: net.JoinHostPort("127.0.0.1", strconv.Itoa(freePort(t))), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := r.Start(t.Context()); err == nil {
		t.Fatal("it says that nginx serves, and nobody has started it")
	}
	for range 2 { // it may be repeated
		if err := r.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Examine(t.Context()); err == nil {
		t.Error("Examine finds an nginx that does not run")
	}
	start := exec.Command(r.Command()[0], r.Command()[1:]...)
	start.Env = append(os.Environ(), "NGINX_OF=seedbed, as systemd sets variables of its own")
	if out, err := start.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Errorf("it does not find the nginx that runs: %v", err)
	}
	if err := r.Examine(t.Context()); err != nil {
		t.Error(err)
	}
}
