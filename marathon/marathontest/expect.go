package marathontest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Forms that the API describes.
var (
	stampForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$`)
	uuidForm  = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	taskForm  = regexp.MustCompile(`^[a-z0-9_.-]+\.instance-[0-9a-f-]{36}\._app\.\d+$`)
)

// is notes a failure if the value is not what is wanted; both are compared as
// JSON.
func (p *probe) is(what string, got, want any) {
	if diff := cmp.Diff(plain(want), plain(got)); diff != "" {
		p.errorf("%s (-want +got):\n%s", what, diff)
	}
}

// plain turns a value into what JSON knows.
func plain(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		return fmt.Sprint(err)
	}
	return out
}

// text is a value as JSON.
func text(value any) string {
	b, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(b)
}

func (p *probe) matches(what string, got any, form *regexp.Regexp) {
	if text, ok := got.(string); !ok || !form.MatchString(text) {
		p.errorf("%s is %v, want something like %s", what, got, form)
	}
}

// has notes the keys that an object lacks.
func (p *probe) has(what string, object any, keys ...string) {
	fields, _ := object.(map[string]any)
	for _, key := range keys {
		if _, there := fields[key]; !there {
			p.errorf("%s has no %s", what, key)
		}
	}
}

// lacks notes the keys that an object has and should not.
func (p *probe) lacks(what string, object any, keys ...string) {
	fields, _ := object.(map[string]any)
	for _, key := range keys {
		if _, there := fields[key]; there {
			p.errorf("%s has %s", what, key)
		}
	}
}

// says notes a failure if the answer is not that status with that message.
func (p *probe) says(a answer, status int, message string) {
	if a.status != status || a.str("message") != message {
		p.errorf("%s: %d %s\nwant %d %q", a.asked, a.status, short(a.text), status, message)
	}
}

// began checks that an answer is a DeploymentResult and returns the id of the
// deployment.
func (p *probe) began(a answer) string {
	id := a.str("deploymentId")
	p.matches(a.asked+": deploymentId", id, uuidForm)
	p.matches(a.asked+": version", a.get("version"), stampForm)
	p.is(a.asked+": Marathon-Deployment-Id", a.header.Get("Marathon-Deployment-Id"), id)
	return id
}

// eventually asks again and again until ok says yes.
func (p *probe) eventually(what string, ok func() bool) {
	for !ok() {
		select {
		case <-p.ctx.Done():
			p.fatalf("waited in vain: %s", what)
		case <-time.After(25 * time.Millisecond):
		}
	}
}

// settled waits until a deployment is over.
func (p *probe) settled(id string) {
	p.eventually("deployment "+id+" ends", func() bool { return !p.running(id) })
}

// running reports whether a deployment is on the list.
func (p *probe) running(id string) bool {
	list := p.want(200, "GET", "/v2/deployments", "").list()
	return slices.ContainsFunc(list, func(d any) bool { return at(d, "id") == id })
}

// make makes an app and waits until it is as it should be. more are members
// that come over those of a small task.
func (p *probe) make(name, more string) answer {
	p.settled(p.began(p.want(201, "PUT", "/v2/apps{g}/"+name, p.small(name, more))))
	return p.app(name)
}

// asleep makes an app that has no instances.
func (p *probe) asleep(name, more string) answer {
	return p.make(name, `"instances":0`+comma(more))
}

// small is the definition of a small task, with members put over it.
func (p *probe) small(name, more string) string {
	var out map[string]any
	for _, part := range []string{`{"id":"{g}/` + name + `",{task}}`, `{` + more + `}`} {
		if err := json.Unmarshal([]byte(p.fill(part)), &out); err != nil {
			p.fatalf("the check's own definition %s: %v", p.fill(part), err)
		}
	}
	text, err := json.Marshal(out)
	if err != nil {
		p.fatalf("%v", err)
	}
	return string(text)
}

func comma(more string) string {
	if more == "" {
		return ""
	}
	return "," + more
}

// app returns an app, without what is round it.
func (p *probe) app(name string) answer {
	a := p.want(200, "GET", "/v2/apps{g}/"+name, "")
	a.value = a.get("app")
	return a
}

// refused notes a failure unless the definition is refused as Marathon refuses
// what is against its rules: 422, with that text at that place.
func (p *probe) refused(definition, place, text string) {
	a := p.do("POST", "/v2/apps", definition)
	if a.status != http.StatusUnprocessableEntity || !a.tells(place, text) {
		p.errorf("%s\nis answered with %d %s\nwant 422 with %q at %q", p.fill(definition), a.status, short(a.text), text, place)
	}
}

// tells reports whether the details of an error have that text at that place;
// an empty place is any, and the message counts as well.
func (a answer) tells(place, text string) bool {
	if place == "" && strings.Contains(a.str("message"), text) {
		return true
	}
	for _, d := range a.list("details") {
		said := fmt.Sprint(at(d, "errors"))
		if (place == "" || at(d, "path") == place) && strings.Contains(said, text) {
			return true
		}
	}
	return false
}

// clean takes away what is left of the whole run.
func (s *suite) clean(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for _, id := range s.removeBelow(ctx, s.group) {
		t.Errorf("%s is still there", id)
	}
}

// jsonOf is a JSON text as a value.
func jsonOf(p *probe, text string) any {
	var out any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		p.fatalf("the check's own JSON %s: %v", text, err)
	}
	return out
}

func sortedByName(list []check) []check {
	slices.SortFunc(list, func(a, b check) int { return strings.Compare(a.name, b.name) })
	return list
}
