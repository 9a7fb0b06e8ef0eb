// Package netns connects to what listens in another network of this machine, as
// a process in there would: also to its loopback addresses. It takes the right
// to enter it, which root has.
//
// It makes no networks and leaves none changed.
package netns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// ErrUnavailable means that the network cannot be entered: it is not there, or
// this process may not.
var ErrUnavailable = errors.New("the network cannot be entered")

// Dial connects to an address, which must be a number, from within the network
// namespace that the file at path names.
func Dial(ctx context.Context, path, address string) (net.Conn, error) {
	there, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer there.Close()
	type dialled struct {
		conn net.Conn
		err  error
	}
	done := make(chan dialled, 1)
	go func() {
		conn, err := dialIn(ctx, there, address)
		done <- dialled{conn, err}
	}()
	d := <-done // ctx ends it
	return d.conn, d.err
}

// dialIn enters the network with one thread. If that cannot come back it ends
// with its goroutine, for nothing else may run on it.
func dialIn(ctx context.Context, there *os.File, address string) (net.Conn, error) {
	runtime.LockOSThread()
	here, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	defer here.Close()
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		runtime.UnlockOSThread()
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	// One address that is a number is dialled on this very goroutine.
	conn, err := (&net.Dialer{FallbackDelay: -1}).DialContext(ctx, "tcp", address)
	if unix.Setns(int(here.Fd()), unix.CLONE_NEWNET) == nil {
		runtime.UnlockOSThread()
	}
	return conn, err
}
