package nginxconf

import (
	"context"
	"net"
	"sync"
	"time"
)

const dialTimeout = 10 * time.Second

// connections dials for consul-template and can close all that it dialled:
// a runner that is stopped leaves its queries waiting, for it has no other way
// to end them.
type connections struct {
	mu     sync.Mutex
	closed bool
	open   map[net.Conn]bool
}

func newConnections() *connections { return &connections{open: map[net.Conn]bool{}} }

// Dial connects to an address.
func (c *connections) Dial(network, address string) (net.Conn, error) {
	return c.DialContext(context.Background(), network, address)
}

// DialContext connects to an address. After close it only fails.
func (c *connections) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	c.open[conn] = true
	return connection{conn, c}, nil
}

// closeAfter ends all connections after a pause.
func (c *connections) closeAfter(pause time.Duration) {
	<-time.After(pause)
	c.close()
}

// close ends all connections.
func (c *connections) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.open {
		conn.Close()
	}
}

// connection is forgotten when it is closed.
type connection struct {
	net.Conn
	of *connections
}

// Close closes the connection.
func (c connection) Close() error {
	c.of.mu.Lock()
	delete(c.of.open, c.Conn)
	c.of.mu.Unlock()
	return c.Conn.Close()
}
