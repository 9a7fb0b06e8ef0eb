package onebox

import (
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
)

// listCallbacks handles GET /v2/eventSubscriptions.
func (e *Engine) listCallbacks(w http.ResponseWriter, _ *http.Request) error {
	e.callbacks.mu.Lock()
	defer e.callbacks.mu.Unlock()
	urls := slices.Sorted(maps.Keys(e.callbacks.known))
	if urls == nil {
		urls = []string{}
	}
	return answer(w, http.StatusOK, map[string]any{"callbackUrls": urls})
}

// addCallback handles POST /v2/eventSubscriptions. It may be repeated.
func (e *Engine) addCallback(w http.ResponseWriter, r *http.Request) error {
	one, err := e.readCallback(r)
	if err != nil {
		return err
	}
	if err := e.callbacks.add(one); err != nil {
		return err
	}
	return e.answerCallback(w, r, "subscribe_event", one)
}

// removeCallback handles DELETE /v2/eventSubscriptions. It may be repeated.
func (e *Engine) removeCallback(w http.ResponseWriter, r *http.Request) error {
	one, err := e.readCallback(r)
	if err != nil {
		return err
	}
	if err := e.callbacks.remove(one.URL); err != nil {
		return err
	}
	return e.answerCallback(w, r, "unsubscribe_event", one)
}

func (e *Engine) answerCallback(w http.ResponseWriter, r *http.Request, kind string, one callback) error {
	told := event{kind, map[string]any{"clientIp": clientIP(r), "callbackUrl": one.URL}}
	e.hub.publish(told)
	return answer(w, http.StatusOK, e.hub.stamped(told).Fields)
}

// readCallback reads the query parameter callbackUrl.
func (e *Engine) readCallback(r *http.Request) (callback, error) {
	text := r.URL.Query().Get("callbackUrl")
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return callback{}, unprocessable("callbackUrl must be an http or https address")
	}
	by, err := netip.ParseAddr(clientIP(r))
	if err != nil {
		return callback{}, unprocessable("callbacks are for clients that call over a network")
	}
	one := callback{text, by.Unmap()}
	if to, err := netip.ParseAddr(u.Hostname()); err == nil && !e.mayCall(one, to) {
		return callback{}, unprocessable("events are sent to the address that a client asks from, and to the networks in the engine's option callback-hosts; %s is neither", to)
	}
	return one, nil
}
