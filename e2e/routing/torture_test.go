//go:build integration

package routing

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// What is played, and for how long at least.
const (
	tortureFor   = 25 * time.Second
	tortureSteps = 1500
	steadyApps   = 30 // with two tasks that stay
	rollingApps  = 4  // with two tasks, one of which is replaced now and then
	churnApps    = 8  // that come and go; so few that nothing is held
)

func steadyID(n int) string  { return fmt.Sprintf("/steady/a%d", n) }
func rollingID(n int) string { return fmt.Sprintf("/rolling/a%d", n) }
func churnID(n int) string   { return fmt.Sprintf("/churn/a%d", n) }

// TestChain_NoVisitorIsLostAndAllEndEqual plays a seeded mixture of deployments,
// deletions and kills, of answers that a Marathon in trouble gives, of cut lines,
// of engines that are away, of bridges and routers that end and begin again, and of
// a Consul that is killed or emptied. All the time visitors ask for sites of which some task is
// well; not one of them may be failed. In the end the engine, Consul and nginx say
// the same.
func TestChain_NoVisitorIsLostAndAllEndEqual(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if given := os.Getenv("SEEDBED_SEED"); given != "" {
		seed, _ = strconv.ParseUint(given, 10, 64)
	}
	t.Logf("to play it again: SEEDBED_SEED=%d", seed)
	p := &play{world: newWorld(t), rand: rand.New(rand.NewPCG(seed, 1))}
	p.begin()
	ctx, cancel := context.WithCancel(t.Context())
	var visiting sync.WaitGroup
	asked, wrong := 0, []string(nil)
	visiting.Go(func() { asked, wrong = p.visitors(ctx, rand.New(rand.NewPCG(seed, 2)), p.right) })
	steps := p.steps()
	p.pacify()
	p.eventually("all are equal", func() string { return p.unequal(p.all) })
	cancel()
	visiting.Wait()
	for _, one := range wrong {
		t.Error(one)
	}
	if asked < steps || p.done["Consuls killed"] != 3 {
		t.Errorf("only %d visits, and %d Consuls killed", asked, p.done["Consuls killed"])
	}
	t.Logf("%d steps, %v; %d visits", steps, p.done, asked)
}

type play struct {
	*world
	rand  *rand.Rand
	all   []string          // ids of all apps that there ever are
	right map[string]string // the ports of steady apps, by id
	done  map[string]int
	quiet sync.WaitGroup // for troubles that end by themselves
	busy  map[string]bool
	mu    sync.Mutex
}

// begin makes the apps that stay, and waits until they are served.
func (p *play) begin() {
	p.done, p.right, p.busy = map[string]int{}, map[string]string{}, map[string]bool{}
	for n := range steadyApps {
		p.all = append(p.all, steadyID(n))
	}
	for n := range rollingApps {
		p.all = append(p.all, rollingID(n))
	}
	for _, id := range p.all {
		if status := p.put(id, 2, ""); status >= 300 {
			p.t.Fatalf("%s is not made: status %d", id, status)
		}
	}
	for n := range churnApps {
		p.all = append(p.all, churnID(n))
	}
	p.eventually("the beginning is served", func() string { return p.unequal(p.all) })
	tasks, err := p.tasks()
	if err != nil {
		p.t.Fatal(err)
	}
	for n := range steadyApps {
		p.right[steadyID(n)] = fmt.Sprint(tasks[steadyID(n)])
	}
}

func (p *play) eventually(what string, check func() string) {
	p.t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	why := check()
	for ; why != ""; why = check() {
		if time.Now().After(deadline) {
			p.t.Fatalf("%s: not within 60 s: %s", what, why)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// steps does one thing after the other, and returns how many.
func (p *play) steps() (steps int) {
	begun := time.Now()
	kills := 0
	for ; steps < tortureSteps || time.Since(begun) < tortureFor; steps++ {
		switch n := p.rand.IntN(1000); {
		case steps%(tortureSteps/3) == tortureSteps/3-1 && kills < 3:
			kills++
			p.killConsul(kills%2 == 0)
		case n < 15:
			p.lieAWhile()
		case n < 20:
			p.do("bridges cut off", func() { p.aWhile("cut", func(on bool) { p.toBridge.set(on) }) })
		case n < 25:
			p.do("routers cut off", func() { p.aWhile("cut", func(on bool) { p.toRouter.set(on) }) })
		case n < 30:
			p.do("streams cut", p.liar.CloseClientConnections)
		case n < 35:
			p.do("bridges anew", p.restartBridge)
		case n < 38:
			p.do("routers anew", func() { p.stopRouter(); p.startRouter() })
		case n < 41:
			p.do("engines away", func() { p.aWhile("away", p.away.Store); p.api.CloseClientConnections() })
		case n < 70:
			p.roll()
		default:
			p.churn()
		}
		time.Sleep(time.Duration(p.rand.IntN(8)) * time.Millisecond)
	}
	return steps
}

func (p *play) do(what string, f func()) {
	p.done[what]++
	f()
}

// aWhile switches a trouble on and, up to two seconds later, off again. Only one
// of a kind is on.
func (p *play) aWhile(kind string, set func(on bool)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy[kind] {
		return
	}
	p.busy[kind] = true
	set(true)
	pause := time.Duration(p.rand.IntN(2000)) * time.Millisecond
	p.quiet.Go(func() {
		time.Sleep(pause)
		p.mu.Lock()
		defer p.mu.Unlock()
		set(false)
		p.busy[kind] = false
	})
}

func (p *play) lieAWhile() {
	what := lies(p.rand)
	p.do("lies", func() {
		p.aWhile("lie", func(on bool) {
			p.liar.lie.Store(map[bool]*lie{true: &what}[on])
		})
		p.liar.CloseClientConnections() // everything is asked anew
	})
}

func (p *play) restartBridge() {
	n := p.rand.IntN(len(p.stopBridges))
	p.stopBridges[n]()
	p.startBridge(n)
}

// roll replaces one task of an app that has another one.
func (p *play) roll() {
	p.do("updates", func() {
		p.put(rollingID(p.rand.IntN(rollingApps)), 2, fmt.Sprintf(`,"v":"%d"`, p.rand.Int()))
	})
}

// churn makes, changes or removes an app that nobody counts on.
func (p *play) churn() {
	id := churnID(p.rand.IntN(churnApps))
	switch n := p.rand.IntN(10); {
	case n < 5:
		p.do("changes", func() { p.put(id, p.rand.IntN(3), "") })
	case n < 7:
		p.do("deletions", func() { p.ask(http.MethodDelete, "/v2/apps"+id+"?force=true", "") })
	case n < 9:
		p.do("kills", func() { p.ask(http.MethodDelete, "/v2/apps"+id+"/tasks", "") })
	default:
		p.do("restarts", func() { p.ask(http.MethodPost, "/v2/apps"+id+"/restart?force=true", "") })
	}
}

// killConsul ends Consul hard; emptied takes its data away, too.
func (p *play) killConsul(emptied bool) {
	p.done["Consuls killed"]++
	if err := p.agent.Stop(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	if emptied {
		p.done["Consuls emptied"]++
		if err := os.RemoveAll(filepath.Join(p.agent.Dir, "data")); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := p.agent.Start(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

// pacify ends all troubles.
func (p *play) pacify() {
	p.quiet.Wait()
	p.liar.lie.Store(nil)
	p.away.Store(false)
	p.toBridge.set(false)
	p.toRouter.set(false)
}
