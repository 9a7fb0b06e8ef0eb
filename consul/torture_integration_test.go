//go:build integration

package consul

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/consul/api"

	"seedbed"
)

// How long the torture lasts, and how much of it there is at least.
const (
	tortureFor   = 15 * time.Second
	tortureSteps = 1200
	killEvery    = 300 // steps, three times
	steadyApps   = 40
	churnApps    = 30
)

// TestBridge_EndsInEqualityWhateverHappens plays a seeded mixture of tasks that
// come, go and fall ill, with and without their events, of wrong answers, of
// bridges that end, lose their lock or start again, and of a Consul that is
// killed or emptied. Whoever reads Consul as a router does sees the workloads
// that were well all the time at every moment; and in the end Consul has what
// the engine says, exactly.
func TestBridge_EndsInEqualityWhateverHappens(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("SEEDBED_SEED"); given != "" {
		seed, _ = strconv.ParseUint(given, 10, 64)
	}
	t.Logf("to play it again: SEEDBED_SEED=%d", seed)
	c := agentConfig(t)
	c.Log = quiet()
	a := startAgent(t, c)
	w := &torture{t: t, agent: a, source: newSource(), rand: rand.New(rand.NewPCG(seed, 1)), stops: make([]func(), 2)}
	w.begin()
	ctx, cancel := context.WithCancel(t.Context())
	var reader sync.WaitGroup
	reader.Go(func() { w.read(ctx) })
	steps := w.play()
	cancel()
	reader.Wait()
	w.end()
	if w.views < 5 || w.killed != 3 {
		t.Errorf("only %d sound views were seen, and %d Consuls killed", w.views, w.killed)
	}
	t.Logf("%d steps, %d sound views of %d, %d Consuls killed", steps, w.views, w.looks, w.killed)
}

type torture struct {
	t       *testing.T
	agent   *Agent
	source  *source
	rand    *rand.Rand
	stops   []func() // the bridges
	next    int      // number of the next task
	killed  int
	emptied time.Time
	lies    sync.WaitGroup

	views, looks int // of the reader
}

func (w *torture) begin() {
	for n := range steadyApps {
		w.source.said = append(w.source.said, w.task(fmt.Sprintf("/steady/a%d", n)))
	}
	for n := range w.stops {
		w.stops[n] = w.bridge()
	}
	eventually(w.t, "the first sync", func() string {
		if s, err := w.view(w.t.Context()); err != nil || s.count() != steadyApps {
			return fmt.Sprint(err)
		}
		return ""
	})
}

func (w *torture) bridge() (stop func()) {
	b, err := New(Config{Address: w.agent.Address(), Token: w.agent.Token(), Source: w.source.heardBy(), Interval: time.Second, Log: quiet()})
	if err != nil {
		w.t.Fatal(err)
	}
	return running(w.t, b.Run)
}

func (w *torture) task(app string) seedbed.Instance {
	w.next++
	i := inst(fmt.Sprintf("%s.%d", serviceName(seedbed.WorkloadID(app)), w.next), app, 31000+w.next%1000)
	i.Host = fmt.Sprintf("10.0.0.%d", 1+w.rand.IntN(5))
	return i
}

// play does one thing after the other, and returns how many.
func (w *torture) play() (steps int) {
	begun := time.Now()
	for ; steps < tortureSteps || time.Since(begun) < tortureFor; steps++ {
		switch n := w.rand.IntN(2000); {
		case steps%killEvery == killEvery-1 && w.killed < 3:
			w.killConsul()
		case n < 6:
			w.answerWrongly()
		case n < 12 && time.Since(w.emptied) > 5*time.Second: // one that has just begun knows nothing of what was lost
			w.restartBridge()
		case n < 18:
			w.loseLock()
		case n < 60:
			w.source.tell(seedbed.Hint{Missed: true, All: true})
		default:
			w.churn()
		}
		time.Sleep(time.Duration(w.rand.IntN(4)) * time.Millisecond)
	}
	return steps
}

// churn changes something of a workload that is not steady, and tells of it or
// does not.
func (w *torture) churn() {
	s := w.source
	s.mu.Lock()
	app := seedbed.WorkloadID(fmt.Sprintf("/churn/a%d", w.rand.IntN(churnApps)))
	var own []int
	for n, i := range s.said {
		if i.Workload == app {
			own = append(own, n)
		}
	}
	h := seedbed.Hint{Workloads: []seedbed.WorkloadID{app}}
	next := slices.Clone(s.said)
	switch what := w.rand.IntN(10); {
	case what < 4 || len(own) == 0:
		next = append(next, w.task(string(app)))
	case what < 7:
		n := own[w.rand.IntN(len(own))]
		h.Ended = []string{next[n].ID}
		next = slices.Delete(next, n, n+1)
	case what < 9:
		n := own[w.rand.IntN(len(own))]
		next[n].Healthy, next[n].Reason = !next[n].Healthy, "it was its turn"
	default:
		for _, n := range own {
			h.Ended = append(h.Ended, next[n].ID)
		}
		next = slices.DeleteFunc(next, func(i seedbed.Instance) bool { return i.Workload == app })
		h.Gone = h.Workloads
	}
	s.said = next
	s.mu.Unlock()
	if w.rand.IntN(15) > 0 { // some events are lost
		s.tell(h)
	}
}

// answerWrongly has the engine say, for a while, that little or nothing is there,
// or fail.
func (w *torture) answerWrongly() {
	s := w.source
	lie, few := w.rand.IntN(4), []seedbed.WorkloadID{}
	for range 3 {
		few = append(few, seedbed.WorkloadID(fmt.Sprintf("/steady/a%d", w.rand.IntN(steadyApps))))
	}
	s.mu.Lock()
	s.lie = func(all map[seedbed.WorkloadID][]seedbed.Instance) (map[seedbed.WorkloadID][]seedbed.Instance, error) {
		switch lie {
		case 0:
			return nil, errors.New("503")
		case 1:
			return map[seedbed.WorkloadID][]seedbed.Instance{}, nil
		case 2:
			for app := range all {
				all[app] = nil
			}
			return all, nil
		}
		maps.DeleteFunc(all, func(app seedbed.WorkloadID, _ []seedbed.Instance) bool { return slices.Contains(few, app) })
		return all, nil
	}
	s.mu.Unlock()
	s.tell(seedbed.Hint{Missed: true, All: true})
	w.lies.Go(func() { // it goes on meanwhile
		time.Sleep(time.Second)
		s.mu.Lock()
		s.lie = nil
		s.mu.Unlock()
	})
}

func (w *torture) restartBridge() {
	n := w.rand.IntN(len(w.stops))
	w.stops[n]()
	w.stops[n] = w.bridge()
}

// loseLock ends the session of whoever acts.
func (w *torture) loseLock() {
	pair, _, err := w.agent.client.KV().Get("seedbed/bridge/seedbed/lock", nil)
	if err == nil && pair != nil && pair.Session != "" {
		_, _ = w.agent.client.Session().Destroy(pair.Session, nil) // it may have gone by itself
	}
}

// killConsul ends Consul hard, and takes its data away every other time.
func (w *torture) killConsul() {
	w.killed++
	if err := w.agent.Stop(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if w.killed%2 == 0 {
		defer func() { w.emptied = time.Now() }()
		if err := os.RemoveAll(w.agent.dataDir()); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := w.agent.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// view reads what a router would believe: as much as the bridge says it wrote,
// with the same digest.
func (w *torture) view(ctx context.Context) (*state, error) {
	r := &registry{client: w.agent.client, owner: owner{"seedbed", "seedbed"}}
	s, err := r.read(ctx)
	if err != nil {
		return nil, err
	}
	mark, there := s.mark("seedbed")
	if !there || mark.Meta[metaInstances] != strconv.Itoa(s.count()) || mark.Meta[metaDigest] != hex16(s.digest) {
		return nil, errors.New("this is not all that the bridge wrote")
	}
	return s, nil
}

// read looks again and again whether all that is well is there.
func (w *torture) read(ctx context.Context) {
	for ctx.Err() == nil {
		w.looks++
		if s, err := w.view(ctx); err == nil {
			w.views++
			for n := range steadyApps {
				w.steady(s, seedbed.WorkloadID(fmt.Sprintf("/steady/a%d", n)))
			}
		}
		rest(ctx, 20*time.Millisecond)
	}
}

func (w *torture) steady(s *state, app seedbed.WorkloadID) {
	for at := range s.apps[app] {
		if s.entries[at].Meta[metaHealth] == api.HealthPassing && s.entries[at].Status == api.HealthPassing {
			return
		}
	}
	w.t.Errorf("%s has nobody who is well: %v", app, s.apps[app])
}

// end holds that Consul comes to have what the engine says.
func (w *torture) end() {
	w.lies.Wait()
	begun := time.Now()
	eventually(w.t, "equality", func() string {
		s, err := w.view(w.t.Context())
		if err != nil {
			return err.Error()
		}
		return cmp.Diff(w.wanted(), w.held(s))
	})
	w.t.Logf("equal after %v", time.Since(begun))
}

// wanted is the status of each instance at the engine, and held that in Consul,
// without last entries of workloads of which nothing runs.
func (w *torture) wanted() map[string]string {
	w.source.mu.Lock()
	defer w.source.mu.Unlock()
	all := map[string]string{}
	for _, i := range w.source.said {
		all[i.ID], _ = verdict(i)
	}
	return all
}

func (w *torture) held(s *state) map[string]string {
	all := map[string]string{}
	for _, e := range s.entries {
		if e.app() != "" && e.Output != resting {
			all[e.ID] = e.Status
		}
	}
	return all
}
