//go:build integration

package onebox

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	apicontainer "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"seedbed/marathon/internal/enginetest"
)

// real is an engine over a line to the real Docker.
type real struct {
	*fixture
	line         *enginetest.Line
	docker       *client.Client
	image        string
	installation string
}

func newReal(t testing.TB, adjust ...func(*Config)) *real {
	docker := enginetest.Docker(t)
	image := enginetest.Image(t, docker)
	installation := enginetest.Installation(t, docker)
	l := enginetest.NewLine(t, docker)
	f := fixtureOn(t, l.Socket, func(c *Config) {
		c.Installation, c.PortMin, c.PortMax = installation, 39000, 39999
		if _, measuring := t.(*testing.B); !measuring {
			c.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
		}
		for _, f := range adjust {
			f(c)
		}
	})
	return &real{f, l, docker, image, installation}
}

// define writes a definition; more is put over it.
func (r *real) define(more string) string {
	var out map[string]any
	text := fmt.Sprintf(`{"id":"/sites/guide","cpus":0.1,"mem":32,"networks":[{"mode":"container/bridge"}],"backoffSeconds":0.1,
		"container":{"docker":{"image":%q},"portMappings":[{"containerPort":8080}]}}`, r.image)
	for _, part := range []string{text, more} {
		if err := json.Unmarshal([]byte(part), &out); err != nil {
			r.t.Fatal(err)
		}
	}
	body, err := json.Marshal(out)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(body)
}

func (r *real) put(more string) {
	r.t.Helper()
	if status, out := r.do("PUT", "/v2/apps/sites/guide?force=true", r.define(more)); status >= 300 {
		r.t.Fatalf("status %d: %v", status, out)
	}
}

func (r *real) app() (a struct {
	Tasks           []taskView
	Deployments     []deploymentRef
	LastTaskFailure *taskFailure
	TasksRunning    int
}) {
	r.t.Helper()
	_, text := r.raw("GET", "/v2/apps/sites/guide", "")
	out := struct{ App any }{&a}
	if err := json.Unmarshal(text, &out); err != nil {
		r.t.Fatal(err)
	}
	return a
}

func (r *real) awaitSettled(running int) {
	r.t.Helper()
	await(r.t, fmt.Sprintf("%d tasks run", running), func() bool {
		a := r.app()
		return len(a.Deployments) == 0 && a.TasksRunning == running && len(a.Tasks) == running
	})
}

func (r *real) containers() []string {
	return enginetest.Containers(r.t, r.docker, r.installation)
}

func (r *real) inspect(id string) apicontainer.InspectResponse {
	r.t.Helper()
	found, err := r.docker.ContainerInspect(r.t.Context(), id, client.ContainerInspectOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	return found.Container
}

func TestEngine_ContainersAreConfined(t *testing.T) {
	r := newReal(t)
	r.put(`{}`)
	r.awaitSettled(1)
	task := r.app().Tasks[0]
	c := r.inspect(task.ID)
	h := c.HostConfig
	switch {
	case h.Privileged, len(h.CapDrop) != 1, h.CapDrop[0] != "ALL", len(h.CapAdd) != len(capabilities):
		t.Errorf("capabilities: %v %v", h.CapDrop, h.CapAdd)
	case h.Memory != 32<<20, h.MemorySwap != h.Memory, *h.PidsLimit != pidsLimit:
		t.Errorf("limits: %d %d %d", h.Memory, h.MemorySwap, *h.PidsLimit)
	case strings.Join(h.SecurityOpt, " ") != "no-new-privileges":
		t.Errorf("security options: %v", h.SecurityOpt)
	case h.LogConfig.Config["max-size"] != "10m":
		t.Errorf("log: %v", h.LogConfig)
	case c.Config.Labels["MESOS_TASK_ID"] != task.ID:
		t.Errorf("labels: %v", c.Config.Labels)
	}
	for _, bindings := range h.PortBindings {
		if bindings[0].HostIP.String() != "127.0.0.1" {
			t.Errorf("published on %v", bindings[0].HostIP)
		}
	}
	network, err := r.docker.NetworkInspect(t.Context(), "seedbed-"+r.installation, client.NetworkInspectOptions{})
	if err != nil || network.Network.Options[optionICC] != "false" {
		t.Errorf("the network: %v %v", network.Network.Options, err)
	}
}

func TestEngine_TellsOfTooMuchMemory(t *testing.T) {
	r := newReal(t)
	r.put(`{"env":{"BEHAVIOUR":"gorge"}}`)
	await(t, "the failure is told", func() bool { return r.app().LastTaskFailure != nil })
	f := r.app().LastTaskFailure
	if f.State != "TASK_FAILED" || !strings.HasPrefix(f.Message, "Container was ended because it used more memory than it may") {
		t.Errorf("%+v", f)
	}
}

func TestEngine_GivesUpNothingWhileDockerIsAway(t *testing.T) {
	r := newReal(t)
	r.put(`{"instances":2}`)
	r.awaitSettled(2)
	before := r.app().Tasks
	r.line.Cut()
	await(t, "the tasks are unreachable", func() bool {
		a := r.app()
		return len(a.Tasks) == 2 && a.Tasks[0].State == "TASK_UNREACHABLE" && a.Tasks[1].State == "TASK_UNREACHABLE"
	})
	if r.engine.CheckDocker(t.Context()) == nil {
		t.Error("Docker is called well")
	}
	if _, err := r.docker.ContainerKill(t.Context(), before[0].ID, client.ContainerKillOptions{Signal: "KILL"}); err != nil {
		t.Fatal(err)
	}
	r.line.Mend()
	r.awaitSettled(2)
	await(t, "the one that ended is replaced, the other is kept", func() bool {
		ids := map[string]bool{}
		for _, task := range r.app().Tasks {
			ids[task.ID] = true
		}
		return len(ids) == 2 && !ids[before[0].ID] && ids[before[1].ID]
	})
}

// A container of the installation that no record knows is removed, and a new
// one is launched only after that. All others are left alone.
func TestEngine_RemovesOnlyItsOwnOrphans(t *testing.T) {
	r := newReal(t)
	other := enginetest.Installation(t, r.docker)
	orphan := r.stray(r.installation)
	foreign := r.stray(other)
	r.put(`{}`)
	r.awaitSettled(1)
	await(t, "the orphan is gone", func() bool { return len(r.containers()) == 1 })
	if r.containers()[0] == orphan {
		t.Error("the orphan was kept")
	}
	if left := enginetest.Containers(t, r.docker, other); len(left) != 1 || left[0] != foreign {
		t.Errorf("of the other installation are left: %v", left)
	}
}

// stray starts a container as another process might have left it.
func (r *real) stray(installation string) string {
	r.t.Helper()
	made, err := r.docker.ContainerCreate(r.t.Context(), client.ContainerCreateOptions{
		Config: &apicontainer.Config{Image: r.image, Labels: map[string]string{
			labelInstallation: installation, labelTask: "sites_guide.instance-x._app.1", labelApp: "/sites/guide",
		}},
	})
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.docker.ContainerStart(r.t.Context(), made.ID, client.ContainerStartOptions{}); err != nil {
		r.t.Fatal(err)
	}
	return made.ID
}

func TestEngine_RelaunchesWhatWasRemovedFromOutside(t *testing.T) {
	r := newReal(t)
	r.put(`{}`)
	r.awaitSettled(1)
	first := r.app().Tasks[0].ID
	if _, err := r.docker.ContainerRemove(t.Context(), first, client.ContainerRemoveOptions{Force: true}); err != nil {
		t.Fatal(err)
	}
	await(t, "another runs", func() bool {
		tasks := r.app().Tasks
		return len(tasks) == 1 && tasks[0].ID != first && tasks[0].State == "TASK_RUNNING"
	})
	if f := r.app().LastTaskFailure; f == nil || f.TaskID != first || f.State != "TASK_FAILED" {
		t.Errorf("%+v", f)
	}
}

func TestEngine_ScalesRestartsAndKills(t *testing.T) {
	r := newReal(t)
	r.put(`{"instances":3}`)
	r.awaitSettled(3)
	tasks := r.app().Tasks
	r.expect(200, "DELETE", "/v2/apps/sites/guide/tasks/"+tasks[0].ID+"?scale=true", "")
	r.awaitSettled(2)
	r.expect(200, "DELETE", "/v2/apps/sites/guide/tasks/"+tasks[1].ID, "")
	await(t, "another comes in its place", func() bool {
		a := r.app()
		return a.TasksRunning == 2 && a.Tasks[0].ID != tasks[1].ID && a.Tasks[1].ID != tasks[1].ID
	})
	before := r.app().Tasks
	r.expect(200, "POST", "/v2/apps/sites/guide/restart", "{}")
	r.awaitSettled(2)
	for _, old := range before {
		for _, now := range r.app().Tasks {
			if old.ID == now.ID {
				t.Errorf("%s was not restarted", old.ID)
			}
		}
	}
	r.expect(200, "DELETE", "/v2/apps/sites/guide", "")
	await(t, "all is gone", func() bool {
		_, deployments := r.raw("GET", "/v2/deployments", "")
		return string(deployments) == "[]" && len(r.containers()) == 0
	})
}

func TestEngine_BackoffGrows(t *testing.T) {
	r := newReal(t)
	r.put(`{"env":{"BEHAVIOUR":"exit"},"backoffSeconds":0.2,"backoffFactor":3}`)
	record := func() backoff { return r.engine.records.snapshot().app("/sites/guide").Backoff }
	await(t, "the delay has grown", func() bool { return record().Delay >= 1800*time.Millisecond })
	if status, _ := r.raw("DELETE", "/v2/queue/sites/guide/delay", ""); status != 204 {
		t.Errorf("status %d", status)
	}
}

func TestEngine_DoesOtherKindsOfChecks(t *testing.T) {
	r := newReal(t)
	r.put(`{"healthChecks":[{"protocol":"TCP","intervalSeconds":1},{"protocol":"MESOS_HTTP","path":"/health","intervalSeconds":1}]}`)
	r.awaitSettled(1)
	if results := r.app().Tasks[0].Health; len(results) != 2 || !results[0].Alive || !results[1].Alive {
		t.Errorf("%+v", results)
	}
	// The image has no shell, so a command cannot succeed: that is told.
	r.put(`{"healthChecks":[{"protocol":"COMMAND","command":{"value":"true"},"intervalSeconds":1,"gracePeriodSeconds":0,"maxConsecutiveFailures":1}],
		"upgradeStrategy":{"minimumHealthCapacity":0,"maximumOverCapacity":0}}`)
	await(t, "the failure is told", func() bool { return r.app().LastTaskFailure != nil })
	if f := r.app().LastTaskFailure; !strings.HasPrefix(f.Message, "Task was killed since health check failed. Reason: Command exited with status 12") {
		t.Errorf("%+v", f)
	}
}

// Containers of one installation cannot reach each other.
func TestEngine_KeepsContainersApart(t *testing.T) {
	r := newReal(t)
	r.put(`{"instances":2,"healthChecks":[{"protocol":"MESOS_HTTP","path":"/health","intervalSeconds":1}]}`)
	r.awaitSettled(2) // both listen by now
	tasks := r.app().Tasks
	ip := tasks[0].IPAddresses[0].IPAddress
	if res, err := http.Get("http://" + ip + ":8080/"); err != nil {
		t.Fatalf("the machine itself reaches the container: %v", err)
	} else {
		_ = res.Body.Close()
	}
	res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/reach?address=%s:8080", tasks[1].Ports[0], ip))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusBadGateway {
		t.Errorf("one container reaches the other: status %d", res.StatusCode)
	}
}

// The image has an entrypoint that would serve, and no shell.
func TestEngine_RunsACommandByAShellInsteadOfTheEntrypoint(t *testing.T) {
	r := newReal(t)
	r.put(`{"cmd":"exit 0"}`)
	await(t, "it fails for want of a shell", func() bool {
		failure := r.app().LastTaskFailure
		return failure != nil && strings.Contains(failure.Message, "/bin/sh")
	})
}
