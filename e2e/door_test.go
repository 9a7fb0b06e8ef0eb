//go:build e2e

package e2e

import (
	"io"
	"net"
	"sync"
	"testing"
)

// door stands between an installation and what runs its containers, so that a
// test can shut it: to the installation that is then stopped, and to nobody else.
type door struct {
	t        *testing.T
	at, to   net.Addr // where it is, and where it leads
	mu       sync.Mutex
	listener net.Listener
	isShut   bool
	open     map[net.Conn]bool
}

func openDoor(t *testing.T, at, to net.Addr) *door {
	t.Helper()
	d := &door{t: t, at: at, to: to}
	d.unlock()
	d.at = d.listener.Addr() // where the system chose the port, it stays that one
	t.Cleanup(d.shut)
	return d
}

// unlock lets the installation through.
func (d *door) unlock() {
	d.t.Helper()
	l, err := net.Listen(d.at.Network(), d.at.String())
	if err != nil {
		d.t.Fatal(err)
	}
	d.mu.Lock()
	d.listener, d.open, d.isShut = l, map[net.Conn]bool{}, false
	d.mu.Unlock()
	go d.serve(l)
}

// shut breaks all connections and lets no new ones through.
func (d *door) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.isShut = true
	d.listener.Close()
	for c := range d.open {
		c.Close()
	}
}

func (d *door) serve(l net.Listener) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial(d.to.Network(), d.to.String())
		if err != nil {
			from.Close()
			continue
		}
		d.let(from, to)
	}
}

// let connects both sides, unless the door was shut in the meantime.
func (d *door) let(from, to net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.isShut {
		from.Close()
		to.Close()
		return
	}
	d.open[from], d.open[to] = true, true
	go pipe(to, from)
	go pipe(from, to)
}

// pipe copies one direction and passes its end on, as a hijacked connection
// needs it.
func pipe(to, from net.Conn) {
	io.Copy(to, from) //nolint:errcheck // a shut door ends it with an error
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
}
