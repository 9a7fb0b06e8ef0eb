package onebox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxResponse is how many bytes of an answer to a readiness check are shown.
const maxResponse = 64 << 10

// readiness are the readiness checks that go on in the background, and what
// they have found. Only deployments ask; what is ready once stays so.
type readiness struct {
	mu      sync.Mutex
	cancel  map[string]context.CancelFunc // by task id
	results map[string]readinessResult    // the last one, by task id
}

// readinessResult is the outcome of a readiness check, as the API shows it.
type readinessResult struct {
	Name     string             `json:"name"`
	TaskID   string             `json:"taskId"`
	Ready    bool               `json:"ready"`
	Response *readinessResponse `json:"lastResponse,omitempty"`
}

type readinessResponse struct {
	Status      int    `json:"status"`
	ContentType string `json:"contentType"`
	Body        string `json:"body"`
}

func newReadiness() *readiness {
	return &readiness{cancel: map[string]context.CancelFunc{}, results: map[string]readinessResult{}}
}

// begin reports whether the checks of a task are to be begun, and with which
// context.
func (r *readiness) begin(ctx context.Context, task string) (context.Context, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancel[task] != nil {
		return nil, false
	}
	ctx, r.cancel[task] = context.WithCancel(ctx)
	return ctx, true
}

// keepOnly ends the checks of all tasks but the wanted ones, and forgets what
// they have found.
func (r *readiness) keepOnly(wanted map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for task, cancel := range r.cancel {
		if !wanted[task] {
			cancel()
			delete(r.cancel, task)
			delete(r.results, task)
		}
	}
}

func (r *readiness) note(result readinessResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancel[result.TaskID] != nil {
		r.results[result.TaskID] = result
	}
}

// of returns the last result of an instance's check, if there is one.
func (r *readiness) of(i *instance) (readinessResult, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if result, there := r.results[i.TaskID()]; there {
		return result, true
	}
	if !i.Ready {
		return readinessResult{}, false
	}
	return readinessResult{Name: i.Spec.ReadinessChecks[0].Name, TaskID: i.TaskID(), Ready: true}, true
}

// awaitsReadiness reports whether a deployment waits for the instance to be
// ready, or has.
func awaitsReadiness(i *instance, a *app, doing string) bool {
	return (doing == scaleApplication || doing == restartApplication) &&
		i.Condition == running && i.current(a) && len(i.Spec.ReadinessChecks) > 0
}

// askReadiness makes sure that those are asked whether they are ready for whom
// a deployment waits.
func (e *Engine) askReadiness(ctx context.Context, s snapshot) {
	wanted := map[string]bool{}
	for _, d := range s.deployments {
		for _, a := range d.currentActions() {
			for _, i := range s.byApp[a.App] {
				if r := s.app(a.App); r != nil && awaitsReadiness(i, r.App, a.Action) {
					wanted[i.TaskID()] = true
					e.keepAsking(ctx, i)
				}
			}
		}
	}
	e.readiness.keepOnly(wanted)
}

// keepAsking asks an instance in the background whether it is ready, until it
// is or nobody waits for it any more.
func (e *Engine) keepAsking(ctx context.Context, i *instance) {
	if i.Ready {
		return
	}
	ctx, ok := e.readiness.begin(ctx, i.TaskID())
	if !ok {
		return
	}
	check := i.Spec.ReadinessChecks[0] // more than one is no valid definition
	e.workers.Go(func() {
		for !e.askReady(ctx, i, check) {
			select {
			case <-ctx.Done():
				return
			case <-time.After(seconds(check.IntervalSeconds)):
			}
		}
	})
}

// askReady asks once, and notes the answer. It reports whether that was the last
// time.
func (e *Engine) askReady(ctx context.Context, i *instance, check readinessCheck) bool {
	result := readinessResult{Name: check.Name, TaskID: i.TaskID(), Ready: true}
	if e.cfg.Docker != nil { // else nothing was started, and all is taken to be well
		response := e.readinessResponse(ctx, i, check)
		result.Ready = slices.Contains(check.HTTPStatusCodesForReady, response.Status)
		if check.PreserveLastResponse {
			result.Response = &response
		}
	}
	if ctx.Err() != nil {
		return true
	}
	e.readiness.note(result)
	return result.Ready && e.becameReady(i)
}

// becameReady puts on record that an instance is ready, and reports whether
// that could be done.
func (e *Engine) becameReady(i *instance) bool {
	err := e.records.change(e.hub, func(t *txn) error {
		if now := t.instance(i.ID); now != nil && now.TaskID() == i.TaskID() && now.Condition == running {
			next := *now
			next.Ready = true
			t.putInstance(&next)
		}
		return nil
	})
	if err != nil {
		e.log.Error("cannot record that a container is ready", "app", i.App, "task", i.TaskID(), "err", err)
	}
	poke(e.wake)
	return err == nil
}

// readinessResponse returns what an instance answers to its readiness check; as
// in Marathon, one that does not answer is shown as status 504.
func (e *Engine) readinessResponse(ctx context.Context, i *instance, check readinessCheck) readinessResponse {
	ctx, cancel := context.WithTimeout(ctx, seconds(check.TimeoutSeconds))
	defer cancel()
	url := e.readinessURL(i, check)
	response, err := e.get(ctx, url)
	if err != nil {
		return readinessResponse{http.StatusGatewayTimeout, "text/plain",
			"Marathon could not query " + url + ": " + cleanWords([]byte(err.Error()))}
	}
	return response
}

func (e *Engine) readinessURL(i *instance, check readinessCheck) string {
	host, port := e.cfg.HostIP, 0
	list := i.Spec.portSpecs()
	n := (&portRef{Name: check.PortName}).find(list)
	switch {
	case n < 0 || n >= len(i.Ports): // refused by validation
	case list[n].Hidden:
		host, port = i.IP, list[n].Inside
	default:
		port = i.Ports[n]
	}
	address := net.JoinHostPort(host, strconv.Itoa(port))
	return strings.ToLower(check.Protocol) + "://" + address + "/" + strings.TrimPrefix(check.Path, "/")
}

func (e *Engine) get(ctx context.Context, url string) (readinessResponse, error) {
	select {
	case e.probes.slots <- struct{}{}:
		defer func() { <-e.probes.slots }()
	case <-ctx.Done():
		return readinessResponse{}, ctx.Err()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return readinessResponse{}, err
	}
	req.Header.Set("User-Agent", "onebox readiness check")
	res, err := checkClient(new(net.Dialer).DialContext).Do(req)
	if err != nil {
		return readinessResponse{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxResponse))
	if err != nil {
		return readinessResponse{}, fmt.Errorf("the answer broke off: %w", err)
	}
	kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	return readinessResponse{res.StatusCode, kind, string(bytes.ToValidUTF8(body, []byte("�")))}, nil
}
