//go:build integration

package routing

import (
	"io"
	"net"
	"sync"
	"testing"
)

// line is a TCP connection to one address that can be cut.
type line struct {
	net.Listener
	to string

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{Listener: listener, to: to, conns: map[net.Conn]bool{}}
	var serving sync.WaitGroup
	serving.Go(l.serve)
	t.Cleanup(func() { listener.Close(); l.set(true); serving.Wait() })
	return l
}

func (l *line) serve() {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go l.carry(conn)
	}
}

// carry passes on in both directions until one side ends, or the line is cut.
func (l *line) carry(from net.Conn) {
	defer l.forget(from)
	if !l.keep(from) {
		return
	}
	to, err := net.Dial("tcp", l.to)
	if err != nil {
		return
	}
	defer l.forget(to)
	if !l.keep(to) {
		return
	}
	go func() { defer to.Close(); _, _ = io.Copy(to, from) }()
	_, _ = io.Copy(from, to)
}

func (l *line) keep(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.conns[conn] = true
	return !l.cut
}

func (l *line) forget(conn net.Conn) {
	conn.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, conn)
}

// set cuts the line, with all that goes over it, or mends it.
func (l *line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	for conn := range l.conns {
		if cut {
			conn.Close()
		}
	}
}
