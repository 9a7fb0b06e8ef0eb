//go:build integration

package consul

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hashicorp/consul/api"

	"seedbed"
)

func agentConfig(t testing.TB) AgentConfig {
	t.Helper()
	binary := os.Getenv("SEEDBED_CONSUL")
	if binary == "" {
		binary = filepath.Join("..", "bin", "consul")
	}
	binary, err := filepath.Abs(binary)
	if err != nil {
		t.Fatal(err)
	}
	return AgentConfig{
		Binary: binary, Dir: filepath.Join(t.TempDir(), "consul"),
		HTTP: freePort(t), Serf: freePort(t), RPC: freePort(t),
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// newAgent returns an agent that is stopped when the test ends.
func newAgent(t testing.TB, c AgentConfig) *Agent {
	t.Helper()
	a, err := NewAgent(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return a
}

func startAgent(t testing.TB, c AgentConfig) *Agent {
	t.Helper()
	a := newAgent(t, c)
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAgent_AdoptsTheOneThatRuns(t *testing.T) {
	c := agentConfig(t)
	first := startAgent(t, c)
	if err := first.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	pid := first.pid()
	second := startAgent(t, c)
	if got := second.pid(); got != pid || pid == 0 {
		t.Errorf("it was %d and is %d", pid, got)
	}
	if session, err := syscallSession(pid); err != nil || session != pid {
		t.Errorf("its session is %d, %v", session, err)
	}
	if err := second.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := second.pid(); got != 0 {
		t.Errorf("%d still runs", got)
	}
}

// syscallSession returns the session of a process.
func syscallSession(pid int) (int, error) {
	session, _, errno := syscall.Syscall(syscall.SYS_GETSID, uintptr(pid), 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(session), nil
}

func TestAgent_KeepsItsDataAndComesBack(t *testing.T) {
	a := startAgent(t, agentConfig(t))
	running(t, a.Run)
	if _, err := a.client.KV().Put(&api.KVPair{Key: "kept", Value: []byte("yes")}, nil); err != nil {
		t.Fatal(err)
	}
	pid := a.pid()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "Consul is back with its data", func() string {
		pair, _, err := a.client.KV().Get("kept", nil)
		if err != nil || pair == nil || string(pair.Value) != "yes" || a.pid() == pid {
			return fmt.Sprint(pair, err)
		}
		return ""
	})
}

func TestAgent_NamesThePortThatIsTaken(t *testing.T) {
	c := agentConfig(t)
	l, err := net.Listen("tcp", address(c.Serf))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	err = newAgent(t, c).Start(t.Context())
	want := "Port " + strconv.Itoa(c.Serf) + " is in use by another program"
	if seedbed.CodeOf(err) != seedbed.Unavailable || !strings.Contains(seedbed.MessageOf(err), want) {
		t.Errorf("Start says %v", err)
	}
}

func TestAgent_SaysWhatToDoWithBrokenData(t *testing.T) {
	c := agentConfig(t)
	a := startAgent(t, c)
	if err := a.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(a.dataDir(), "raft", "raft.db"), []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := a.Start(t.Context())
	if seedbed.CodeOf(err) != seedbed.Unavailable || !strings.Contains(seedbed.MessageOf(err), "move the folder "+a.dataDir()+" away") ||
		!strings.Contains(err.Error(), "Raft") {
		t.Fatalf("Start says %v", err)
	}
	if err := os.Rename(a.dataDir(), a.dataDir()+".broken"); err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Errorf("after that it says %v", err)
	}
}

func TestAgent_TakesUpAnotherPort(t *testing.T) {
	c := agentConfig(t)
	first := startAgent(t, c)
	pid := first.pid()
	c.HTTP = freePort(t)
	second := startAgent(t, c)
	if err := second.Check(t.Context()); err != nil || second.pid() == pid {
		t.Errorf("%v, it is still %d", err, pid)
	}
}

func TestAgent_LetsNobodyInWithoutItsToken(t *testing.T) {
	a := startAgent(t, agentConfig(t))
	stranger, err := api.NewClient(&api.Config{Address: a.Address()})
	if err != nil {
		t.Fatal(err)
	}
	if nodes, _, err := stranger.Catalog().Nodes(nil); err != nil || len(nodes) > 0 {
		t.Errorf("a stranger sees the nodes %v (%v)", nodes, err)
	}
	if _, err := stranger.Catalog().Register(&api.CatalogRegistration{Node: "x", Address: "127.0.0.1"}, nil); err == nil {
		t.Error("a stranger can register")
	}
	if _, err := stranger.KV().Put(&api.KVPair{Key: "x"}, nil); err == nil {
		t.Error("a stranger can write to the KV store")
	}
	if _, err := a.client.Catalog().Register(&api.CatalogRegistration{Node: "x", Address: "127.0.0.1"}, nil); err != nil {
		t.Errorf("the owner cannot register: %v", err)
	}
}

func TestAgent_KeepsItsTokenWhenItsFolderIsRemoved(t *testing.T) {
	c := agentConfig(t)
	a := startAgent(t, c)
	if err := a.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(a.Dir); err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := a.client.KV().Put(&api.KVPair{Key: "x"}, nil); err != nil {
		t.Errorf("it starts without knowing its token: %v", err)
	}
	pid := a.pid()
	next := startAgent(t, c)
	if next.Token() != a.Token() || next.pid() != pid {
		t.Errorf("the next program has another token, or starts Consul %d anew as %d", pid, next.pid())
	}
}
