package onebox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// eager is the time between health checks until the first success, unless the
// interval is shorter: who has just made a site is waiting for it.
const eager = time.Second

// probes are the health checks that go on in the background, one set for each
// container.
type probes struct {
	mu     sync.Mutex
	cancel map[string]context.CancelFunc // by task id
	slots  chan struct{}
	http   *http.Client
}

func newProbes() *probes {
	return &probes{
		cancel: map[string]context.CancelFunc{},
		slots:  make(chan struct{}, maxProbes),
		http: &http.Client{
			Transport: &http.Transport{
				DisableKeepAlives: true,
				// A container's certificate names a site, not an address.
				TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// stopExcept ends the checks of all tasks but the wanted ones.
func (p *probes) stopExcept(wanted map[string]bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for task, cancel := range p.cancel {
		if !wanted[task] {
			cancel()
			delete(p.cancel, task)
		}
	}
}

func (p *probes) stopAll() { p.stopExcept(nil) }

// begin reports whether the checks of a task are to be begun, and with which
// context.
func (p *probes) begin(ctx context.Context, task string) (context.Context, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel[task] != nil {
		return nil, false
	}
	ctx, cancel := context.WithCancel(ctx)
	p.cancel[task] = cancel
	return ctx, true
}

// probe makes sure that a running instance's health is checked.
func (e *Engine) probe(ctx context.Context, i *instance, wanted map[string]bool) {
	if i.Condition != running || len(i.Spec.HealthChecks) == 0 {
		return
	}
	wanted[i.TaskID()] = true
	ctx, ok := e.probes.begin(ctx, i.TaskID())
	if !ok {
		return
	}
	for n := range i.Spec.HealthChecks {
		e.workers.Go(func() { e.keepChecking(ctx, i, n) })
	}
}

// keepChecking does one health check of a container again and again until ctx
// ends.
func (e *Engine) keepChecking(ctx context.Context, i *instance, n int) {
	check := i.Spec.HealthChecks[n]
	wait := min(seconds(check.IntervalSeconds), eager)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		cause := e.checkOnce(ctx, i, check)
		if ctx.Err() != nil {
			return
		}
		wait = min(seconds(check.IntervalSeconds), eager)
		if e.checked(i, n, cause) {
			wait = seconds(check.IntervalSeconds)
		}
	}
}

// checkOnce returns why a check failed; empty if it did not.
func (e *Engine) checkOnce(ctx context.Context, i *instance, check healthCheck) string {
	select {
	case e.probes.slots <- struct{}{}:
		defer func() { <-e.probes.slots }()
	case <-ctx.Done():
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, seconds(check.TimeoutSeconds))
	defer cancel()
	err := e.ask(ctx, i, check)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %v", seconds(check.TimeoutSeconds))
	}
	if err != nil {
		return cleanWords([]byte(err.Error()))
	}
	return ""
}

func (e *Engine) ask(ctx context.Context, i *instance, check healthCheck) error {
	if e.cfg.Docker == nil {
		return nil // nothing was started, and all is taken to be well
	}
	switch kind := strings.TrimPrefix(check.Protocol, "MESOS_"); kind {
	case "COMMAND":
		return e.askCommand(ctx, i, check.Command.Value)
	case "TCP":
		return askTCP(ctx, e.checkedAddress(i, check))
	default:
		return e.askHTTP(ctx, strings.ToLower(kind), e.checkedAddress(i, check), check)
	}
}

// checkedAddress is where a check asks: the published port of the mapping that
// it names or, for a port by number, that port of the container itself.
func (e *Engine) checkedAddress(i *instance, check healthCheck) string {
	if check.Port != nil {
		return net.JoinHostPort(i.IP, fmt.Sprint(*check.Port))
	}
	return net.JoinHostPort(e.cfg.HostIP, strconv.Itoa(i.Ports[check.PortIndex.find(i.Spec.portSpecs())]))
}

func askTCP(ctx context.Context, address string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// askHTTP succeeds on a status from 200 to 399, as in Marathon.
func (e *Engine) askHTTP(ctx context.Context, scheme, address string, check healthCheck) error {
	url := scheme + "://" + address + "/" + strings.TrimPrefix(check.Path, "/")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "onebox health check")
	res, err := e.probes.http.Do(req)
	if err != nil {
		return errors.Unwrap(err) // without the address, which tells people nothing
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil {
		return fmt.Errorf("the answer broke off: %w", err)
	}
	if res.StatusCode < 200 || res.StatusCode > 399 {
		return fmt.Errorf("%s %s", res.Proto, res.Status)
	}
	return nil
}

func (e *Engine) askCommand(ctx context.Context, i *instance, command string) error {
	output, status, err := e.runtime.execute(ctx, i.TaskID(), command)
	if err != nil {
		return err
	}
	if status != 0 {
		return errors.New(withWords(fmt.Sprintf("Command exited with status %d", status), output))
	}
	return nil
}

// checked adds the result of a health check to the record, and has the
// container killed if it was one failure too many. It reports whether the check
// has ever succeeded.
func (e *Engine) checked(i *instance, n int, cause string) (known bool) {
	blind := e.sights.newest().blind()
	err := e.records.change(e.hub, func(t *txn) error {
		now := t.instance(i.ID)
		if now == nil || now.TaskID() != i.TaskID() || now.Condition != running {
			known = true
			return nil
		}
		out := judge(now.Health[n], now.Spec.HealthChecks[n], cause, now.StartedAt, e.now())
		known = !out.next.FirstSuccess.IsZero()
		e.noteHealth(t, now, n, out)
		if out.counted {
			t.emit(event{"failed_health_check_event", map[string]any{"appId": now.App, "taskId": now.ID, "healthCheck": now.Spec.HealthChecks[n]}})
		}
		if out.kill && !blind {
			e.killUnhealthy(t, t.instance(i.ID), cause)
		}
		return nil
	})
	if err != nil {
		e.log.Error("cannot record a health check", "app", i.App, "task", i.TaskID(), "err", err)
	}
	return known
}

// noteHealth keeps a result: on disk if the verdict has changed, so that an
// adopted container keeps it, else only in memory.
func (e *Engine) noteHealth(t *txn, i *instance, n int, out outcome) {
	next := *i
	next.Health = append([]healthResult{}, i.Health...)
	next.Health[n] = out.next
	if out.next.Alive == i.Health[n].Alive && out.next.known() == i.Health[n].known() {
		t.noteInstance(&next)
		return
	}
	t.putInstance(&next)
	tellHealth(t, &next, out.next.Alive)
	poke(e.wake)
}

// killUnhealthy has a container killed whose health checks failed too often.
func (e *Engine) killUnhealthy(t *txn, i *instance, cause string) {
	reason := "Task was killed since health check failed. Reason: " + cause
	next := i.kill(reason, false)
	t.putInstance(next)
	t.emit(event{"unhealthy_instance_kill_event", map[string]any{
		"appId": i.App, "taskId": i.TaskID(), "instanceId": i.ID, "version": i.Spec.Version, "reason": cause,
		"host": e.cfg.HostIP, "slaveId": slaveID,
	}})
	e.tellState(t, next, "TASK_KILLING", "Killing", reason)
	e.log.Warn("container is unhealthy", "app", i.App, "task", i.TaskID(), "cause", cause)
	poke(e.wake)
}
