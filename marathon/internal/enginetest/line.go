package enginetest

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/moby/moby/client"
)

// Line is a wire between an engine and the real Docker that can be cut.
type Line struct {
	Socket string // where the engine finds Docker

	mu   sync.Mutex
	cut  bool
	ends map[net.Conn]bool
}

// NewLine returns a line that is whole, until the test ends.
func NewLine(t testing.TB, docker *client.Client) *Line {
	t.Helper()
	l := &Line{Socket: filepath.Join(t.TempDir(), "line.sock"), ends: map[net.Conn]bool{}}
	listener, err := net.Listen("unix", l.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	network, address, _ := strings.Cut(docker.DaemonHost(), "://")
	go func() {
		for {
			end, err := listener.Accept()
			if err != nil {
				return
			}
			go l.join(end, network, address)
		}
	}()
	return l
}

func (l *Line) join(end net.Conn, network, address string) {
	defer end.Close()
	other, err := net.Dial(network, address)
	if err != nil || !l.take(end, other) {
		return
	}
	defer other.Close()
	go func() {
		_, _ = io.Copy(other, end)
		_ = other.Close()
	}()
	_, _ = io.Copy(end, other)
}

func (l *Line) take(ends ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range ends {
		l.ends[c] = true
	}
	return !l.cut
}

// Cut cuts the line, together with all that goes over it.
func (l *Line) Cut() { l.set(true) }

// Mend makes the line whole again.
func (l *Line) Mend() { l.set(false) }

func (l *Line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	for c := range l.ends {
		_ = c.Close()
	}
	l.ends = map[net.Conn]bool{}
}
