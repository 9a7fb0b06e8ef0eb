package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"seedbed/api/wire"
)

// brings is what a request to one operation may bring, as the document has it.
type brings struct {
	query map[string]bool // names of its query parameters
	body  bool
}

// parameter is one in the document, or the name of one.
type parameter struct {
	Ref  string `json:"$ref"`
	Name string `json:"name"`
	In   string `json:"in"`
}

// described is the part of the document that is needed here.
type described struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Parameters map[string]parameter `json:"parameters"`
	} `json:"components"`
}

// allowed reads from the document what requests may bring, by "GET /sites".
func allowed(document []byte) (map[string]brings, error) {
	var d described
	if err := json.Unmarshal(document, &d); err != nil {
		return nil, fmt.Errorf("read the parameters in openapi.yaml: %w", err)
	}
	all := map[string]brings{}
	for path, item := range d.Paths {
		for method, content := range item {
			if method == "parameters" { // those in the path
				continue
			}
			one, err := d.brings(content)
			if err != nil {
				return nil, fmt.Errorf("read %s %s in openapi.yaml: %w", method, path, err)
			}
			all[strings.ToUpper(method)+" "+Prefix+path] = one
		}
	}
	return all, nil
}

func (d described) brings(content []byte) (brings, error) {
	var operation struct {
		Parameters  []parameter     `json:"parameters"`
		RequestBody json.RawMessage `json:"requestBody"`
	}
	err := json.Unmarshal(content, &operation)
	one := brings{query: map[string]bool{}, body: operation.RequestBody != nil}
	for _, p := range operation.Parameters {
		if name, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
			p = d.Components.Parameters[name]
		}
		if p.In == "query" {
			one.query[p.Name] = true
		}
	}
	return one, err
}

// fits refuses a request that brings what the document does not name: whoever
// sends it expects something of it.
func (a *api) fits(r *http.Request) error {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	may, ok := a.allowed[method+" "+chi.RouteContext(r.Context()).RoutePattern()]
	if !ok { // it is still on its way, or there is nothing
		return nil
	}
	if err := may.fits(r); err != nil {
		return err
	}
	if may.body {
		return plainBody(r)
	}
	return noBody(r)
}

func (b brings) fits(r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return malformed("What stands behind “?” in the address cannot be read.")
	}
	for name, values := range query {
		if !b.query[name] {
			return &refusal{status: http.StatusUnprocessableEntity, code: "unknown_field", sentence: "There is no “?" + shorten(name) + "=” here.",
				errors: []wire.Mistake{{Field: name, Message: "There is no such parameter here."}}}
		}
		if len(values) > 1 {
			return mistaken(name, "“"+name+"” is there twice.")
		}
	}
	return nil
}

// noBody refuses a body where there is none to be.
func noBody(r *http.Request) error {
	n, err := io.ReadFull(r.Body, make([]byte, 1))
	switch {
	case n > 0:
		return malformed("This takes no body; send none.")
	case errors.Is(err, io.EOF):
		return nil
	}
	return unread(err)
}

// plainBody refuses a body that would have to be unpacked first.
func plainBody(r *http.Request) error {
	for _, coding := range r.Header.Values("Content-Encoding") {
		if !strings.EqualFold(strings.TrimSpace(coding), "identity") {
			return &refusal{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type", sentence: "Send the body as it is, without “Content-Encoding”."}
		}
	}
	return nil
}
