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

// Line is a wire between an engine and the real Docker that can be cut, or hang.
type Line struct {
	Socket string // where the engine finds Docker

	mu    sync.Mutex
	moved *sync.Cond // the line does not hang any more
	cut   bool
	hangs bool
	calls int
	ends  map[net.Conn]bool
}

// NewLine returns a line that is whole, until the test ends.
func NewLine(t testing.TB, docker *client.Client) *Line {
	t.Helper()
	l := &Line{Socket: filepath.Join(t.TempDir(), "line.sock"), ends: map[net.Conn]bool{}}
	l.moved = sync.NewCond(&l.mu)
	listener, err := net.Listen("unix", l.Socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = listener.Close()
		l.Mend()
	})
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
		_, _ = io.Copy(lined{l, other}, end)
		_ = other.Close()
	}()
	_, _ = io.Copy(lined{l, end}, other)
}

// lined is an end that nothing reaches while the line hangs.
type lined struct {
	line *Line
	end  io.Writer
}

// Write waits until the line does not hang, and writes.
func (w lined) Write(p []byte) (int, error) {
	w.line.mu.Lock()
	for w.line.hangs {
		w.line.moved.Wait()
	}
	w.line.mu.Unlock()
	return w.end.Write(p)
}

func (l *Line) take(ends ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	for _, c := range ends {
		l.ends[c] = true
	}
	return !l.cut
}

// Cut cuts the line, together with all that goes over it.
func (l *Line) Cut() { l.set(true) }

// Hang makes the line take calls and carry nothing, as to a Docker that hangs.
func (l *Line) Hang() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hangs = true
}

// Calls is how many connections the line has taken.
func (l *Line) Calls() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.calls
}

// Mend makes the line whole again.
func (l *Line) Mend() { l.set(false) }

func (l *Line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut, l.hangs = cut, false
	l.moved.Broadcast()
	for c := range l.ends {
		_ = c.Close()
	}
	l.ends = map[net.Conn]bool{}
}
