package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-chi/chi/v5"

	"seedbed/api"
)

// contract is the document, and what the tests have seen of it.
type contract struct {
	*openapi3.T
	mu   sync.Mutex
	seen map[string]bool // "GET /sites 200"
}

// documents are those that were read before, by their text: all worlds have the
// same one, and reading it takes a while under the race detector.
var documents sync.Map

func readContract(t testing.TB, document []byte) *contract {
	t.Helper()
	if known, ok := documents.Load(string(document)); ok {
		return &contract{T: known.(*openapi3.T), seen: map[string]bool{}}
	}
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatalf("the document is not OpenAPI 3.1: %v", err)
	}
	documents.Store(string(document), doc)
	return &contract{T: doc, seen: map[string]bool{}}
}

// check compares an answer with what the document says of it.
func (c *contract) check(t testing.TB, method, route string, answer *http.Response, body []byte) {
	t.Helper()
	item := c.Paths.Value(route)
	if item == nil || item.GetOperation(method) == nil {
		return // 404 or 405 of what there is not
	}
	where := fmt.Sprintf("%s %s %d", method, route, answer.StatusCode)
	response := item.GetOperation(method).Responses.Status(answer.StatusCode)
	if response == nil {
		t.Errorf("%s is not in the document: %s", where, body)
		return
	}
	c.mu.Lock()
	c.seen[where] = true
	c.mu.Unlock()
	for name := range response.Value.Headers {
		if optional := name == "Link"; !optional && answer.Header.Get(name) == "" {
			t.Errorf("%s has no header %s", where, name)
		}
	}
	if len(response.Value.Content) == 0 {
		if len(body) > 0 {
			t.Errorf("%s has a body: %s", where, body)
		}
		return
	}
	media := response.Value.Content[answer.Header.Get("Content-Type")]
	if media == nil {
		t.Errorf("%s is of type %q", where, answer.Header.Get("Content-Type"))
		return
	}
	if answer.Header.Get("Content-Type") == "text/event-stream" {
		return // its events are read by who follows it
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		t.Errorf("%s is not JSON: %v", where, err)
		return
	}
	if err := c.ValidateSchemaJSON(media.Schema.Value, value, openapi3.EnableJSONSchema2020(), openapi3.EnableFormatValidation()); err != nil {
		t.Errorf("%s is not as the document says: %v\n%s", where, err, body)
	}
}

// operations are all that the document has, "GET /sites".
func (c *contract) operations() []string {
	var all []string
	for path, item := range c.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// routesOf are the routes of the API; /metrics is not one of them.
func routesOf(t *testing.T, handler http.Handler) []string {
	t.Helper()
	var all []string
	err := chi.Walk(handler.(chi.Routes), func(method, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if path, ours := strings.CutPrefix(route, api.Prefix); ours {
			all = append(all, method+" "+path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(all)
	return all
}

func TestDocument_HasEveryRouteAndNoOther(t *testing.T) {
	w := newWorld(t)
	if routes, operations := routesOf(t, w.handler), w.contract.operations(); !slices.Equal(routes, operations) {
		t.Errorf("routes\n%s\noperations\n%s", strings.Join(routes, "\n"), strings.Join(operations, "\n"))
	}
}

func TestDocument_IsForEverybody(t *testing.T) {
	w := newWorld(t)
	w.as("").get("/openapi.json").wants(200)
}

func TestContract_NoticesAnAnswerThatDiffers(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		status int
		body   string
	}{{200, `{"user":"x"}`}, {200, `{"user":"x","token":"t","scope":"read","expires":"2025-01-01T00:00:00Z","password":"p"}`}, {200, `{"user":"x","token":"t","scope":"all","expires":"2025-01-01T00:00:00Z"}`}, {418, `{}`}} {
		silent := &quiet{TB: t}
		w.contract.check(silent, "GET", "/me", &http.Response{StatusCode: c.status, Header: http.Header{"Etag": {`"x"`}, "Content-Type": {"application/json"}}}, []byte(c.body))
		if silent.failures == 0 {
			t.Errorf("nothing wrong with %d %s?", c.status, c.body)
		}
	}
}

// quiet counts what would have failed.
type quiet struct {
	testing.TB
	failures int
}

func (q *quiet) Errorf(string, ...any) { q.failures++ }
func (q *quiet) Helper()               {}

// missing are the documented statuses that were not seen, but for those in
// unseen.
func (c *contract) missing(unseen map[string]bool) []string {
	var all []string
	for path, item := range c.Paths.Map() {
		for method, operation := range item.Operations() {
			for status := range operation.Responses.Map() {
				where := method + " " + path + " " + status
				if !c.seen[where] && !unseen[where] {
					all = append(all, where)
				}
			}
		}
	}
	slices.Sort(all)
	return all
}
