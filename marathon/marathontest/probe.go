package marathontest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// probe is how one check talks to the target. In all that it sends, "{g}" stands
// for the id of the check's group, "{safe}" for that group in task ids, "{img}"
// for the image, "{serves}", "{sick}", "{fails}" and "{ends}" for what a task
// does, and "{task}" for a small definition without id, in which a task serves.
type probe struct {
	*suite
	ctx    context.Context
	group  string
	failed []string
}

// answer is what the target said.
type answer struct {
	status int
	header http.Header
	text   string
	value  any // the text as JSON, or nil
	asked  string
}

const smallTask = `"cpus":0.01,"mem":32,"backoffSeconds":0,"container":{"type":"DOCKER","docker":{"image":"{img}"},` +
	`"portMappings":[{"containerPort":8080,"hostPort":0,"name":"http"}]},"networks":[{"mode":"container/bridge"}],{serves}`

func (p *probe) fill(text string) string {
	t := p.Tasks
	text = strings.ReplaceAll(text, "{task}", smallTask)
	return strings.NewReplacer("{g}", p.group, "{safe}", strings.ReplaceAll(p.group[1:], "/", "_"), "{img}", t.Image,
		"{serves}", t.Serves, "{sick}", t.Sick, "{fails}", t.Fails, "{ends}", t.Ends).Replace(text)
}

// do makes a request; headers are given as name, value, name, value. A body that
// is not empty is said to be JSON.
func (p *probe) do(method, path, body string, headers ...string) answer {
	res := p.send(p.ctx, method, path, body, headers...)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		p.fatalf("%s %s: %v", method, path, err)
	}
	a := answer{status: res.StatusCode, header: res.Header, text: string(text), asked: method + " " + p.fill(path)}
	if json.Unmarshal(text, &a.value) != nil {
		a.value = nil
	}
	return a
}

func (p *probe) send(ctx context.Context, method, path, body string, headers ...string) *http.Response {
	req, err := http.NewRequestWithContext(ctx, method, p.URL+p.fill(path), strings.NewReader(p.fill(body)))
	if err != nil {
		p.fatalf("%s %s: %v", method, path, err)
	}
	if p.Password != "" {
		req.SetBasicAuth(p.User, p.Password)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := *p.client
	if _, limited := ctx.Deadline(); limited {
		client.Timeout = 0
	}
	res, err := client.Do(req)
	if err != nil {
		p.fatalf("%s %s: %v", method, p.fill(path), err)
	}
	return res
}

// want makes a request whose answer must have that status.
func (p *probe) want(status int, method, path, body string, headers ...string) answer {
	a := p.do(method, path, body, headers...)
	if a.status != status {
		p.fatalf("%s: status %d, want %d: %s", a.asked, a.status, status, short(a.text))
	}
	return a
}

// get returns what is at a place in the answer, given by names and numbers; nil
// if there is nothing.
func (a answer) get(place ...any) any { return at(a.value, place...) }

func at(value any, place ...any) any {
	for _, step := range place {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				return nil
			}
			value = list[step]
		}
	}
	return value
}

// list returns the list at a place, empty if there is none.
func (a answer) list(place ...any) []any {
	list, _ := a.get(place...).([]any)
	return list
}

// str returns the string at a place, "" if there is none.
func (a answer) str(place ...any) string {
	s, _ := a.get(place...).(string)
	return s
}

// short is a text that fits into a failure.
func short(text string) string {
	if len(text) > 600 {
		return text[:600] + "…"
	}
	return text
}

// clean takes away what the check made.
func (p *probe) clean() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	p.removeBelow(ctx, p.group)
}

// removeBelow takes away all apps below a group, and the group.
func (s *suite) removeBelow(ctx context.Context, group string) []string {
	var failed []string
	for _, id := range s.idsBelow(ctx, group) {
		if status := s.remove(ctx, "/v2/apps"+id+"?force=true"); status != http.StatusOK && status != http.StatusNotFound {
			failed = append(failed, id)
		}
	}
	s.remove(ctx, "/v2/groups"+group+"?force=true") // as often as not there is none
	return failed
}

func (s *suite) idsBelow(ctx context.Context, group string) []string {
	var out struct{ Apps []struct{ ID string } }
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/v2/apps?id="+url.QueryEscape(group), nil)
	if err != nil || s.quick(req, &out) != http.StatusOK {
		return nil
	}
	var ids []string
	for _, a := range out.Apps {
		if strings.HasPrefix(a.ID, group+"/") {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

func (s *suite) remove(ctx context.Context, path string) int {
	req, err := http.NewRequestWithContext(ctx, "DELETE", s.URL+path, nil)
	if err != nil {
		return 0
	}
	return s.quick(req, nil)
}

// quick makes a request outside of a check and returns the status, 0 if there
// was no answer.
func (s *suite) quick(req *http.Request, into any) int {
	if s.Password != "" {
		req.SetBasicAuth(s.User, s.Password)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return 0
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		return 0
	}
	if into != nil && json.Unmarshal(b.Bytes(), into) != nil {
		return 0
	}
	return res.StatusCode
}

// fetch reads what a task serves; it reports whether it answered with 200.
func (p *probe) fetch(address string) (string, bool) {
	req, err := http.NewRequestWithContext(p.ctx, "GET", address, nil)
	if err != nil {
		p.fatalf("%s: %v", address, err)
	}
	res, err := p.client.Do(req)
	if err != nil {
		return "", false
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return string(body), err == nil && res.StatusCode == http.StatusOK
}
