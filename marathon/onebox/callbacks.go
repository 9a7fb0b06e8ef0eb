package onebox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Limits of callbacks.
const (
	maxCallbacks    = 32
	callbackPatient = 10 * time.Second // for one answer
)

// callbacks post every event to the addresses that clients of Marathon before
// 1.5 have named. They are on record, so they outlast a restart. One that does
// not answer loses events, and nobody waits for it.
type callbacks struct {
	engine *Engine
	mu     sync.Mutex
	known  map[string]callback // by address
	active map[string]*listener
	start  func(callback) // set once they run
}

// callback is an address, and the address of the client that named it: events
// may go there, whatever else is allowed.
type callback struct {
	URL string
	By  netip.Addr
}

func newCallbacks(e *Engine) (*callbacks, error) {
	c := &callbacks{engine: e, known: map[string]callback{}, active: map[string]*listener{}}
	list, err := e.records.store.callbacks()
	for _, one := range list {
		c.known[one.URL] = one
	}
	return c, err
}

// run posts events until ctx ends.
func (c *callbacks) run(ctx context.Context, workers *sync.WaitGroup) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.start = func(one callback) {
		l := c.engine.hub.listen(one.URL, nil)
		c.active[one.URL] = l
		workers.Go(func() { c.post(ctx, one, l) })
	}
	for _, one := range c.known {
		c.start(one)
	}
}

// post sends the events of one listener, one after the other. A listener that is
// cut off because it is slow begins anew.
func (c *callbacks) post(ctx context.Context, one callback, l *listener) {
	client := c.engine.callbackClient(one)
	for {
		select {
		case <-ctx.Done():
			return
		case e, open := <-l.queue:
			if !open {
				c.renew(one, l)
				return
			}
			if e.Type == "event_stream_attached" || e.Type == "event_stream_detached" {
				continue // a callback is no stream
			}
			if err := postEvent(ctx, client, one.URL, e.event); err != nil && ctx.Err() == nil {
				c.engine.log.Warn("event not delivered", "event", e.Type, "err", err)
			}
		}
	}
}

func (c *callbacks) renew(one callback, old *listener) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active[one.URL] == old && !c.engine.hub.isClosed() {
		c.start(one)
	}
}

func postEvent(ctx context.Context, client *http.Client, to string, e event) error {
	body, err := json.Marshal(e.Fields)
	if err != nil {
		return fmt.Errorf("write the event: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return res.Body.Close()
}

// callbackClient reaches only the addresses that the callback may lead to; they
// are looked at when it connects, for a name may lead elsewhere by then.
func (e *Engine) callbackClient(one callback) *http.Client {
	dialer := &net.Dialer{Timeout: callbackPatient, Control: func(_, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil || !e.mayCall(one, to.Addr()) {
			return fmt.Errorf("%s is not among the hosts that events may be sent to", address)
		}
		return nil
	}}
	return &http.Client{
		Timeout:       callbackPatient,
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (e *Engine) mayCall(one callback, to netip.Addr) bool {
	to = to.Unmap()
	return to == one.By || slices.ContainsFunc(e.cfg.CallbackHosts, func(p netip.Prefix) bool { return p.Contains(to) })
}

func (c *callbacks) add(one callback) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, there := c.known[one.URL]; there {
		return nil
	}
	if len(c.known) >= maxCallbacks {
		return unprocessable("there are %d callbacks already; remove one first", maxCallbacks)
	}
	c.known[one.URL] = one
	if err := c.engine.records.store.keepCallbacks(c.known); err != nil {
		delete(c.known, one.URL)
		return err
	}
	if c.start != nil {
		c.start(one)
	}
	return nil
}

func (c *callbacks) remove(at string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	one, there := c.known[at]
	if !there {
		return nil
	}
	delete(c.known, at)
	if err := c.engine.records.store.keepCallbacks(c.known); err != nil {
		c.known[at] = one
		return err
	}
	if l := c.active[at]; l != nil {
		delete(c.active, at)
		c.engine.hub.leave(l, at)
	}
	return nil
}
