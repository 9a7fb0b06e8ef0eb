package images

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/moby/api/types/jsonstream"
)

// buildContext is the tar stream that Docker builds an image from: its embedded
// files, and where apt finds packages.
func buildContext(name string, a apt) io.Reader {
	var buffer bytes.Buffer
	w := tar.NewWriter(&buffer)
	for _, f := range append(recipe(name), a.files()...) {
		// Nothing can fail: the buffer grows and the headers are plain.
		header := &tar.Header{Name: f.name, Mode: mode(f), Size: int64(len(f.content)), Format: tar.FormatPAX}
		if err := errors.Join(w.WriteHeader(header), second(w.Write(f.content))); err != nil {
			panic(fmt.Sprintf("images: build context of %s: %v", name, err))
		}
	}
	if err := w.Close(); err != nil {
		panic(fmt.Sprintf("images: build context of %s: %v", name, err))
	}
	return &buffer
}

func second(_ int, err error) error { return err }

// mode makes scripts executable; embedding forgets who is.
func mode(f file) int64 {
	if bytes.HasPrefix(f.content, []byte("#!")) {
		return 0o755
	}
	return 0o644
}

// follow reads Docker's progress messages to their end and keeps what was said
// last. The error is that of the build.
func follow(messages io.Reader, last io.Writer) error {
	decoder := json.NewDecoder(messages)
	for {
		var m jsonstream.Message
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read Docker's progress: %w", err)
		}
		if m.Error != nil {
			return errors.New(m.Error.Message)
		}
		io.WriteString(last, m.Stream)
	}
}

// tailLines is how many of the last lines a tail keeps.
const tailLines = 15

// tail is a writer that remembers the last lines only.
type tail struct {
	lines   []string
	partial string
}

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	parts := strings.Split(t.partial+string(p), "\n")
	t.partial = parts[len(parts)-1]
	for _, line := range parts[:len(parts)-1] {
		if line = strings.TrimRight(line, " \r\t"); line != "" {
			t.lines = append(t.lines, line)
		}
	}
	if extra := len(t.lines) - tailLines; extra > 0 {
		t.lines = t.lines[extra:]
	}
	return len(p), nil
}

// String returns the lines.
func (t *tail) String() string {
	return strings.TrimSpace(strings.Join(append(t.lines[:len(t.lines):len(t.lines)], t.partial), "\n"))
}
