package onebox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// world is an engine that is turned by hand and may be killed and opened again:
// its containers go on without it.
type world struct {
	t          *testing.T
	dir        string
	engine     *Engine
	containers *dryRuntime
	now        time.Time
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir(), now: testTime}
	w.containers = &dryRuntime{running: map[string]container{}, changed: make(chan struct{}, 1)}
	w.open()
	t.Cleanup(func() { _ = w.engine.Close() })
	return w
}

func (w *world) open() {
	w.t.Helper()
	e, err := New(Config{Dir: w.dir, Installation: "test", Key: testKey, Now: func() time.Time { return w.now }})
	if err != nil {
		w.t.Fatal(err)
	}
	e.runtime = w.containers
	w.engine = e
}

// crash ends the engine as if it were killed and opens the next one.
func (w *world) crash() {
	w.t.Helper()
	if err := w.engine.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open()
}

// turn lets the engine look, decide and act once; interrupted, it does not come
// to what it wanted to do.
func (w *world) turn(interrupted bool) {
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	w.now = w.now.Add(3 * time.Second)
	w.engine.look(ctx)
	if interrupted {
		cancel()
	}
	w.engine.turn(ctx)
	w.engine.workers.Wait()
}

// settle turns until no deployment is left; watch is asked after each turn.
func (w *world) settle(watch func()) {
	w.t.Helper()
	for range 200 {
		if len(w.engine.records.snapshot().deployments) == 0 {
			return
		}
		w.turn(false)
		watch()
	}
	w.t.Fatal("the deployments do not come to an end")
}

func (w *world) do(want int, method, path, body string) string {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.engine.ServeHTTP(answer, httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body)))
	if answer.Code != want {
		w.t.Fatalf("%s %s: status %d, want %d: %s", method, path, answer.Code, want, answer.Body)
	}
	return answer.Body.String()
}

// running returns how many containers run of an app with that much memory.
func (w *world) running(id string, mem float64) int {
	list, err := w.containers.list(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	n := 0
	for _, i := range w.engine.records.snapshot().byApp[id] {
		if _, there := list[i.TaskID()]; there && i.Spec.Mem == mem {
			n++
		}
	}
	return n
}

// steps returns the steps of the only deployment, an app and its action a word.
func (w *world) steps() []string {
	w.t.Helper()
	list := w.engine.records.snapshot().deployments
	if len(list) != 1 {
		w.t.Fatalf("there are %d deployments", len(list))
	}
	var out []string
	for _, s := range list[0].Steps {
		var words []string
		for _, a := range s.Actions {
			words = append(words, strings.TrimSuffix(a.Action, "Application")+" "+a.App)
		}
		out = append(out, strings.Join(words, ", "))
	}
	return out
}

// inMem returns the shop with another size of memory for all its apps.
func inMem(mem int) string { return strings.ReplaceAll(shop, `"mem":32`, fmt.Sprintf(`"mem":%d`, mem)) }

func TestDeployment_GoesLayerByLayer(t *testing.T) {
	w := newWorld(t)
	w.do(201, "POST", "/v2/groups", shop)
	want := []string{
		"Start /shop/db/mongo, Start /shop/db/mysql, Start /shop/web/back, Start /shop/web/front",
		"Scale /shop/db/mongo, Scale /shop/db/mysql", "Scale /shop/web/back", "Scale /shop/web/front",
	}
	if diff := cmp.Diff(want, w.steps()); diff != "" {
		t.Error(diff)
	}
	inOrder := func(mem float64) func() {
		return func() {
			t.Helper()
			db := w.running("/shop/db/mysql", mem) + w.running("/shop/db/mongo", mem)
			back, front := w.running("/shop/web/back", mem), w.running("/shop/web/front", mem)
			if back > 0 && db < 3 || front > 0 && back < 1 {
				t.Fatalf("with memory %v there run %d of db, %d of back, %d of front", mem, db, back, front)
			}
		}
	}
	w.settle(inOrder(32))

	w.do(200, "PUT", "/v2/groups", inMem(64))
	want = []string{"Restart /shop/db/mongo, Restart /shop/db/mysql", "Restart /shop/web/back", "Restart /shop/web/front"}
	if diff := cmp.Diff(want, w.steps()); diff != "" {
		t.Error(diff)
	}
	w.settle(inOrder(64))
	w.do(200, "DELETE", "/v2/groups/shop", "")
	if got := w.steps(); len(got) != 1 || strings.Count(got[0], "Stop ") != 4 {
		t.Errorf("the end has the steps %v", got)
	}
	w.settle(func() {})
}

// Killed after every turn, in the middle of one, or both, a deployment over
// several layers ends with just what was asked for, and nothing is made twice.
func TestDeployment_EndsThoughTheEngineIsKilledAgainAndAgain(t *testing.T) {
	for seed := range uint64(12) {
		w, random := newWorld(t), rand.New(rand.NewPCG(seed, 3))
		w.do(201, "POST", "/v2/groups", shop)
		for _, mem := range []int{32, 64, 128} {
			w.do(200, "PUT", "/v2/groups?force=true", inMem(mem))
			for range random.IntN(12) {
				w.turn(random.IntN(3) == 0)
				w.crash()
			}
		}
		w.settle(w.crash)
		want := map[string]int{"/shop/db/mysql": 2, "/shop/db/mongo": 1, "/shop/web/back": 1, "/shop/web/front": 1}
		total := 0
		for id, n := range want {
			if got := w.running(id, 128); got != n {
				t.Errorf("seed %d: %d containers of %s run, want %d", seed, got, id, n)
			}
			total += n
		}
		w.turn(false)
		if got := len(w.containers.running); got != total {
			t.Errorf("seed %d: %d containers run in all, want %d", seed, got, total)
		}
	}
}

func TestDeployment_CanBeTakenBackWithItsGroups(t *testing.T) {
	f := newFixture(t) // nothing ever runs
	f.expect(201, "POST", "/v2/groups", `{"id":"/other","dependencies":["/none"]}`)
	made := f.expect(201, "POST", "/v2/groups", shop)["deploymentId"].(string)
	f.expect(201, "POST", "/v2/groups", `{"id":"/shop/mine"}`)
	back := f.expect(200, "DELETE", "/v2/deployments/"+made, "")
	if back["deploymentId"] == made {
		t.Errorf("%v", back)
	}
	f.sees("", "//", "/other/", "/shop/", "/shop/mine/") // what another has put there stays
	if status, text := f.raw("DELETE", "/v2/deployments/"+made, ""); status != 404 || string(text) != `{"message":"DeploymentPlan `+made+` does not exist"}` {
		t.Errorf("%d %s", status, text)
	}
}

func TestDeployment_BringsBackWhatItTookAway(t *testing.T) {
	f := newFixture(t)
	made := f.expect(201, "POST", "/v2/groups", shop)["deploymentId"].(string)
	if status, text := f.raw("DELETE", "/v2/deployments/"+made+"?force=true", ""); status != 202 || len(text) > 0 {
		t.Errorf("cancelled: %d %s", status, text)
	}
	f.sees("/shop/web", "/shop/web/", "/shop/web/back", "/shop/web/front")
	gone := f.expect(200, "PUT", "/v2/groups/shop", `{"groups":[{"id":"db","dependencies":["/else"]}]}`)["deploymentId"].(string)
	f.sees("/shop", "/shop/", "/shop/db/", "/shop/db/mongo", "/shop/db/mysql")
	f.expect(200, "DELETE", "/v2/deployments/"+gone, "")
	f.sees("/shop", "/shop/", "/shop/db/", "/shop/db/mongo", "/shop/db/mysql", "/shop/web/", "/shop/web/back", "/shop/web/front")
	if web := f.expect(200, "GET", "/v2/groups/shop/web", ""); !cmp.Equal(web["dependencies"], []any{"/shop/db"}) {
		t.Errorf("%v", web["dependencies"])
	}
	if db := f.expect(200, "GET", "/v2/groups/shop/db", ""); len(db["dependencies"].([]any)) != 0 {
		t.Errorf("%v", db["dependencies"])
	}
}

func TestDeployment_LocksOnlyWhatItsStepsWorkOn(t *testing.T) {
	f := newFixture(t)
	f.expect(201, "POST", "/v2/groups", shop)
	for _, d := range f.list("/v2/deployments") {
		f.raw("DELETE", "/v2/deployments/"+d.(map[string]any)["id"].(string)+"?force=true", "")
	}
	apps := `[{"id":"/shop/db/mysql","instances":3},{"id":"/shop/web/back","instances":1}]`
	f.expect(200, "PUT", "/v2/apps", apps)
	d := f.list("/v2/deployments")[0].(map[string]any)
	if diff := cmp.Diff([]any{"/shop/db/mysql"}, d["affectedApps"]); diff != "" || d["currentStep"] != 1.0 || d["totalSteps"] != 1.0 {
		t.Errorf("%v %s", d, diff)
	}
	action := d["currentActions"].([]any)[0].(map[string]any)
	if action["action"] != "ScaleApplication" || len(action["readinessCheckResults"].([]any)) != 0 || len(d["affectedPods"].([]any)) != 0 {
		t.Errorf("%v", d)
	}
	f.expect(200, "PUT", "/v2/apps/shop/web/back", `{"instances":2}`)
	f.expect(200, "PUT", "/v2/apps/shop/db/mysql", `{"instances":3}`) // nothing new, so nothing is in its way
	f.expect(409, "PUT", "/v2/apps/shop/db/mysql", `{"instances":4}`)
	if got := len(f.list("/v2/deployments")); got != 2 {
		t.Errorf("there are %d deployments", got)
	}
}

func TestDeployment_AtMostAHundredAtOnce(t *testing.T) {
	f := newFixture(t)
	for n := range maxDeployments {
		f.expect(201, "PUT", fmt.Sprintf("/v2/apps/a%d", n), small(fmt.Sprintf("/a%d", n)))
	}
	refused := f.expect(403, "PUT", "/v2/apps/more", small("/more"))
	if text := refused["message"].(string); !strings.HasPrefix(text, "Max number (100) of running deployments is achieved. Wait for existing deployments to complete or cancel oneusing force=true parameter.") {
		t.Error(text)
	}
	f.expect(404, "GET", "/v2/apps/more", "")
	f.expect(200, "PUT", "/v2/apps/a1?force=true", `{"instances":2}`)
}

// hear returns the types of the events so far, and some of their fields.
func (w *world) hear(l *listener) []string {
	var out []string
	for {
		select {
		case e := <-l.queue:
			word := e.Type
			for _, field := range []string{"groupId", "reason", "appId"} {
				if value, there := e.Fields[field]; there {
					word += fmt.Sprint(" ", value)
				}
			}
			out = append(out, word)
		default:
			return out
		}
	}
}

func TestDeployment_TellsItsEvents(t *testing.T) {
	w := newWorld(t)
	l := w.engine.hub.listen("test", nil)
	<-l.queue
	w.do(201, "POST", "/v2/apps", small("/a/b", `"instances":0,"healthChecks":[{"protocol":"COMMAND","command":{"value":"true"},"intervalSeconds":1}]`))
	w.settle(func() {})
	heard := w.hear(l)
	want := []string{"api_post_event", "group_change_success /a", "add_health_check_event /a/b", "deployment_info", "deployment_step_success", "deployment_info", "deployment_step_success", "deployment_success"}
	if diff := cmp.Diff(want, heard); diff != "" {
		t.Error(diff)
	}
	w.do(200, "PUT", "/v2/apps/a/b", `{"instances":2}`)
	w.hear(l)
	w.do(409, "PUT", "/v2/apps/a/b", `{"instances":3}`)
	w.do(422, "PUT", "/v2/groups/a", `{"dependencies":["/a"]}`)
	want = []string{
		"group_change_failed /a App is locked by one or more deployments. Override with the option '?force=true'. View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
		"group_change_failed / Object is not valid",
	}
	if diff := cmp.Diff(want, w.hear(l)); diff != "" {
		t.Error(diff)
	}
	w.do(200, "PUT", "/v2/apps/a/b?force=true", `{"instances":3}`)
	if heard := w.hear(l); !slices.Contains(heard, "deployment_failed The upgrade has been cancelled") {
		t.Error(heard)
	}
	w.do(200, "DELETE", "/v2/groups/a?force=true", "")
	w.settle(func() {})
	want = []string{"deployment_failed The upgrade has been cancelled", "group_change_success /", "deployment_info", "remove_health_check_event /a/b",
		"app_terminated_event /a/b", "deployment_step_success", "deployment_success"}
	if diff := cmp.Diff(want, w.hear(l)); diff != "" {
		t.Error(diff)
	}
}
