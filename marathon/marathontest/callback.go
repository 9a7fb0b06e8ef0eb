package marathontest

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// callback is a server that the target tells events to, in the way of Marathon
// before version 1.5. It listens on the address by which this machine reaches
// the target.
type callback struct {
	url   string
	close func()

	mu     sync.Mutex
	bodies []string
}

func (p *probe) callback() *callback {
	listener, err := net.Listen("tcp", net.JoinHostPort(p.ownAddress(), "0"))
	if err != nil {
		p.fatalf("listen for events: %v", err)
	}
	c := &callback{url: "http://" + listener.Addr().String() + "/events"}
	server := &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }()
	c.close = func() {
		p.do("DELETE", "/v2/eventSubscriptions?callbackUrl="+c.url, "")
		_ = server.Close()
	}
	return c
}

// ownAddress is the address from which this machine speaks with the target.
func (p *probe) ownAddress() string {
	host := strings.TrimPrefix(strings.TrimPrefix(p.URL, "http://"), "https://")
	conn, err := (&net.Dialer{}).DialContext(p.ctx, "tcp", host)
	if err != nil {
		p.fatalf("reach the target: %v", err)
	}
	defer conn.Close()
	address, _, err := net.SplitHostPort(conn.LocalAddr().String())
	if err != nil {
		p.fatalf("reach the target: %v", err)
	}
	return address
}

// ServeHTTP takes an event.
func (c *callback) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bodies = append(c.bodies, string(body))
}

// heard reports whether an event of that kind came that says the text somewhere.
func (c *callback) heard(kind, text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, body := range c.bodies {
		if strings.Contains(body, `"`+kind+`"`) && strings.Contains(body, text) {
			return true
		}
	}
	return false
}
