package onebox

import (
	"fmt"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"
)

func TestMachine_KeepsAReserve(t *testing.T) {
	const gib = 1 << 10 // MiB
	for name, c := range map[string]struct {
		m         Machine
		has, want amounts
	}{
		"four gigabytes": {Machine{}, amounts{2, 4 * gib, 40 * gib}, amounts{2, 3.5 * gib, 35 * gib}},
		"two gigabytes":  {Machine{}, amounts{2, 2 * gib, 40 * gib}, amounts{2, 1.5 * gib, 35 * gib}},
		"a small one":    {Machine{}, amounts{1, 0.8 * gib, 8 * gib}, amounts{1, 0.4 * gib, 4 * gib}},
		"more promises":  {Machine{CPUFactor: 4}, amounts{2, 4 * gib, 40 * gib}, amounts{8, 3.5 * gib, 35 * gib}},
		"told":           {Machine{CPUs: 3, Mem: 7, Disk: 9, CPUFactor: 4}, amounts{2, 4 * gib, 40 * gib}, amounts{3, 7, 9}},
	} {
		if got := c.m.promised(c.has); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestConstraint_OnOneMachine(t *testing.T) {
	m := Machine{Zone: "z1", Attributes: map[string]string{"rack": "r-1", "empty": ""}}
	for _, c := range []struct {
		constraint string
		most       int // instances that come to the machine
	}{
		{"hostname UNIQUE", 1}, {"@hostname UNIQUE", 1}, {"rack UNIQUE", 1}, {"hostname MAX_PER 2", 2}, {"rack MAX_PER 0", 0},
		{"hostname GROUP_BY", 9}, {"hostname GROUP_BY 1", 9}, {"rack GROUP_BY 2", 1},
		{"hostname CLUSTER", 9}, {"hostname CLUSTER box", 9}, {"hostname CLUSTER other", 0}, {"rack CLUSTER r-1", 9},
		{"hostname LIKE b.x", 9}, {"hostname LIKE bo", 0}, {"hostname LIKE a|box", 9}, {"hostname UNLIKE bo", 9}, {"hostname UNLIKE box", 0},
		{"rack IS r-1", 9}, {"rack IS r", 0}, {"@zone IS z1", 9}, {"@region IS eu", 0}, {"@region UNLIKE eu", 9},
		{"gpu UNIQUE", 0}, {"gpu CLUSTER", 0}, {"gpu UNLIKE yes", 9}, {"empty CLUSTER", 9}, {"rack like R-1", 0},
	} {
		a := testApp(1, 1, 1)
		a.Constraints = []constraint{strings.Fields(c.constraint)}
		if mistake := a.Constraints[0].mistake(); mistake != "" {
			t.Errorf("%s: %s", c.constraint, mistake)
		}
		here := 0
		for here < 9 && m.fits(a, here, "box") {
			here++
		}
		if here != c.most {
			t.Errorf("%s: %d instances, want %d", c.constraint, here, c.most)
		}
	}
}

func TestSteps_AreMarathonsFunnel(t *testing.T) {
	var declined [reasonCount]int
	declined[noConstraint], declined[littleMemory] = 2, 3
	var text []string
	for _, s := range steps(7, declined) {
		text = append(text, fmt.Sprintf("%s %d/%d", s.Reason, s.Declined, s.Processed))
	}
	want := "UnfulfilledRole 0/7, UnfulfilledConstraint 2/7, NoCorrespondingReservationFound 0/5, AgentMaintenance 0/5, InsufficientCpus 0/5, " +
		"InsufficientMemory 3/5, InsufficientDisk 0/2, InsufficientGpus 0/2, DeclinedScarceResources 0/2, InsufficientPorts 0/2"
	if got := strings.Join(text, ", "); got != want {
		t.Errorf("%s", got)
	}
}

func TestPorts_LeftAreRanges(t *testing.T) {
	p := newPorts("127.0.0.1", 10, 20, 0)
	for text, taken := range map[string]map[int]bool{
		"[{10 20}]": {}, "[{11 14} {16 19}]": {10: true, 15: true, 20: true, 5: true, 80: true}, "[{10 10} {13 20}]": {11: true, 12: true},
	} {
		if got := fmt.Sprint(p.left(taken)); got != text {
			t.Errorf("%v leaves %s, want %s", taken, got, text)
		}
	}
}

// queueOf returns the app's item in the queue, or nil.
func (f *fixture) queueOf(id string) map[string]any {
	f.t.Helper()
	for _, item := range f.expect(200, "GET", "/v2/queue?embed=lastUnusedOffers", "")["queue"].([]any) {
		if item := item.(map[string]any); item["app"].(map[string]any)["id"] == id {
			return item
		}
	}
	return nil
}

// refusedFor returns why the app's last offer was not used.
func (f *fixture) refusedFor(id string) []string {
	f.t.Helper()
	item := f.queueOf(id)
	if item == nil {
		return nil
	}
	var out []string
	for _, offer := range item["lastUnusedOffers"].([]any) {
		for _, reason := range offer.(map[string]any)["reason"].([]any) {
			out = append(out, reason.(string))
		}
	}
	return out
}

func (f *fixture) running(id string) float64 {
	f.t.Helper()
	return f.expect(200, "GET", "/v2/apps"+id, "")["app"].(map[string]any)["tasksRunning"].(float64)
}

func smallMachine(c *Config) {
	c.Docker = nil
	c.Machine = Machine{CPUs: 2, Mem: 1000, Disk: 50, Zone: "z1", Attributes: map[string]string{"rack": "r1"}}
}

func bridged(id, more string) string {
	return fmt.Sprintf(`{"id":%q,"cpus":0.5,"mem":100,"networks":[{"mode":"container/bridge"}],
		"container":{"docker":{"image":"img:1"},"portMappings":[]},%s}`, id, more)
}

func TestQueue_WhatDoesNotFitWaitsAndSaysWhy(t *testing.T) {
	f := newFixture(t, smallMachine)
	for id, c := range map[string]struct {
		more   string
		reason []string
	}{
		"/cpus":   {`"cpus":2.001`, []string{"InsufficientCpus"}},
		"/mem":    {`"mem":1001`, []string{"InsufficientMemory"}},
		"/disk":   {`"disk":51`, []string{"InsufficientDisk"}},
		"/all":    {`"cpus":5,"mem":5000,"disk":500,"constraints":[["rack","IS","r2"]]`, []string{"UnfulfilledConstraint", "InsufficientCpus", "InsufficientMemory", "InsufficientDisk"}},
		"/nohost": {`"constraints":[["hostname","LIKE","mars"]]`, []string{"UnfulfilledConstraint"}},
	} {
		f.expect(201, "POST", "/v2/apps", bridged(id, c.more))
		await(t, id+" is refused", func() bool { return slices.Equal(f.refusedFor(id), c.reason) })
	}
	offers := f.queueOf("/all")["processedOffersSummary"].(map[string]any)
	attempt := offers["rejectSummaryLaunchAttempt"].([]any)
	if n := offers["processedOffersCount"].(float64); n < 1 || offers["unusedOffersCount"] != n || attempt[1].(map[string]any)["declined"] != n || attempt[4].(map[string]any)["processed"] != 0.0 {
		t.Errorf("%v", offers)
	}
	last := offers["rejectSummaryLastOffers"].([]any)
	if first := last[0].(map[string]any); len(last) != 10 || first["processed"] != 1.0 || last[1].(map[string]any)["declined"] != 1.0 {
		t.Errorf("%v", last)
	}
	offer := f.queueOf("/mem")["lastUnusedOffers"].([]any)[0].(map[string]any)["offer"].(map[string]any)
	if mem := offer["resources"].([]any)[1].(map[string]any); mem["name"] != "mem" || mem["scalar"] != 1000.0 || offer["hostname"] != "127.0.0.1" {
		t.Errorf("%v", offer)
	}
}

func TestQueue_WhatWaitsIsLaunchedWhenThereIsRoom(t *testing.T) {
	f := newFixture(t, smallMachine)
	f.expect(201, "POST", "/v2/apps", bridged("/first", `"mem":900`))
	await(t, "the first runs", func() bool { return f.running("/first") == 1 })
	if task := f.expect(200, "GET", "/v2/apps/first/tasks", "")["tasks"].([]any)[0].(map[string]any); task["zone"] != "z1" || task["region"] != nil {
		t.Errorf("the task is in %v, %v", task["region"], task["zone"])
	}
	f.expect(201, "POST", "/v2/apps", bridged("/second", `"mem":150`))
	await(t, "the second waits", func() bool { return slices.Equal(f.refusedFor("/second"), []string{"InsufficientMemory"}) })
	if f.running("/second") != 0 {
		t.Error("memory is promised twice")
	}
	f.expect(200, "DELETE", "/v2/apps/first", "")
	await(t, "the second runs", func() bool { return f.running("/second") == 1 && f.queueOf("/second") == nil })
	f.expect(200, "PUT", "/v2/apps/second", `{"instances":2}`)
	await(t, "the counts began anew", func() bool {
		return f.engine.attempts.of("/second").processed == 0
	})
}

// Ten times 0.2 processors are two, also in the arithmetic of floating point.
func TestQueue_InstancesFillTheMachineToTheBrim(t *testing.T) {
	f := newFixture(t, smallMachine)
	f.expect(201, "POST", "/v2/apps", bridged("/a", `"cpus":0.2,"mem":1,"instances":11`))
	await(t, "ten run", func() bool { return f.running("/a") == 10 && f.refusedFor("/a") != nil })
	if item := f.queueOf("/a"); item["count"] != 1.0 || !slices.Equal(f.refusedFor("/a"), []string{"InsufficientCpus"}) {
		t.Errorf("%v", item)
	}
}

func TestQueue_ConstraintsHoldBackWhatIsTooMuch(t *testing.T) {
	f := newFixture(t, smallMachine)
	f.expect(201, "POST", "/v2/apps", bridged("/a", `"mem":1,"instances":3,"constraints":[["hostname","UNIQUE"]]`))
	await(t, "one runs, two wait", func() bool {
		return f.running("/a") == 1 && slices.Equal(f.refusedFor("/a"), []string{"UnfulfilledConstraint"})
	})
	if _, text := f.raw("GET", "/v2/deployments", ""); !strings.Contains(string(text), "ScaleApplication") {
		t.Errorf("the deployment does not wait: %s", text)
	}
	one := f.expect(200, "GET", "/v2/apps/a", "")["app"].(map[string]any)
	running := runningTask(one)
	f.expect(200, "PUT", "/v2/apps/a?force=true", `{"instances":1}`)
	await(t, "those that wait go first", func() bool { return f.queueOf("/a") == nil })
	if again := runningTask(f.expect(200, "GET", "/v2/apps/a", "")["app"].(map[string]any)); again != running {
		t.Errorf("%s was killed for %s", running, again)
	}
	// A new version finds its place beside the old one, which is about to go.
	f.expect(200, "POST", "/v2/apps/a/restart", "{}")
	await(t, "the new one runs alone", func() bool {
		now := f.expect(200, "GET", "/v2/apps/a", "")["app"].(map[string]any)
		return now["tasksRunning"] == 1.0 && runningTask(now) != running && len(now["deployments"].([]any)) == 0
	})
}

func runningTask(app map[string]any) string {
	for _, task := range app["tasks"].([]any) {
		if task := task.(map[string]any); task["state"] == "TASK_RUNNING" {
			return task["id"].(string)
		}
	}
	return ""
}

// When no host port is free the app waits, has not failed, and is launched when
// there is one.
func TestQueue_WaitsForAPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.77.77.78:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	f := newFixture(t, func(c *Config) { c.Docker, c.HostIP, c.PortMin, c.PortMax = nil, "127.77.77.78", port, port })
	mapping := `"container":{"docker":{"image":"i"},"portMappings":[{"containerPort":80}]}`
	f.expect(201, "POST", "/v2/apps", bridged("/any", mapping))
	f.expect(201, "POST", "/v2/apps", bridged("/wanted", strings.Replace(mapping, "80", fmt.Sprintf(`80,"hostPort":%d`, port), 1)))
	for _, id := range []string{"/any", "/wanted"} {
		await(t, id+" waits", func() bool { return slices.Equal(f.refusedFor(id), []string{"InsufficientPorts"}) })
		if app := f.expect(200, "GET", "/v2/apps"+id, "")["app"].(map[string]any); app["lastTaskFailure"] != nil {
			t.Errorf("%s has failed: %v", id, app["lastTaskFailure"])
		}
	}
	_ = taken.Close()
	await(t, "one of them runs", func() bool { poke(f.engine.wake); return f.running("/any")+f.running("/wanted") == 1 })
}

// What Docker's machine has is not known before Docker has said so: nothing is
// launched then, and no offer was looked at.
func TestQueue_NothingIsPromisedOfAnUnknownMachine(t *testing.T) {
	docker, err := client.New(client.WithHost("unix://" + t.TempDir() + "/nobody.sock"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Config{Dir: t.TempDir(), Docker: docker, Installation: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	answer := httptest.NewRecorder()
	e.ServeHTTP(answer, httptest.NewRequest("POST", "http://127.0.0.1/v2/apps", strings.NewReader(bridged("/a", `"mem":1`))))
	if answer.Code != 201 {
		t.Fatal(answer.Body)
	}
	e.sights.set(sight{containers: map[string]container{}})
	for range 4 {
		e.turn(t.Context())
	}
	list := e.records.snapshot().byApp["/a"]
	if len(list) != 1 || list[0].Condition != scheduled || e.attempts.of("/a").processed != 0 {
		t.Errorf("%+v after %d offers", list, e.attempts.of("/a").processed)
	}
	e.room.has, e.room.since = amounts{2, 2000, 2000}, testTime
	if e.turn(t.Context()); e.attempts.of("/a").processed != 1 {
		t.Error("nothing is launched when it is known")
	}
	e.workers.Wait()
}

// One launch of an app that fails is one attempt: the others of it wait.
func TestPlace_LaunchesOneByOneWhileThereIsADelay(t *testing.T) {
	e, err := New(Config{Dir: t.TempDir(), Installation: "test", Now: func() time.Time { return testTime.Add(time.Minute) }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	e.look(t.Context())
	a := testApp(3, 1, 1)
	a.BackoffSeconds = 10
	err = e.records.change(e.hub, func(tx *txn) error {
		tx.putApp(&appRecord{App: a, Backoff: backoff{}.failed(a, testTime)})
		for _, id := range []string{"x", "y", "z"} {
			tx.putInstance(newInstance(id, a, testTime))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	due := e.carryOn(a.ID, e.sights.newest(), false)
	launched := 0
	for _, i := range e.records.snapshot().byApp[a.ID] {
		if i.Condition == provisioned {
			launched++
		}
	}
	if launched != 1 || !due.Equal(testTime.Add(70*time.Second)) {
		t.Errorf("%d are launched, the next at %v", launched, due)
	}
}
