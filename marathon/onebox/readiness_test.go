package onebox

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/moby/moby/client"
)

// standIn is a fixture whose containers are made up, but asked for real whether
// they are ready.
func standIn(t *testing.T, host string) *fixture {
	t.Helper()
	docker, err := client.New(client.WithHost("unix://" + t.TempDir() + "/nobody.sock"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Config{Dir: t.TempDir(), Docker: docker, Installation: "test", HostIP: host, PortMin: 24000, PortMax: 24100})
	if err != nil {
		t.Fatal(err)
	}
	e.runtime = newRuntime(Config{}, policy{}, nil, nil)
	f := &fixture{t, e, httptest.NewServer(e)}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-ended
		f.server.Close()
		_ = e.Close()
	})
	return f
}

// answering serves a status on the port of an app's only task that has one of
// the given version, and returns the task's id.
func (f *fixture) answering(host string, status *atomic.Int32, known string) string {
	f.t.Helper()
	var task map[string]any
	await(f.t, "a task runs", func() bool {
		for _, v := range f.expect(200, "GET", "/v2/apps/web/tasks", "")["tasks"].([]any) {
			if v := v.(map[string]any); v["state"] == "TASK_RUNNING" && v["id"] != known {
				task = v
			}
		}
		return task != nil
	})
	l, err := net.Listen("tcp", fmt.Sprintf("%s:%v", host, task["ports"].([]any)[0]))
	if err != nil {
		f.t.Fatal(err)
	}
	server := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(int(status.Load()))
		fmt.Fprintf(w, `{"path":%q}`, r.URL.Path)
	})}}
	server.Start()
	f.t.Cleanup(server.Close)
	return task["id"].(string)
}

func TestReadiness_HoldsADeploymentBackUntilTheAppSaysSo(t *testing.T) {
	const host = "127.77.77.79"
	f := standIn(t, host)
	body := `{"id":"/web","cpus":0.1,"mem":32,"networks":[{"mode":"container/bridge"}],
		"container":{"docker":{"image":"img:1"},"portMappings":[{"containerPort":80,"name":"api"}]},
		"readinessChecks":[{"name":"up","path":"/ready","portName":"api","intervalSeconds":2,"timeoutSeconds":1,
			"httpStatusCodesForReady":[299],"preserveLastResponse":true}]}`
	f.expect(201, "POST", "/v2/apps", body)
	var status atomic.Int32
	status.Store(503)
	first := f.answering(host, &status, "")

	result := func() map[string]any {
		list := f.list("/v2/deployments")
		if len(list) == 0 {
			return nil
		}
		action := list[0].(map[string]any)["currentActions"].([]any)[0].(map[string]any)
		if all := action["readinessCheckResults"].([]any); len(all) > 0 {
			return all[0].(map[string]any)
		}
		return nil
	}
	answered := func(want float64) func() bool {
		return func() bool {
			r := result()
			return r != nil && r["lastResponse"].(map[string]any)["status"] == want
		}
	}
	await(t, "the check's answer is shown", answered(503))
	r := result()
	last := r["lastResponse"].(map[string]any)
	if r["name"] != "up" || r["taskId"] != first || r["ready"] != false || last["contentType"] != "application/json" || last["body"] != `{"path":"/ready"}` {
		t.Errorf("%v", r)
	}
	app := f.expect(200, "GET", "/v2/apps/web?embed=app.readiness", "")["app"].(map[string]any)
	if list := app["readinessCheckResults"].([]any); len(list) != 1 {
		t.Errorf("the app shows %v", list)
	}
	status.Store(299)
	f.idle()
	if app := f.expect(200, "GET", "/v2/apps/web?embed=readiness", "")["app"].(map[string]any); len(app["readinessCheckResults"].([]any)) != 0 {
		t.Errorf("after the deployment: %v", app["readinessCheckResults"])
	}

	f.expect(200, "PUT", "/v2/apps/web", `{"env":{"A":"2"}}`)
	await(t, "the new task is asked in vain", answered(504))
	if body := result()["lastResponse"].(map[string]any)["body"].(string); !strings.HasPrefix(body, "Marathon could not query http://"+host+":") {
		t.Error(body)
	}
	if n := len(f.expect(200, "GET", "/v2/apps/web/tasks", "")["tasks"].([]any)); n != 2 {
		t.Errorf("%d tasks run beside each other", n)
	}
	second := f.answering(host, &status, first)
	f.idle()
	if left := f.expect(200, "GET", "/v2/apps/web/tasks", "")["tasks"].([]any); len(left) != 1 || left[0].(map[string]any)["id"] != second {
		t.Errorf("%v", left)
	}
}

func TestReadiness_IsRememberedOverARestart(t *testing.T) {
	w := newWorld(t)
	w.do(201, "POST", "/v2/apps", `{"id":"/web","networks":[{"mode":"container/bridge"}],
		"container":{"docker":{"image":"img:1"},"portMappings":[{"containerPort":80,"name":"api"}]},"readinessChecks":[{"portName":"api"}]}`)
	w.settle(w.crash)
	i := w.engine.records.snapshot().byApp["/web"][0]
	if result, known := w.engine.readiness.of(i); !known || !result.Ready || result.Response != nil {
		t.Errorf("%+v", result)
	}
}
