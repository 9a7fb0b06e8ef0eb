//go:build integration

package onebox

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"

	"seedbed/marathon/internal/enginetest"
)

// newMachine is a real engine that runs programs of the machine.
func newMachine(t *testing.T, adjust ...func(*Config)) *real {
	docker := enginetest.Docker(t)
	installation := enginetest.Installation(t, docker)
	l := enginetest.NewLine(t, docker)
	adjust = append([]func(*Config){func(c *Config) {
		c.Installation, c.PortMin, c.PortMax, c.HostPrograms, c.HostNetwork = installation, 38100, 38900, true, true
		c.Log = slog.New(slog.NewTextHandler(t.Output(), nil))
	}}, adjust...)
	return &real{fixtureOn(t, l.Socket, adjust...), l, docker, "", installation}
}

// tasks returns an app's tasks.
func (r *real) tasks(id string) []taskView {
	r.t.Helper()
	_, text := r.raw("GET", "/v2/apps"+id+"/tasks", "")
	var out struct{ Tasks []taskView }
	if err := json.Unmarshal(text, &out); err != nil {
		r.t.Fatal(err)
	}
	return out.Tasks
}

// page asks the first port of an app's only task, until it answers.
func (r *real) page(id, path string) (text string) {
	r.t.Helper()
	await(r.t, "the task answers", func() bool {
		list := r.tasks(id)
		if len(list) != 1 || len(list[0].Ports) == 0 {
			return false
		}
		res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", list[0].Ports[0], path))
		if err != nil {
			return false
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		text = string(b)
		return err == nil && res.StatusCode == http.StatusOK
	})
	return text
}

// The commonest app of all: a command, and nothing else.
func TestProgram_ServesFilesOfItsSandbox(t *testing.T) {
	r := newMachine(t)
	for name, networks := range map[string]string{
		"/host":   `"networks":[{"mode":"host"}]`,
		"/bridge": `"networks":[{"mode":"container/bridge"}],"container":{"type":"MESOS","portMappings":[{"containerPort":0}]}`,
	} {
		r.expect(201, "PUT", "/v2/apps"+name, `{"mem":64,"cpus":0.1,`+networks+`,
			"cmd":"id -u > user; id -un >> user; pwd >> user; env > variables; ls /etc /root /home /var /opt > seen 2>&1; cat /proc/self/status > status; python3 -m http.server $PORT0",
			"healthChecks":[{"protocol":"HTTP","path":"/user","intervalSeconds":1}]}`)
		i := r.awaitInstance(name)
		want := fmt.Sprintf("%d\ntask\n/mnt/mesos/sandbox\n", i.User)
		if got := r.page(name, "/user"); got != want {
			t.Errorf("%s: it is %q, want %q", name, got, want)
		}
		variables := r.page(name, "/variables")
		for _, line := range []string{"MESOS_SANDBOX=/mnt/mesos/sandbox", "HOME=/mnt/mesos/sandbox", "MARATHON_APP_ID=" + name, "MESOS_TASK_ID=" + i.TaskID(), fmt.Sprintf("PORT0=%d", i.Ports[0])} {
			if !strings.Contains(variables, line+"\n") {
				t.Errorf("%s: no %s in\n%s", name, line, variables)
			}
		}
		status := r.page(name, "/status")
		for _, line := range []string{"CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"} {
			if !strings.Contains(status, line) {
				t.Errorf("%s: no %q in\n%s", name, line, status)
			}
		}
		if seen := r.page(name, "/seen"); strings.Contains(seen, "shadow") || !strings.Contains(seen, "nsswitch.conf") {
			t.Errorf("%s: it sees\n%s", name, seen)
		}
		r.readsSandbox(name, "user", want)
		r.expect(200, "DELETE", "/v2/apps"+name, "")
	}
	await(t, "all is gone", func() bool { return len(r.containers()) == 0 })
}

// readsSandbox reads a file as clients of Mesos do.
func (r *real) readsSandbox(id, name, want string) {
	r.t.Helper()
	dir := r.engine.logs.store.Directory(r.tasks(id)[0].ID)
	_, text := r.raw("GET", "/files/read?offset=0&path="+dir+"/"+name, "")
	var got struct{ Data string }
	if err := json.Unmarshal(text, &got); err != nil || got.Data != want {
		r.t.Errorf("/files/read gives %s (%v)", text, err)
	}
}

func TestProgram_CannotLeaveItsBounds(t *testing.T) {
	r := newMachine(t)
	left := "/usr/share/seedbed-" + r.installation
	r.expect(201, "PUT", "/v2/apps/bad", `{"mem":32,"cpus":0.1,"cmd":"touch `+left+` /etc/x /bin/x; echo done > after; sleep 1000"}`)
	r.awaitInstance("/bad")
	await(t, "it has tried", func() bool {
		dir := r.engine.logs.store.Directory(r.tasks("/bad")[0].ID)
		data, _, _ := r.engine.logs.store.Read(dir+"/after", 0, 10)
		return string(data) == "done\n"
	})
	if _, err := os.Stat(left); err == nil {
		t.Error("it has written among the machine's programs")
		_ = os.Remove(left)
	}
	c := r.inspect(r.tasks("/bad")[0].ID)
	if c.HostConfig.Memory != 32<<20 || *c.HostConfig.PidsLimit != pidsLimit || len(c.HostConfig.CapAdd) != 0 {
		t.Errorf("its limits: %+v", c.HostConfig.Resources)
	}
}
