//go:build integration

package imagestest

import (
	"context"

	"seedbed"
)

// Await waits until the server in it answers its administrator, and returns
// where. A second port, if it has one, is that of its administration.
func (c *Container) Await(k interface {
	Check(ctx context.Context, e seedbed.Endpoint) error
}, password seedbed.Secret) seedbed.Endpoint {
	c.t.Helper()
	host, port := c.Address()
	e := seedbed.Endpoint{Host: host, Port: port, Password: password}
	if len(c.more) > 0 {
		_, e.AdminPort = c.AddressOf(c.more[0])
	}
	WaitFor(c.t, "the server", func() bool {
		if !c.Running() {
			c.t.Fatalf("the server ended with status %d", c.ExitStatus())
		}
		return k.Check(c.t.Context(), e) == nil
	})
	return e
}
