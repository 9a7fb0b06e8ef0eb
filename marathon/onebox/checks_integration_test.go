//go:build integration

package onebox

import (
	"fmt"
	"strings"
	"testing"
)

// checked defines a bridged program that serves files of its sandbox on one
// address and port, with one health check.
func checked(command, check string) string {
	return fmt.Sprintf(`{"mem":64,"cpus":0.1,"cmd":%q,"backoffSeconds":0.1,"networks":[{"mode":"container/bridge"}],
		"container":{"type":"MESOS","portMappings":[{"containerPort":8000}]},
		"upgradeStrategy":{"minimumHealthCapacity":0,"maximumOverCapacity":0},"healthChecks":[%s]}`, command, check)
}

// health returns the first result of an app's first task.
func (r *real) health(id string) (alive bool, cause string) {
	for _, i := range r.engine.records.snapshot().byApp[id] {
		if len(i.Health) > 0 {
			return i.Health[0].Alive, i.Health[0].LastFailureCause
		}
	}
	return false, ""
}

// What listens on the container's own loopback address is well for a check that
// Mesos does beside the task, and for no other.
func TestChecks_AskInsideTheContainersNetwork(t *testing.T) {
	r := newMachine(t)
	serve := "python3 -m http.server 8000 --bind 127.0.0.1"
	for name, check := range map[string]string{
		"/http":   `{"protocol":"MESOS_HTTP","path":"/","delaySeconds":0,"intervalSeconds":1}`,
		"/tcp":    `{"protocol":"MESOS_TCP","delaySeconds":0,"intervalSeconds":1}`,
		"/number": `{"protocol":"MESOS_TCP","port":8000,"delaySeconds":0,"intervalSeconds":1}`,
	} {
		r.expect(201, "PUT", "/v2/apps"+name, checked(serve, check))
	}
	r.expect(201, "PUT", "/v2/apps/outside", checked(serve, `{"protocol":"HTTP","path":"/","intervalSeconds":1,"gracePeriodSeconds":0,"maxConsecutiveFailures":0}`))
	for _, name := range []string{"/http", "/tcp", "/number"} {
		await(t, name+" is well", func() bool { alive, _ := r.health(name); return alive })
	}
	await(t, "from outside it is not well", func() bool { alive, cause := r.health("/outside"); return !alive && cause != "" })
}

// Docker takes connections to a published port though nobody listens behind it.
func TestChecks_TCPIsNotDeceivedByDocker(t *testing.T) {
	r := newMachine(t)
	tcp := `{"protocol":"TCP","intervalSeconds":1,"gracePeriodSeconds":0,"maxConsecutiveFailures":1}`
	r.expect(201, "PUT", "/v2/apps/deaf", checked("sleep 1000", tcp))
	r.expect(201, "PUT", "/v2/apps/open", checked("python3 -m http.server 8000", strings.Replace(tcp, `"gracePeriodSeconds":0`, `"gracePeriodSeconds":30`, 1)))
	await(t, "the one that listens is well", func() bool { alive, _ := r.health("/open"); return alive })
	await(t, "the deaf one is killed for it", func() bool {
		record := r.engine.records.snapshot().app("/deaf")
		return record.Failure != nil && strings.HasPrefix(record.Failure.Message, "Task was killed since health check failed. Reason: ") &&
			strings.Contains(record.Failure.Message, "refused")
	})
}

func TestChecks_CommandsAndIPv6(t *testing.T) {
	r := newReal(t, func(c *Config) { c.HostPrograms, c.HostNetwork = true, true })
	command := `{"protocol":"COMMAND","command":{"value":"test -f there && test $(id -u) -ge 200000"},"delaySeconds":0,"intervalSeconds":1}`
	r.expect(201, "PUT", "/v2/apps/command", checked("touch there; sleep 1000", command))
	hang := `{"protocol":"COMMAND","command":{"value":"sleep 1000"},"delaySeconds":0,"intervalSeconds":0,"timeoutSeconds":1,"gracePeriodSeconds":0,"maxConsecutiveFailures":0}`
	r.expect(201, "PUT", "/v2/apps/hang", checked("sleep 1000", hang))
	six := `{"protocol":"MESOS_HTTP","path":"/","ipProtocol":"IPv6","portIndex":0,"delaySeconds":0,"intervalSeconds":1}`
	r.expect(201, "PUT", "/v2/apps/six", fmt.Sprintf(`{"mem":64,"cpus":0.1,"container":{"docker":{"image":%q}},"networks":[{"mode":"host"}],
		"env":{"BEHAVIOUR":"on-host-six"},"healthChecks":[%s]}`, r.image, six))
	await(t, "the command says well", func() bool { alive, _ := r.health("/command"); return alive })
	await(t, "it is well by IPv6", func() bool { alive, _ := r.health("/six"); return alive })
	await(t, "commands do not pile up", func() bool { _, cause := r.health("/hang"); return strings.Contains(cause, "has not ended yet") })
}

// A Docker that hangs cannot carry out checks. That says nothing about containers,
// so none of them is ended for it, however impatient its checks are.
func TestChecks_SilenceOfDockerIsNoVerdict(t *testing.T) {
	r := newMachine(t)
	impatient := `,"delaySeconds":0,"intervalSeconds":1,"timeoutSeconds":1,"gracePeriodSeconds":0,"maxConsecutiveFailures":1}`
	tasks := map[string]string{
		"/command": `{"protocol":"COMMAND","command":{"value":"test -f there"}` + impatient,
		"/tcp":     `{"protocol":"MESOS_TCP"` + strings.Replace(impatient, `"gracePeriodSeconds":0`, `"gracePeriodSeconds":30`, 1),
	}
	for name, check := range tasks {
		r.expect(201, "PUT", "/v2/apps"+name, checked("touch there; python3 -m http.server 8000", check))
		await(t, name+" is well", func() bool { alive, _ := r.health(name); return alive })
		tasks[name] = r.awaitInstance(name).TaskID()
	}
	r.line.Hang()
	before := r.line.Calls()
	await(t, "checks go on asking", func() bool { return r.line.Calls() > before+6 })
	r.line.Mend()
	await(t, "Docker is seen", func() bool { return !r.engine.sights.newest().blind() })
	for name, task := range tasks {
		if alive, cause := r.health(name); !alive || r.awaitInstance(name).TaskID() != task {
			t.Errorf("%s: well %t, %s", name, alive, cause)
		}
	}
}
