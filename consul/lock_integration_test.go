//go:build integration

package consul

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

// waits does nothing while another holds a lock.
func waits(context.Context) error { return nil }

// holdLock is what this program does instead of testing when it is told to: it
// takes a lock and holds it until it is killed.
func holdLock(address, token string) error {
	client, err := newClient(address, "", seedbed.Secret(token))
	if err != nil {
		return err
	}
	l := newLock(client, "seedbed", quiet())
	if err := l.take(context.Background(), waits); err != nil {
		return err
	}
	_, _ = os.Stdout.WriteString("held\n")
	return l.keep(context.Background())
}

func TestMain(m *testing.M) {
	if address := os.Getenv("SEEDBED_TEST_HOLD"); address != "" {
		if holdLock(address, os.Getenv("SEEDBED_TEST_TOKEN")) != nil {
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// otherHolder starts a process that holds the lock.
func otherHolder(t *testing.T, a *Agent) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SEEDBED_TEST_HOLD="+a.Address(), "SEEDBED_TEST_TOKEN="+a.Token().Reveal())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		t.Fatalf("it says %q, %v", line, err)
	}
	return cmd
}

func TestLock(t *testing.T) {
	t.Parallel()
	a := startAgent(t, agentConfig(t))
	t.Run("follows a bridge that was killed on this machine at once", func(t *testing.T) { killedHere(t, a) })
	t.Run("follows a bridge that was killed elsewhere", func(t *testing.T) { killedElsewhere(t, a) })
	t.Run("follows one that was killed where Consul's sessions live long", func(t *testing.T) { silentElsewhere(t, a) })
	t.Run("waits for one that lives, and follows a clean end at once", func(t *testing.T) { cleanEnd(t, a) })
	t.Run("fences whoever has lost it", func(t *testing.T) { fences(t, a) })
}

func testLock(t *testing.T, a *Agent) *lock {
	t.Helper()
	l := newLock(a.client, "seedbed", a.Log)
	t.Cleanup(l.release)
	return l
}

func killedHere(t *testing.T, a *Agent) {
	other := otherHolder(t, a)
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // its end was ordered
	begun := time.Now()
	if err := testLock(t, a).take(t.Context(), waits); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// killedElsewhere makes the holder one of another machine by what the lock says.
func killedElsewhere(t *testing.T, a *Agent) {
	gone := newLock(a.client, "seedbed", a.Log)
	if err := gone.take(t.Context(), waits); err != nil {
		t.Fatal(err)
	}
	value, err := json.Marshal(holder{Host: "elsewhere", Boot: "another", Space: "pid:[1]", PID: 1, Began: "1"})
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := a.client.KV().Acquire(&api.KVPair{Key: gone.key, Value: value, Session: gone.session}, nil); err != nil || !ok {
		t.Fatal(ok, err)
	}
	begun := time.Now() // nobody renews its session from now on
	if err := testLock(t, a).take(t.Context(), waits); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < shortTTL/2 || took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
}

// silentElsewhere has a holder that gives signs of life while somebody waits, and
// then no more.
func silentElsewhere(t *testing.T, a *Agent) {
	dead, heir := newLock(a.client, "seedbed", a.Log), testLock(t, a)
	dead.ttl, heir.ttl = usualTTL, usualTTL
	if err := dead.take(t.Context(), waits); err != nil {
		t.Fatal(err)
	}
	taken := make(chan error, 1)
	go func() { taken <- heir.take(t.Context(), waits) }()
	if err := renewed(t, dead, 2); err != nil || dead.beats < 1 {
		t.Fatalf("while it lives: %v, %d beats", err, dead.beats)
	}
	begun := time.Now()
	if err := <-taken; err != nil || time.Since(begun) < silence/2 || time.Since(begun) > 15*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
}

func cleanEnd(t *testing.T, a *Agent) {
	first, second := testLock(t, a), testLock(t, a)
	if err := first.take(t.Context(), waits); err != nil {
		t.Fatal(err)
	}
	var released atomic.Bool
	taken := make(chan error, 1)
	go func() {
		err := second.take(t.Context(), waits)
		if !released.Load() {
			err = errors.New("it was taken while another held it")
		}
		taken <- err
	}()
	if err := renewed(t, first, 2); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	released.Store(true)
	first.release()
	if err := <-taken; err != nil || time.Since(begun) > time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
}

// renewed keeps a lock for a few renewals.
func renewed(t *testing.T, l *lock, times int) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(times)*l.ttl/3+l.ttl/6)
	defer cancel()
	return l.keep(ctx)
}

func fences(t *testing.T, a *Agent) {
	l := testLock(t, a)
	if err := l.take(t.Context(), waits); err != nil {
		t.Fatal(err)
	}
	fence := l.fence()
	set := change{ops: api.TxnOps{{KV: &api.KVTxnOp{Verb: api.KVSet, Key: "fenced", Value: []byte("x")}}}}
	if err := commit(t.Context(), a.client, fence, []change{set}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.client.Session().Destroy(l.session, nil); err != nil {
		t.Fatal(err)
	}
	if err := commit(t.Context(), a.client, fence, []change{set}); !errors.Is(err, errFenced) {
		t.Errorf("without the lock: %v", err)
	}
	other := testLock(t, a)
	if err := other.take(t.Context(), waits); err != nil {
		t.Fatal(err)
	}
	if err := commit(t.Context(), a.client, fence, []change{set}); !errors.Is(err, errFenced) {
		t.Errorf("while another has it: %v", err)
	}
	if err := l.keep(t.Context()); err == nil || !strings.Contains(err.Error(), "was ended by Consul") {
		t.Errorf("it is kept: %v", err)
	}
}

func TestBridge_ActsAloneOfSeveral(t *testing.T) {
	t.Parallel()
	a := startAgent(t, agentConfig(t))
	one, two := newSource(), newSource()
	one.set(nil, inst("a.1", "/a", 31001))
	two.set(nil, inst("a.1", "/a", 31001), inst("a.2", "/a", 31002))
	start := func(s *source) (*Bridge, func()) {
		b, err := New(Config{Address: a.Address(), Token: a.Token(), Source: s, Interval: time.Second, Log: a.Log})
		if err != nil {
			t.Fatal(err)
		}
		return b, running(t, b.Run)
	}
	first, stop := start(one)
	eventually(t, "registered", has(t, a, "a", map[string]string{"a.1": "passing"}))
	second, _ := start(two)
	one.rounds(t, 3)
	if got := statuses(t, a, "a"); len(got) != 1 || second.Report().Role != seedbed.BridgeWaits || first.Report().Role != seedbed.BridgeActs {
		t.Errorf("there are %v, %s and %s", got, first.Report().Role, second.Report().Role)
	}
	if err := errors.Join(first.Ready(), second.Ready(), first.Check(t.Context())); err != nil {
		t.Errorf("they are not ready: %v", err)
	}
	begun := time.Now()
	stop()
	eventually(t, "taken over", has(t, a, "a", map[string]string{"a.1": "passing", "a.2": "passing"}))
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("a clean end took %v to be followed", took)
	}
	if _, err := a.client.Session().Destroy(second.lock.session, nil); err != nil {
		t.Fatal(err)
	}
	two.end("a.2")
	eventually(t, "it acts again after its lock was lost", has(t, a, "a", map[string]string{"a.1": "passing"}))
}
