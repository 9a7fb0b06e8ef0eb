//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"

	"seedbed/catalog/images"
)

// ownImage builds a container image of somebody's own from a folder, unless
// that was done before, and returns its name.
func ownImage(t *testing.T, docker *client.Client, folder string) string {
	t.Helper()
	archive := packed(t, folder)
	name := fmt.Sprintf("seedbed-test/%s:%x", filepath.Base(folder), sha256.Sum256(append(archive, images.Ref("base")...)))
	if _, err := docker.ImageInspect(t.Context(), name); err == nil {
		return name
	}
	result, err := docker.ImageBuild(t.Context(), bytes.NewReader(archive), client.ImageBuildOptions{
		Tags: []string{name}, BuildArgs: map[string]*string{"PARENT": new(images.Ref("base"))}, NetworkMode: "host", Remove: true, ForceRemove: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer result.Body.Close()
	var said bytes.Buffer
	for d := json.NewDecoder(result.Body); ; {
		var m jsonstream.Message
		err := d.Decode(&m)
		if errors.Is(err, io.EOF) {
			return name
		}
		if err != nil || m.Error != nil {
			t.Fatalf("build %s: %v %v\n%s", name, err, m.Error, tail(said.Bytes(), 4096))
		}
		said.WriteString(m.Stream)
	}
}

// packed is a folder as a build context.
func packed(t *testing.T, folder string) []byte {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue // as the caches of an interpreter
		}
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		header := &tar.Header{Name: e.Name(), Mode: 0o644, Size: int64(len(content))}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}
