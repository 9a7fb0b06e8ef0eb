// Package enginetest helps tests that need a real Docker: it makes a small
// image, names installations, and removes whatever they have left. It is for
// tests only.
package enginetest

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// Docker returns a connection to the Docker of the environment. The test fails
// if it does not answer.
func Docker(t testing.TB) *client.Client {
	t.Helper()
	docker, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatalf("connect to Docker: %v", err)
	}
	t.Cleanup(func() { _ = docker.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if _, err := docker.Ping(ctx, client.PingOptions{}); err != nil {
		t.Fatalf("these tests need Docker: %v", err)
	}
	return docker
}

// Image makes an image FROM scratch with the webapp beside this file, returns
// its name, and removes it after the test. Ask for it before the Installation
// that uses it, so that its containers are removed first.
func Image(t testing.TB, docker *client.Client) string {
	t.Helper()
	name := "seedbed-test/webapp:" + random()
	made, err := docker.ImageImport(context.Background(),
		client.ImageImportSource{Source: archive(t, build(t)), SourceName: "-"}, name,
		client.ImageImportOptions{Changes: []string{`ENTRYPOINT ["/webapp"]`}})
	if err != nil {
		t.Fatalf("make the test image: %v", err)
	}
	defer made.Close()
	if _, err := io.Copy(io.Discard, made); err != nil {
		t.Fatalf("make the test image: %v", err)
	}
	t.Cleanup(func() {
		_, _ = docker.ImageRemove(context.Background(), name, client.ImageRemoveOptions{Force: true})
	})
	return name
}

func build(t testing.TB) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "webapp")
	cmd := exec.Command("go", "build", "-o", out, "-ldflags=-s -w", "seedbed/marathon/internal/enginetest/webapp")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the webapp: %v\n%s", err, text)
	}
	program, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func archive(t testing.TB, program []byte) io.Reader {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "webapp", Mode: 0o755, Size: int64(len(program))}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(program); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

// Installation returns the name of an installation of its own. After the test
// its containers and its network are removed.
func Installation(t testing.TB, docker *client.Client) string {
	t.Helper()
	name := "test-" + random()
	t.Cleanup(func() { sweep(t, docker, name) })
	return name
}

func sweep(t testing.TB, docker *client.Client, installation string) {
	ctx := context.Background()
	for _, id := range Containers(t, docker, installation) {
		_, _ = docker.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	}
	networks, err := docker.NetworkList(ctx, client.NetworkListOptions{Filters: label(installation)})
	if err != nil {
		t.Errorf("list networks: %v", err)
	}
	for _, n := range networks.Items {
		// Docker may still be removing a container that the engine was ended over.
		Await(t, 30*time.Second, "the network is removed", func() bool {
			_, err := docker.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{})
			return err == nil || errdefs.IsNotFound(err)
		})
	}
}

// Containers returns the ids of all containers of an installation, whether they
// run or not.
func Containers(t testing.TB, docker *client.Client, installation string) []string {
	t.Helper()
	found, err := docker.ContainerList(context.Background(), client.ContainerListOptions{All: true, Filters: label(installation)})
	if err != nil {
		t.Fatalf("list containers: %v", err)
	}
	var ids []string
	for _, c := range found.Items {
		ids = append(ids, c.ID)
	}
	return ids
}

func label(installation string) client.Filters {
	return client.Filters{}.Add("label", "seedbed.installation="+installation)
}

// Await asks again and again until ok returns true; the test fails after the
// given time. what says what was waited for.
func Await(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("waited %v in vain: %s", limit, what)
		case <-again.C:
		}
	}
}

func random() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails, as crypto/rand says
	return hex.EncodeToString(b)
}
