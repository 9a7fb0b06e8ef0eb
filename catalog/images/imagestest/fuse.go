//go:build integration

package imagestest

import (
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
)

// Fuse relays TCP connections to a server and counts what passes. At the point
// that it is set for it blows: it holds all connections as they are and passes
// nothing more, so that the server can be killed at a moment that is the same
// each time.
type Fuse struct {
	listener net.Listener

	mu      sync.Mutex
	to      string
	at      Point
	passed  Point
	isBlown bool
	blown   chan struct{} // closed when it blows
	lines   map[*line]bool
}

// Point is a point of a conversation, counted from the last Set over all
// connections: the first byte of an answer, or a byte in either direction,
// counted from 1. That byte is the first that does not pass. Zero is never.
type Point struct{ Answers, Bytes int }

// line is one connection with both of its ends.
type line struct {
	client, server *net.TCPConn
	answering      bool // the server spoke last
}

// NewFuse starts a relay that ends with the test. It leads nowhere before Aim.
func NewFuse(t testing.TB) *Fuse {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &Fuse{listener: l, blown: make(chan struct{}), lines: map[*line]bool{}}
	t.Cleanup(func() { l.Close(); f.Set(Point{}) })
	go f.serve()
	return f
}

// Port is the port of the loopback address that it listens on.
func (f *Fuse) Port() int { return f.listener.Addr().(*net.TCPAddr).Port }

// Aim leads new connections to a server.
func (f *Fuse) Aim(host string, port int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.to = net.JoinHostPort(host, strconv.Itoa(port))
}

// Set breaks all connections and counts from zero, up to that point.
func (f *Fuse) Set(at Point) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for l := range f.lines {
		l.close()
	}
	f.at, f.passed, f.isBlown, f.blown, f.lines = at, Point{}, false, make(chan struct{}), map[*line]bool{}
}

// Passed is how far the conversation came since Set.
func (f *Fuse) Passed() Point {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.passed
}

// Blown is closed when it blows. Set makes a new one.
func (f *Fuse) Blown() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.blown
}

func (f *Fuse) serve() {
	for {
		from, err := f.listener.Accept()
		if err != nil {
			return
		}
		go f.relay(from.(*net.TCPConn))
	}
}

// relay leads one connection through, until both of its ends have said all.
func (f *Fuse) relay(client *net.TCPConn) {
	l := f.connect(client)
	if l == nil {
		client.Close()
		return
	}
	var both sync.WaitGroup
	both.Go(func() { f.pass(l, l.server, client, false) })
	both.Go(func() { f.pass(l, client, l.server, true) })
	both.Wait()
	f.forget(l)
}

// connect returns nil where there is no server, or the fuse has blown.
func (f *Fuse) connect(client *net.TCPConn) *line {
	f.mu.Lock()
	defer f.mu.Unlock()
	server, err := net.Dial("tcp", f.to)
	if err != nil {
		return nil
	}
	l := &line{client: client, server: server.(*net.TCPConn)}
	if f.isBlown {
		l.close()
		return nil
	}
	f.lines[l] = true
	return l
}

func (f *Fuse) forget(l *line) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.isBlown { // then both ends are held until Set
		l.close()
		delete(f.lines, l)
	}
}

func (l *line) close() {
	l.client.Close()
	l.server.Close()
}

// pass copies one direction, and its end.
func (f *Fuse) pass(l *line, to, from *net.TCPConn, answer bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		allowed, whole := f.admit(l, n, answer)
		if _, failed := to.Write(buffer[:allowed]); failed != nil || !whole {
			return
		}
		if err == io.EOF {
			to.CloseWrite() //nolint:errcheck // the other end may be gone
		}
		if err != nil {
			return
		}
	}
}

// admit counts bytes that want to pass and returns how many may; whole is false
// if the fuse has blown.
func (f *Fuse) admit(l *line, n int, answer bool) (allowed int, whole bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.isBlown || !f.lines[l] {
		return 0, false
	}
	if n > 0 && answer && !l.answering {
		f.passed.Answers++
	}
	if n > 0 {
		l.answering = answer
	}
	if f.at.Answers > 0 && f.passed.Answers >= f.at.Answers {
		return f.blow(0)
	}
	if left := f.at.Bytes - 1 - f.passed.Bytes; f.at.Bytes > 0 && n > left {
		return f.blow(left)
	}
	f.passed.Bytes += n
	return n, true
}

func (f *Fuse) blow(allowed int) (int, bool) {
	f.passed.Bytes += allowed
	f.isBlown = true
	close(f.blown)
	return allowed, false
}
