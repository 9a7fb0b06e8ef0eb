//go:build integration

package consul

import (
	"os/exec"
	"testing"
)

func TestAgent_LeavesTheStartToSomebodyElse(t *testing.T) {
	c := agentConfig(t)
	c.External = true
	a := newAgent(t, c)
	if err := a.Prepare(); err != nil {
		t.Fatal(err)
	}
	if err := a.keepUp(t.Context()); err != nil || a.pid() != 0 {
		t.Fatalf("it was started: %d, %v", a.pid(), err)
	}
	agent := exec.Command(a.Command()[0], a.Command()[1:]...)
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- agent.Wait() }()
	if err := a.Start(t.Context()); err != nil {
		t.Errorf("it does not find the Consul that runs: %v", err)
	}
	if err := a.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	<-ended
}
