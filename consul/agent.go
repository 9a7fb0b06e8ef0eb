package consul

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hashicorp/consul/api"

	"seedbed"
	"seedbed/daemon"
)

// Times of the agent.
const (
	startPatience = 45 * time.Second
	stopPatience  = 10 * time.Second
	lookEvery     = 2 * time.Second
	longestPause  = time.Minute // between two starts that fail
	askTimeout    = 3 * time.Second
)

// AgentConfig is what an Agent needs. Binary and Dir have no default.
type AgentConfig struct {
	Binary string // the program "consul"
	Dir    string // of the agent alone: its configuration, log, pid file and data
	// HTTP, Serf and RPC are ports on 127.0.0.1; the defaults are 8410, 8411
	// and 8412.
	HTTP, Serf, RPC int
	// External leaves starting the agent to somebody else, such as systemd; see
	// Prepare.
	External bool
	Log      *slog.Logger // the default is slog.Default()
}

// Agent is the one Consul server of a single machine. It lives in a session of
// its own and outlives this program, whose next start finds it again.
type Agent struct {
	AgentConfig
	client *api.Client
	token  seedbed.Secret
}

// NewAgent returns an agent that is not started yet.
func NewAgent(c AgentConfig) (*Agent, error) {
	c.HTTP, c.Serf, c.RPC = portOr(c.HTTP, 8410), portOr(c.Serf, 8411), portOr(c.RPC, 8412)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Binary == "" || c.Dir == "" {
		return nil, errors.New("a Consul agent needs its program and a folder")
	}
	dir, err := filepath.Abs(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("find the folder of Consul: %w", err)
	}
	c.Dir = dir
	token, err := loadToken(dir)
	if err != nil {
		return nil, err
	}
	client, err := api.NewClient(&api.Config{Address: address(c.HTTP), Token: token.Reveal()})
	if err != nil {
		return nil, fmt.Errorf("make a client of Consul: %w", err)
	}
	return &Agent{AgentConfig: c, client: client, token: token}, nil
}

func portOr(port, standard int) int {
	if port == 0 {
		return standard
	}
	return port
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Token is what the agent asks of everybody who reads or writes: whoever can
// write to Consul can lead the visitors of any site elsewhere.
func (a *Agent) Token() seedbed.Secret { return a.token }

// Address is where the agent's HTTP API is: "127.0.0.1:8410".
func (a *Agent) Address() string { return address(a.HTTP) }

// Start returns when the agent runs and has a leader. An agent that an earlier
// program started is adopted as it is, unless its configuration has changed. An
// error that a person can mend is an Unavailable seedbed.Error. It is safe to
// call again.
func (a *Agent) Start(ctx context.Context) error {
	if a.External {
		return a.settles(ctx, nil)
	}
	changed, err := a.writeConfig()
	if err != nil {
		return err
	}
	if pid := a.pid(); pid != 0 && !changed && a.settles(ctx, nil) == nil {
		a.Log.Info("Consul runs already", "pid", pid, "address", a.Address())
		return nil
	}
	if err := a.Stop(ctx); err != nil {
		return err
	}
	if err := a.freePorts(); err != nil {
		return err
	}
	ended, err := a.launch()
	if err != nil {
		return err
	}
	if err := a.settles(ctx, ended); err != nil {
		return a.explain(err)
	}
	a.Log.Info("Consul started", "pid", a.pid(), "address", a.Address())
	return nil
}

// Prepare writes the agent's configuration, for what starts it in place of Run,
// with Command. It is safe to repeat.
func (a *Agent) Prepare() error {
	_, err := a.writeConfig()
	return err
}

// Command is the command that runs the agent in the foreground, by which its
// process is known again.
func (a *Agent) Command() []string { return append([]string{a.Binary}, a.arguments()...) }

// Run keeps the agent running until ctx ends, and starts it again if it ends by
// itself. It does not stop the agent; Stop does.
func (a *Agent) Run(ctx context.Context) error {
	pause := lookEvery
	granted := time.Now()
	for ctx.Err() == nil {
		switch err := a.keepUp(ctx); {
		case err == nil:
			pause = lookEvery
		case ctx.Err() == nil:
			a.Log.Error("Consul cannot be started", "error", err)
			pause = min(2*pause, longestPause)
		}
		if time.Since(granted) > grantEvery {
			granted = time.Now()
			if err := a.grant(ctx); err != nil && ctx.Err() == nil {
				a.Log.Warn("the tokens of router and bridge", "error", err)
			}
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// keepUp starts the agent if it does not run.
func (a *Agent) keepUp(ctx context.Context) error {
	if a.External || a.pid() != 0 {
		return nil
	}
	a.Log.Warn("Consul does not run; it is started")
	return a.Start(ctx)
}

// Check returns nil if the agent answers, knows a leader, and knows the token,
// so that it can be read and written. A new leader takes a moment to learn the
// token of a Consul without data.
func (a *Agent) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	leader, err := a.client.Status().LeaderWithQueryOptions((&api.QueryOptions{}).WithContext(ctx))
	if err != nil {
		return fmt.Errorf("ask Consul for its leader: %w", err)
	}
	if leader == "" {
		return errors.New("ask Consul for its leader: it has none")
	}
	if _, _, err := a.client.ACL().TokenReadSelf((&api.QueryOptions{}).WithContext(ctx)); err != nil {
		return fmt.Errorf("ask Consul whether it knows its token: %w", err)
	}
	return nil
}

// Stop ends the agent and returns when it is gone; its data stays. An agent
// that does not run is no error.
func (a *Agent) Stop(ctx context.Context) error {
	for _, step := range []struct {
		signal   syscall.Signal
		patience time.Duration
	}{{syscall.SIGINT, stopPatience}, {syscall.SIGKILL, stopPatience}} {
		pid := a.pid()
		if pid == 0 {
			return nil
		}
		if err := syscall.Kill(pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("stop Consul: %w", err)
		}
		gone := func(context.Context) error { return a.gone(pid) }
		if daemon.Poll(ctx, step.patience, gone) == nil {
			return nil
		}
	}
	return errors.New("stop Consul: it does not end")
}

func (a *Agent) gone(pid int) error {
	if a.pid() == pid {
		return errors.New("it still runs")
	}
	return nil
}

// settles waits until the agent can be used. It gives up at once if ended says
// that the process did.
func (a *Agent) settles(ctx context.Context, ended <-chan struct{}) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case <-ended:
			cancel(errors.New("it ended right after its start"))
		case <-ctx.Done():
		}
	}()
	if err := daemon.Poll(ctx, startPatience, a.Check); err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return daemon.Poll(ctx, startPatience, a.grant)
}

// freePorts returns an error that names the port if one is taken.
func (a *Agent) freePorts() error {
	for _, port := range []int{a.HTTP, a.Serf, a.RPC} {
		l, err := net.Listen("tcp", address(port))
		if err != nil {
			return &seedbed.Error{Code: seedbed.Unavailable, Err: err, Message: fmt.Sprintf(
				"Port %d is in use by another program; Consul needs it. Stop that program, or give Consul another port.", port)}
		}
		if err := l.Close(); err != nil {
			return fmt.Errorf("look whether port %d is free: %w", port, err)
		}
	}
	return nil
}

// launch starts the program in a session of its own, so that neither Ctrl-C nor
// the end of this program reaches it. Its output goes to a file and not to a
// pipe, which would break when this program ends. ended is closed when the
// process is gone.
func (a *Agent) launch() (ended <-chan struct{}, _ error) {
	out, err := os.OpenFile(a.logFile(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of Consul: %w", err)
	}
	defer out.Close()
	cmd := exec.Command(a.Binary, a.arguments()...)
	cmd.Dir, cmd.Env = a.Dir, []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", a.Binary, err)
	}
	// The goroutine takes the dead process off the system's table; it lives as
	// long as the process does.
	done := make(chan struct{})
	go func() { defer close(done); _ = cmd.Wait() }()
	return done, nil
}

// explain turns a failed start into a sentence, with what Consul itself said.
func (a *Agent) explain(err error) error {
	said := a.lastError()
	return &seedbed.Error{
		Code: seedbed.Unavailable,
		Err:  fmt.Errorf("%w; Consul says: %s", err, said),
		Message: fmt.Sprintf("Consul could not be started, so changes do not reach visitors; sites that run go on being served. "+
			"Its log is %s. If its data cannot be read any more, move the folder %s away and start again: "+
			"Seedbed writes into Consul anew what it needs.", a.logFile(), a.dataDir()),
	}
}

// lastError returns the last line of the log that tells of an error, or the
// last line.
func (a *Agent) lastError() string {
	text, err := os.ReadFile(a.logFile())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i], "[ERROR]") {
			return lines[i]
		}
	}
	return lines[len(lines)-1]
}
