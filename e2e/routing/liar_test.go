//go:build integration

package routing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
)

// liar stands between the bridge and the engine. While it lies it says of apps what
// a Marathon in trouble, or a proxy before one, was seen to say.
type liar struct {
	*httptest.Server
	lie atomic.Pointer[lie]
}

// lie answers a question about apps; real gets the true answer.
type lie func(w http.ResponseWriter, r *http.Request, real http.Handler)

func newLiar(t *testing.T, engine string) *liar {
	t.Helper()
	to, err := url.Parse(engine)
	if err != nil {
		t.Fatal(err)
	}
	honest := httputil.NewSingleHostReverseProxy(to)
	honest.FlushInterval = -1
	honest.Transport = &http.Transport{DisableCompression: true}
	honest.ModifyResponse = whereTheyAnswer
	honest.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	l := &liar{}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Accept-Encoding")
		if lie := l.lie.Load(); lie != nil && strings.HasPrefix(r.URL.Path, "/v2/apps") {
			(*lie)(w, r, honest)
			return
		}
		honest.ServeHTTP(w, r)
	}))
	t.Cleanup(func() { l.CloseClientConnections(); l.Close() })
	return l
}

// The engine gives out only ports on which nobody listens, so those who answer are
// at another address of the machine, and the liar says that tasks are there.
const engineHost, taskHost = "127.0.0.2", "127.0.0.3"

func whereTheyAnswer(answer *http.Response) error {
	if !strings.HasPrefix(answer.Request.URL.Path, "/v2/apps") {
		return nil
	}
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	text = bytes.ReplaceAll(text, []byte(engineHost), []byte(taskHost))
	answer.Body = io.NopCloser(bytes.NewReader(text))
	answer.ContentLength = int64(len(text))
	answer.Header.Del("Content-Length")
	return nil
}

// says answers with a status, a kind and a text.
func says(status int, kind, text string) lie {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}
}

const jsonKind, htmlKind = "application/json", "text/html"

// lies are all that there are.
func lies(random *rand.Rand) lie {
	all := []lie{
		says(503, jsonKind, `{"message":"Could not reach the leader"}`),
		says(500, htmlKind, "<h1>Internal Server Error</h1>"),
		says(404, jsonKind, `{"message":"Not found"}`),
		says(200, htmlKind, "<h1>Sign in</h1>"),
		says(200, jsonKind, ""),
		says(200, jsonKind, "{}"),
		says(200, jsonKind, "null"),
		says(200, jsonKind, "[]"),
		says(200, jsonKind, `{"apps":[]}`),
		says(200, jsonKind, `{"apps":null}`),
		says(200, jsonKind, `{"apps":[{"id":"/steady/a0"}]}`),
		says(200, "text/plain", `{"apps":[]}`),
		truncated, redirected,
		without(random.IntN(steadyApps)), idle(random.IntN(steadyApps)),
	}
	return all[random.IntN(len(all))]
}

// truncated ends in the middle of the true answer.
func truncated(w http.ResponseWriter, r *http.Request, real http.Handler) {
	text := truth(r, real)
	w.Header().Set("Content-Type", jsonKind)
	w.Header().Set("Content-Length", fmt.Sprint(len(text)))
	_, _ = w.Write(text[:len(text)/2])
	panic(http.ErrAbortHandler)
}

func redirected(w http.ResponseWriter, r *http.Request, _ http.Handler) {
	http.Redirect(w, r, "http://127.0.0.1:1/v2/apps", http.StatusTemporaryRedirect)
}

// without leaves an app out.
func without(n int) lie {
	return changed(func(app map[string]any) map[string]any {
		if app["id"] == steadyID(n) {
			return nil
		}
		return app
	})
}

// idle says that an app has no tasks.
func idle(n int) lie {
	return changed(func(app map[string]any) map[string]any {
		if app["id"] == steadyID(n) {
			app["tasks"] = []any{}
		}
		return app
	})
}

// changed gives the true answer with each app as change returns it; nil leaves it
// out.
func changed(change func(map[string]any) map[string]any) lie {
	return func(w http.ResponseWriter, r *http.Request, real http.Handler) {
		var answer map[string]any
		if json.Unmarshal(truth(r, real), &answer) != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if apps, ok := answer["apps"].([]any); ok {
			kept := []any{}
			for _, app := range apps {
				if app := change(app.(map[string]any)); app != nil {
					kept = append(kept, app)
				}
			}
			answer["apps"] = kept
		}
		w.Header().Set("Content-Type", jsonKind)
		_ = json.NewEncoder(w).Encode(answer)
	}
}

// truth is what the engine says.
func truth(r *http.Request, real http.Handler) []byte {
	answer := httptest.NewRecorder()
	real.ServeHTTP(answer, r)
	return answer.Body.Bytes()
}
