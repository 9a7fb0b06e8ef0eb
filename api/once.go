package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"seedbed"
)

// keepFor is how long a request with a key is remembered.
const keepFor = 24 * time.Hour

// maxKey is the length of a key, in bytes.
const maxKey = 200

// keptAnswer is an answer as it is remembered.
type keptAnswer struct {
	Status int
	Header http.Header
	Body   []byte
}

// once makes a handler of an action that makes something. A request with the
// header Idempotency-Key is carried out once, however often it is sent
// (draft-ietf-httpapi-idempotency-key-header): DESIGN.md says how.
func (a *api) once(act action) http.HandlerFunc {
	return a.do(func(w http.ResponseWriter, r *http.Request) error {
		if len(r.Header.Values("Idempotency-Key")) == 0 {
			return act(w, r)
		}
		wish, err := a.readRequest(r)
		if err != nil {
			return err
		}
		if err := a.Store.ExpireRequests(r.Context(), a.Now().Add(-keepFor)); err != nil {
			return err
		}
		kept, fresh, err := a.Store.BeginRequest(r.Context(), wish)
		switch {
		case err != nil:
			return err
		case fresh:
			return a.carryOut(w, r, act, kept.ID)
		case kept.Fingerprint != wish.Fingerprint:
			return &refusal{status: http.StatusUnprocessableEntity, code: "key_reused", sentence: "This Idempotency-Key was sent with another request before. Make a new key for each."}
		}
		return a.again(w, r, kept)
	})
}

// readRequest reads the key, and the body for the fingerprint.
func (a *api) readRequest(r *http.Request) (seedbed.KeptRequest, error) {
	key, err := readKey(r.Header.Values("Idempotency-Key"))
	if err != nil {
		return seedbed.KeptRequest{}, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return seedbed.KeptRequest{}, unread(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	sum := sha256.New()
	fmt.Fprintf(sum, "%s %s\n%s\n", r.Method, r.URL.RequestURI(), r.Header.Get("Content-Type"))
	sum.Write(body)
	return seedbed.KeptRequest{TokenID: programOf(r).token.ID, Key: key, Fingerprint: hex.EncodeToString(sum.Sum(nil)), Process: a.process}, nil
}

// readKey reads a key, in quotes as the draft has it or without.
func readKey(headers []string) (string, error) {
	key := headers[0]
	if len(key) > 1 && strings.HasPrefix(key, `"`) && strings.HasSuffix(key, `"`) {
		key = key[1 : len(key)-1]
	}
	if len(headers) > 1 || key == "" || len(key) > maxKey || strings.ContainsFunc(key, func(r rune) bool { return r < '!' || r > '~' || r == '"' || r == '\\' }) {
		return "", malformed(fmt.Sprintf("An Idempotency-Key is one word of 1 to %d letters, digits and signs, for example a UUID.", maxKey))
	}
	return key, nil
}

// carryOut does what is asked and remembers what was answered. It goes on if
// nobody waits for the answer any more.
func (a *api) carryOut(w http.ResponseWriter, r *http.Request, act action, id int64) error {
	ctx := context.WithoutCancel(r.Context())
	p := programOf(r)
	p.Request = id
	answer := &recorder{keptAnswer{Header: http.Header{}, Status: http.StatusOK}}
	a.do(act)(answer, with(r.WithContext(ctx), p))
	if err := a.remember(ctx, id, answer.given); err != nil {
		a.log(r, http.StatusInternalServerError, err) // it was done: that is what has to be answered
	}
	answer.given.send(w)
	return nil
}

// remember keeps the answer to what was carried out. A refusal changed nothing,
// so it is not worth a place in the database, which else whoever may change
// nothing could fill; it may be tried again under the same key.
func (a *api) remember(ctx context.Context, id int64, given keptAnswer) error {
	if given.Status >= http.StatusBadRequest {
		return a.Store.DropRequest(ctx, id)
	}
	answer, err := json.Marshal(given)
	if err != nil {
		return fmt.Errorf("remember an answer: %w", err)
	}
	return a.Store.KeepAnswer(ctx, id, answer)
}

// again answers a request that came before.
func (a *api) again(w http.ResponseWriter, r *http.Request, kept seedbed.KeptRequest) error {
	if kept.Answer != nil {
		var given keptAnswer
		if err := json.Unmarshal(kept.Answer, &given); err != nil {
			return fmt.Errorf("read the answer to request %d: %w", kept.ID, err)
		}
		w.Header().Set("Idempotency-Replayed", "true")
		given.send(w)
		return nil
	}
	switch {
	case kept.DeploymentID != 0: // killed before it could answer; what it started is known
		w.Header().Set("Idempotency-Replayed", "true")
		return a.accepted(w, r, kept.DeploymentID)
	case kept.Process == a.process:
		return &refusal{status: http.StatusConflict, code: "under_way", wait: time.Second, sentence: "This request is still being carried out. Send it again in a second for its answer."}
	}
	return &refusal{status: http.StatusConflict, code: "answer_lost", sentence: "This was carried out, but Seedbed was stopped before it could answer. Look at what is there; nothing was made twice."}
}

// recorder takes an answer down.
type recorder struct{ given keptAnswer }

// Header returns the header to fill.
func (r *recorder) Header() http.Header { return r.given.Header }

// WriteHeader takes the status down.
func (r *recorder) WriteHeader(status int) { r.given.Status = status }

// Write takes the body down.
func (r *recorder) Write(p []byte) (int, error) {
	r.given.Body = append(r.given.Body, p...)
	return len(p), nil
}

func (k keptAnswer) send(w http.ResponseWriter) {
	for name, values := range k.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(k.Status)
	_, _ = w.Write(k.Body)
}
