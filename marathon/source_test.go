package marathon

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

// wrong are answers to the question for all apps that must not be taken for one:
// what older bridges took for "nothing runs".
var wrong = map[string]http.HandlerFunc{
	"error":     answers(503, `{"message":"no leader"}`),
	"not found": answers(404, `{"message":"App '/x' does not exist"}`),
	"a page":    func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>maintenance</html>") },
	"no type": func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = nil
		fmt.Fprint(w, `{"apps":[]}`)
	},
	"text": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, `{"apps":[]}`)
	},
	"nothing":       answers(200, ``),
	"empty":         answers(200, `{}`),
	"null":          answers(200, `null`),
	"null apps":     answers(200, `{"apps":null}`),
	"a list":        answers(200, `[]`),
	"truncated":     answers(200, `{"apps":[{"id":"/a","tasks":[]}`),
	"without tasks": answers(200, `{"apps":[{"id":"/a","instances":1}]}`),
	"one without":   answers(200, `{"apps":[{"id":"/a","tasks":[]},{"id":"/b","tasks":null}]}`),
	"without ids":   answers(200, `{"apps":[{"tasks":[]}]}`),
	"message":       answers(200, `{"message":"hello"}`),
	"cut off": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, `{"apps":[]}`)
	},
}

func TestRunning_TakesNoWrongAnswerForAnEmptyOne(t *testing.T) {
	for name, handle := range wrong {
		all, err := clientFor(t, handle).Running(t.Context())
		if seedbed.CodeOf(err) != seedbed.Unavailable || all != nil {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
}

func TestRunningOf_TakesNoWrongAnswerForAnApp(t *testing.T) {
	for name, body := range map[string]string{
		"empty": `{}`, "null": `null`, "no tasks": `{"app":{"id":"/a"}}`, "another app": `{"app":{"id":"/b","tasks":[]}}`, "all apps": `{"apps":[]}`,
	} {
		if got, err := clientFor(t, answers(200, body)).RunningOf(t.Context(), "/a"); seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := clientFor(t, answers(404, `{"message":"App '/a' does not exist"}`)).RunningOf(t.Context(), "/a"); seedbed.CodeOf(err) != seedbed.NotFound {
		t.Errorf("an app that is not there: %v", err)
	}
}

func TestRunningOf_ReadsTasksAsTheyAre(t *testing.T) {
	c := clientFor(t, answers(200, `{"app":{"id":"/a","labels":{"domain":"x"},"healthChecks":[{}],"tasks":[
		{"id":"a.1","host":"10.0.0.1","ports":[1],"state":"TASK_RUNNING","healthCheckResults":[{"alive":true}]},
		{"id":"a.2","host":"10.0.0.1","ports":[2],"state":"TASK_KILLING","healthCheckResults":[{"alive":true}]},
		{"id":"a.3","host":"10.0.0.1","ports":[3],"state":"TASK_STAGING"},
		{"id":"a.4","host":"10.0.0.1","ports":[4],"state":"TASK_RUNNING","healthCheckResults":[{"alive":false,"lastFailureCause":"502"}]}]}}`))
	got, err := c.RunningOf(t.Context(), "/a")
	if err != nil {
		t.Fatal(err)
	}
	one := func(id string, port int) seedbed.Instance {
		return seedbed.Instance{ID: id, Workload: "/a", Host: "10.0.0.1", Ports: []int{port}, Labels: map[string]string{"domain": "x"}}
	}
	well, leaves, sick := one("a.1", 1), one("a.2", 2), one("a.4", 4)
	well.Healthy, leaves.Draining, leaves.Reason, sick.Reason = true, true, "It is being stopped.", "502"
	if diff := cmp.Diff([]seedbed.Instance{well, leaves, sick}, got); diff != "" {
		t.Error(diff)
	}
}

func TestHint_NamesWhatAnEventConcerns(t *testing.T) {
	c := clientFor(t, answers(200, `{}`))
	c.group = "/team"
	a := []seedbed.WorkloadID{"/a"}
	for text, want := range map[string]seedbed.Hint{
		`status_update_event {"appId":"/team/a","taskId":"a.1","taskStatus":"TASK_RUNNING"}`:                                                 {Workloads: a},
		`status_update_event {"appId":"/team/a","taskId":"a.1","taskStatus":"TASK_KILLED"}`:                                                  {Workloads: a, Ended: []string{"a.1"}},
		`status_update_event {"appId":"/team/a","taskId":"a.1","taskStatus":"TASK_LOST"}`:                                                    {Workloads: a},
		`status_update_event {"appId":"/other/a","taskId":"a.1","taskStatus":"TASK_KILLED"}`:                                                 {},
		`instance_changed_event {"runSpecId":"/team/a","condition":"Killed"}`:                                                                {Workloads: a},
		`app_terminated_event {"appId":"/team/a"}`:                                                                                           {Workloads: a, Gone: a},
		`deployment_info {"plan":{"steps":[{"actions":[{"action":"Scale","app":"/team/b"},{"app":"/team/a"}]},{"actions":[{"pod":"/p"}]}]}}`: {Workloads: []seedbed.WorkloadID{"/a", "/b"}},
		`group_change_success {"groupId":"/team","version":"x"}`:                                                                             {All: true},
		`status_update_event {"appId":7}`:                                                                                                    {All: true},
		`status_update_event {"appId":"a"}`:                                                                                                  {All: true},
		`unheard_of []`:                                                                                                                      {All: true},
		`unheard_of `:                                                                                                                        {All: true},
		`event_stream_attached {"remoteAddress":"10.0.0.1"}`:                                                                                 {},
	} {
		kind, data, _ := strings.Cut(text, " ")
		if diff := cmp.Diff(want, c.hint(kind, []byte(data))); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func FuzzHint(f *testing.F) {
	f.Add("status_update_event", `{"appId":"/a","taskId":"x","taskStatus":"TASK_KILLED"}`)
	f.Add("", `{"plan":{"steps":[null,{"actions":[null]}]}}`)
	c, err := New(Config{URLs: []string{"http://127.0.0.1:1"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, kind, data string) {
		if h := c.hint(kind, []byte(data)); len(h.Ended) > 0 && len(h.Workloads) == 0 {
			t.Errorf("%s %s: %+v", kind, data, h)
		}
	})
}

func TestReadEvents_TellsTypeAndData(t *testing.T) {
	var got []string
	stream := "event: a\r\ndata: {\"x\":1}\r\n\r\n\r\ndata: 1\ndata: 2\n\n"
	_ = readEvents(strings.NewReader(stream), func(kind string, data []byte) { got = append(got, kind+"="+string(data)) }) // always ends with an error
	if diff := cmp.Diff([]string{"a={\"x\":1}\n", "=1\n2\n"}, got); diff != "" {
		t.Error(diff)
	}
}
