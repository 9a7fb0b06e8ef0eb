// Package arrival keeps those waiting no longer who send a request's body
// slowly: a body that does not arrive in time ends, and one that is refused is
// read no further. It knows neither what arrives nor who sends it.
package arrival

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// Step is how many bytes of a paced body must arrive in the time that it has.
const Step = 64 << 10

// longest is how long a paced body may take altogether: 512 MB on a line of one
// Mbit/s.
const longest = 75 * time.Minute

// Body is a request's body with a deadline. The deadline ends with the body:
// what is done with it afterwards may take longer.
type Body struct {
	io.ReadCloser
	connection *http.ResponseController
	within     time.Duration
	paced      bool
	end        time.Time // of a paced body, whatever arrives
	arrived    int       // bytes since the deadline was set
	whole      bool
}

type key struct{}

// Limit has the body of a request arrive in time: all of it within that time or,
// if it is paced, each Step of it and all of it within 75 minutes. A request
// without a body is returned as it is. Where no deadline can be set there is
// none.
func Limit(w http.ResponseWriter, r *http.Request, within time.Duration, paced bool) *http.Request {
	if r.Body == nil || r.Body == http.NoBody {
		return r
	}
	b := &Body{ReadCloser: r.Body, connection: http.NewResponseController(w), within: within, paced: paced, end: time.Now().Add(longest)}
	b.renew()
	r = r.WithContext(context.WithValue(r.Context(), key{}, b))
	r.Body = b
	return r
}

// Refuse makes an end of a body that nobody wants: it is read no further, and the
// connection is closed behind the answer, which is to be written after this. It
// returns false, and does nothing, if all of it is here already.
func Refuse(w http.ResponseWriter, r *http.Request) bool {
	b, ok := r.Context().Value(key{}).(*Body)
	if !ok || b.whole {
		return false
	}
	w.Header().Set("Connection", "close")
	b.within, b.end = 0, time.Now()
	_ = b.connection.SetReadDeadline(b.end)
	return true
}

// Read reads, and sets the deadline anew when a Step has arrived.
func (b *Body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.arrived += n
	switch {
	case errors.Is(err, io.EOF):
		b.whole = true
		_ = b.connection.SetReadDeadline(time.Time{})
	case b.paced && b.arrived >= Step:
		b.renew()
	}
	return n, err
}

func (b *Body) renew() {
	until := time.Now().Add(b.within)
	if b.paced && until.After(b.end) {
		until = b.end
	}
	b.arrived = 0
	_ = b.connection.SetReadDeadline(until)
}
