package onebox

import (
	"net/http"
	"time"

	"seedbed/arrival"
)

// piece is how many bytes of an answer a client reads in Config.Patience.
const piece = 64 << 10

// pace ends requests whose bodies do not arrive and answers that nobody reads, so
// that neither takes a place from others for ever.
func (e *Engine) pace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paced := pacedWriter{w, http.NewResponseController(w), e.cfg.Patience}
		paced.renew()
		next.ServeHTTP(paced, arrival.Limit(w, r, e.cfg.Patience, false))
	})
}

// pacedWriter gives who reads an answer some time for each piece of it.
type pacedWriter struct {
	http.ResponseWriter
	connection *http.ResponseController
	patience   time.Duration // for each piece
}

// Write writes piece by piece.
func (w pacedWriter) Write(b []byte) (written int, err error) {
	for {
		w.renew()
		n, err := w.ResponseWriter.Write(b[:min(len(b), piece)])
		written, b = written+n, b[n:]
		if err != nil || len(b) == 0 {
			return written, err
		}
	}
}

// WriteHeader writes the beginning of an answer, which may be all of it.
func (w pacedWriter) WriteHeader(status int) {
	w.renew()
	w.ResponseWriter.WriteHeader(status)
}

// Flush sends what was written.
func (w pacedWriter) Flush() {
	w.renew()
	_ = w.connection.Flush() // who does not receive it is found out by the next Write
}

// Unwrap is for http.ResponseController.
func (w pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// renew sets the deadline anew; the one of an earlier request would else hold.
func (w pacedWriter) renew() {
	_ = w.connection.SetWriteDeadline(time.Now().Add(w.patience)) // where it cannot be set there is none
}
