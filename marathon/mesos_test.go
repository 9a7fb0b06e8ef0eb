package marathon_test

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"seedbed"
	"seedbed/marathon"
)

// cluster is a stand-in that answers in the shapes of Marathon 1.8 and Mesos
// 1.11, at one address.
type cluster struct {
	*httptest.Server
	answers map[string]string // by path, in place of the usual ones
	asked   map[string]string // the password that came with a path
	busy    atomic.Int64
}

func newCluster(t *testing.T, tls bool) *cluster {
	c := &cluster{answers: map[string]string{}, asked: map[string]string{}}
	c.Server = httptest.NewUnstartedServer(c)
	c.Config.ErrorLog = quiet()
	if tls {
		c.StartTLS()
	} else {
		c.Start()
	}
	t.Cleanup(c.Close)
	return c
}

// ServeHTTP answers as the cluster.
func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, c.asked[r.URL.Path], _ = r.BasicAuth()
	if status, err := strconv.Atoi(c.answers[r.URL.Path]); err == nil {
		http.Error(w, "not here", status)
		return
	}
	if text, ok := c.answers[r.URL.Path]; ok {
		io.WriteString(w, text) //nolint:errcheck // the test sees it
		return
	}
	host := r.Host
	switch r.URL.Path {
	case "/v2/info":
		fmt.Fprintf(w, `{"frameworkId":"f1","marathon_config":{"mesos_leader_ui_url":"%s/"}}`, c.URL)
	case "/v2/tasks":
		io.WriteString(w, `{"tasks":[{"id":"sites_guide.2","appId":"/sites/guide","state":"TASK_RUNNING","slaveId":"S0"}]}`) //nolint:errcheck
	case "/v2/apps/sites/guide/tasks":
		io.WriteString(w, `{"tasks":[{"id":"sites_guide.2","slaveId":"S0","state":"TASK_RUNNING","startedAt":"2026-01-02T03:04:05.000Z"}]}`) //nolint:errcheck
	case "/master/slaves":
		fmt.Fprintf(w, `{"slaves":[{"id":"S0","pid":"slave(1)@%s","hostname":"m1","active":true,"registered_time":1700000000.5,
			"resources":{"cpus":4,"mem":8192,"disk":1000},"used_resources":{"cpus":1.5,"mem":512,"disk":0}},
			{"id":"S1","pid":"slave(1)@10.0.0.9:5051","hostname":"a0","active":false}]}`, host)
	case "/master/tasks":
		io.WriteString(w, `{"tasks":[{"id":"sites_guide.2","framework_id":"f1","state":"TASK_RUNNING"},
			{"id":"sites_guide.1","framework_id":"f1","slave_id":"S0","state":"TASK_FAILED","statuses":[{"state":"TASK_RUNNING","timestamp":1700000000},{"state":"TASK_FAILED","timestamp":1700000060}]},
			{"id":"sites_guide.0","framework_id":"f1","slave_id":"S0","state":"TASK_LOST"},
			{"id":"sites_guide-two.1","framework_id":"f1","slave_id":"S0","state":"TASK_KILLED"},
			{"id":"sites_guide.9","framework_id":"other","slave_id":"S0","state":"TASK_KILLED"}]}`) //nolint:errcheck
	case "/state":
		io.WriteString(w, `{"frameworks":[{"id":"f1","executors":[{"id":"sites_guide.2","directory":"/var/lib/mesos/x/2"}],
			"completed_executors":[{"id":"sites_guide.1","directory":"/var/lib/mesos/x/1"}]}]}`) //nolint:errcheck
	case "/files/read":
		c.read(w, r)
	case "/monitor/statistics":
		n := c.busy.Add(1)
		fmt.Fprintf(w, `[{"executor_id":"sites_guide.2","statistics":{"timestamp":%d,"cpus_limit":0.5,"cpus_user_time_secs":%d,"cpus_system_time_secs":0,"mem_limit_bytes":1000,"mem_rss_bytes":300}}]`, 1700000000+2*n, n)
	default:
		http.NotFound(w, r)
	}
}

const printed = "one\ntwo\nthree\n"

func (c *cluster) read(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("path") != "/var/lib/mesos/x/1/stderr" {
		http.NotFound(w, r)
		return
	}
	var offset, length int
	fmt.Sscan(r.FormValue("offset"), &offset) //nolint:errcheck // the test sees it
	fmt.Sscan(r.FormValue("length"), &length) //nolint:errcheck
	out := map[string]any{"data": "", "offset": len(printed)}
	if offset >= 0 {
		out = map[string]any{"data": printed[offset:min(len(printed), offset+length)], "offset": offset}
	}
	json.NewEncoder(w).Encode(out) //nolint:errcheck
}

func (c *cluster) ca() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate().Raw})
}

// quiet says nothing of the handshakes that are meant to fail.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func driver(t *testing.T, c marathon.Config) *marathon.Client {
	t.Helper()
	m, err := marathon.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const guide = seedbed.WorkloadID("/sites/guide")

func TestMesos_TellsTasksLogsUsageAndMachines(t *testing.T) {
	m := driver(t, marathon.Config{URLs: []string{newCluster(t, false).URL}})
	ctx := t.Context()
	tasks, err := m.Tasks(ctx, guide)
	want := []seedbed.Task{
		{ID: "sites_guide.2", Workload: guide, Machine: "S0", State: seedbed.TaskRunning, Began: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)},
		{ID: "sites_guide.1", Workload: guide, Machine: "S0", State: seedbed.TaskFailed, Began: time.Unix(1700000000, 0), Ended: time.Unix(1700000060, 0)},
		{ID: "sites_guide.0", Workload: guide, Machine: "S0", State: seedbed.TaskLost},
	}
	if diff := cmp.Diff(want, tasks); diff != "" || err != nil {
		t.Fatalf("tasks (%v):\n%s", err, diff)
	}
	for offset, want := range map[int64]seedbed.LogPart{
		-1: {Text: "\nthree\n", From: 7, To: 14, Size: 14}, 0: {Text: "one\ntwo", To: 7, Size: 14}, 14: {From: 14, To: 14, Size: 14}, 99: {From: 14, To: 14, Size: 14},
	} {
		if got, err := m.Log(ctx, tasks[1], seedbed.Stderr, offset, 7); got != want || err != nil {
			t.Errorf("the log from %d is %+v (%v), want %+v", offset, got, err, want)
		}
	}
	if _, err := m.Log(ctx, tasks[0], seedbed.Stdout, -1, 7); !seedbed.IsNotFound(err) {
		t.Errorf("a log that is not there gives %v", err)
	}
	if _, err := m.Log(ctx, tasks[1], "../../../etc/passwd", -1, 7); !seedbed.IsNotFound(err) {
		t.Errorf("a file that is no log gives %v", err)
	}
	for n, cpus := range []float64{-1, 0.5} {
		used, err := m.Usage(ctx, tasks)
		if u := used["sites_guide.2"]; err != nil || u.Memory != 300 || u.MemoryLimit != 1000 || u.CPUs != cpus {
			t.Errorf("look %d says %+v (%v)", n, used, err)
		}
	}
	machines, err := m.Machines(ctx)
	if err != nil || len(machines) != 2 || machines[0].Name != "a0" || machines[0].Up {
		t.Fatalf("machines: %+v (%v)", machines, err)
	}
	if got := machines[1]; got.Tasks != 1 || got.Total.Memory != 8<<30 || got.Promised.CPUs != 1.5 || !got.Up {
		t.Errorf("the machine is %+v", got)
	}
}

func TestMesos_BadAnswersAreTroubleAndNothingElse(t *testing.T) {
	for _, one := range [][2]string{
		{"/v2/info", `{"frameworkId":"f1","marathon_config":{"mesos_leader_ui_url":null}}`}, {"/v2/info", `{}`}, {"/master/slaves", `{}`},
		{"/state", `[`}, {"/state", `{}`}, {"/state", `null`}, {"/files/read", `{"data":"` + strings.Repeat("x", 100) + `","offset":-5}`},
		{"/files/read", `{}`}, {"/master/tasks", strings.Repeat(" ", 33<<20)}, {"/master/tasks", `{}`}, {"/master/tasks", `null`},
		{"/master/tasks", "404"}, {"/master/slaves", "404"}, {"/state", "404"}, {"/state", "400"},
	} {
		path, answer := one[0], one[1]
		c := newCluster(t, false)
		c.answers[path] = answer
		m := driver(t, marathon.Config{URLs: []string{c.URL}})
		tasks, err := m.Tasks(t.Context(), guide)
		if err == nil && len(tasks) > 1 {
			_, err = m.Log(t.Context(), tasks[1], seedbed.Stderr, -1, 10)
		}
		if seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("with %.40q from %s: %v", answer, path, err)
		}
		if len(tasks) == 0 || tasks[0].State != seedbed.TaskRunning {
			t.Errorf("trouble at %s hides the task that runs", path)
		}
	}
}

func TestMesos_AgentsAreOnlyLookedForWhereAnAddressCanBe(t *testing.T) {
	for _, pid := range []string{"", "slave(1)", "slave(1)@", "slave(1)@host", "slave(1)@host:1/../../x", "slave(1)@user@host:1", "slave(1)@:80"} {
		c := newCluster(t, false)
		c.answers["/master/slaves"] = fmt.Sprintf(`{"slaves":[{"id":"S0","pid":%q,"active":true}]}`, pid)
		m := driver(t, marathon.Config{URLs: []string{c.URL}})
		_, err := m.Log(t.Context(), seedbed.Task{ID: "sites_guide.1", Machine: "S0"}, seedbed.Stderr, -1, 10)
		if !seedbed.IsNotFound(err) {
			t.Errorf("an agent at %q gives %v", pid, err)
		}
	}
}

func TestMesos_PasswordGoesNowhereInPlain(t *testing.T) {
	plain, safe := newCluster(t, false), newCluster(t, true)
	safe.answers["/v2/info"] = fmt.Sprintf(`{"frameworkId":"f1","marathon_config":{"mesos_leader_ui_url":%q}}`, plain.URL)
	m := driver(t, marathon.Config{URLs: []string{safe.URL}, User: "portal", Password: "secret", CA: safe.ca()})
	if _, err := m.Machines(t.Context()); err != nil {
		t.Fatal(err)
	}
	if safe.asked["/v2/info"] != "secret" || plain.asked["/master/slaves"] != "" {
		t.Errorf("Marathon was told %q, the master without TLS %q", safe.asked["/v2/info"], plain.asked["/master/slaves"])
	}
	m = driver(t, marathon.Config{URLs: []string{plain.URL}, User: "portal", Password: "secret"})
	if _, err := m.Machines(t.Context()); err != nil || plain.asked["/master/slaves"] != "secret" {
		t.Errorf("where Marathon is asked in plain, the master was told %q (%v)", plain.asked["/master/slaves"], err)
	}
}

func TestClient_GoesOnToTheNextAddress(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := "http://" + gone.Addr().String()
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	m := driver(t, marathon.Config{URLs: []string{dead, newCluster(t, false).URL}})
	if tasks, err := m.Tasks(t.Context(), guide); err != nil || len(tasks) != 3 {
		t.Errorf("with the first address dead: %v (%v)", tasks, err)
	}
	if machines, err := m.Machines(t.Context()); err != nil || len(machines) != 2 {
		t.Errorf("with the first address dead: %v (%v)", machines, err)
	}
}

func TestClient_TrustsOnlyItsOwnCA(t *testing.T) {
	c := newCluster(t, true)
	if _, err := driver(t, marathon.Config{URLs: []string{c.URL}, CA: c.ca()}).Machines(t.Context()); err != nil {
		t.Errorf("with its CA: %v", err)
	}
	strange, _ := ownCertificate(t)
	for what, ca := range map[string][]byte{"with no CA": nil, "with the CA of somebody else": strange} {
		_, err := driver(t, marathon.Config{URLs: []string{c.URL}, CA: ca}).Tasks(t.Context(), guide)
		if seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := marathon.New(marathon.Config{URLs: []string{c.URL}, CA: []byte("no certificate")}); err == nil {
		t.Error("a CA that is none is accepted")
	}
}

func TestMesos_HangingAgentIsGivenUp(t *testing.T) {
	t.Parallel()
	c := newCluster(t, false)
	hang := make(chan struct{})
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(hang); hanging.Close() })
	c.answers["/master/slaves"] = fmt.Sprintf(`{"slaves":[{"id":"S0","pid":"slave(1)@%s","active":true}]}`, strings.TrimPrefix(hanging.URL, "http://"))
	m := driver(t, marathon.Config{URLs: []string{c.URL}})
	began := time.Now()
	_, err := m.Log(t.Context(), seedbed.Task{ID: "sites_guide.1", Machine: "S0"}, seedbed.Stderr, -1, 10)
	if took := time.Since(began); seedbed.CodeOf(err) != seedbed.Unavailable || took > 20*time.Second {
		t.Errorf("after %v: %v", took, err)
	}
}

func TestMesos_WrongPasswordIsSaid(t *testing.T) {
	c := newCluster(t, false)
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusUnauthorized) }))
	t.Cleanup(refusing.Close)
	m := driver(t, marathon.Config{URLs: []string{c.URL}, Mesos: refusing.URL, User: "portal", Password: "wrong"})
	if _, err := m.Machines(t.Context()); !strings.Contains(seedbed.MessageOf(err), "does not let the portal in") {
		t.Errorf("Mesos refuses: %v", err)
	}
	m = driver(t, marathon.Config{URLs: []string{refusing.URL}, User: "portal", Password: "wrong"})
	if _, err := m.Tasks(t.Context(), guide); !strings.Contains(seedbed.MessageOf(err), "does not let the portal in") {
		t.Errorf("Marathon refuses: %v", err)
	}
}
