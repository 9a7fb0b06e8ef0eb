package onebox

import (
	"sync"
	"time"
)

// event is one thing to tell the listeners: Marathon's type and its fields.
type event struct {
	Type   string
	Fields map[string]any
}

// told is an event as all listeners get it: written out once, when the first of
// them sends it.
type told struct {
	event
	frame func() ([]byte, error)
}

// maxQueued is how many events wait for a slow listener until it is cut off, as
// in Marathon. It then connects anew and reads everything again.
const maxQueued = 1024

// hub tells events to all listeners, in the same order to each.
type hub struct {
	now       func() time.Time
	mu        sync.Mutex
	listeners map[*listener]bool
	closed    bool
}

// listener is one event stream. Its queue is closed when it is cut off.
type listener struct {
	queue  chan told
	wanted map[string]bool // types; empty means all
}

func newHub(now func() time.Time) *hub {
	return &hub{now: now, listeners: map[*listener]bool{}}
}

// listen adds a listener whose first event is its own attachment.
func (h *hub) listen(remote string, types []string) *listener {
	l := &listener{queue: make(chan told, maxQueued), wanted: map[string]bool{}}
	for _, t := range types {
		l.wanted[t] = true
	}
	attached := event{"event_stream_attached", map[string]any{"remoteAddress": remote}}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(l.queue)
		return l
	}
	l.queue <- h.stamped(attached)
	h.tell(attached)
	h.listeners[l] = true
	return l
}

// leave removes a listener; it may have been cut off already.
func (h *hub) leave(l *listener, remote string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cut(l)
	h.tell(event{"event_stream_detached", map[string]any{"remoteAddress": remote}})
}

// publish tells every listener that wants it. It never waits.
func (h *hub) publish(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell(e)
}

func (h *hub) tell(e event) {
	to := h.stamped(e)
	for l := range h.listeners {
		if len(l.wanted) > 0 && !l.wanted[e.Type] {
			continue
		}
		select {
		case l.queue <- to:
		default:
			h.cut(l)
		}
	}
}

// stamped returns the event with the fields that every event has.
func (h *hub) stamped(e event) told {
	fields := map[string]any{"eventType": e.Type, "timestamp": stamp(h.now())}
	for k, v := range e.Fields {
		fields[k] = v
	}
	full := event{e.Type, fields}
	return told{full, sync.OnceValues(full.written)}
}

func (h *hub) cut(l *listener) {
	if h.listeners[l] {
		delete(h.listeners, l)
		close(l.queue)
	}
}

// close ends all event streams, and lets no new ones begin.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.cutAll()
}

func (h *hub) isClosed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.closed
}

// listening returns how many listeners there are.
func (h *hub) listening() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners)
}

// cutAll ends all event streams.
func (h *hub) cutAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.listeners {
		h.cut(l)
	}
}

// lightPlan is a deployment as events tell it.
func (d *deployment) lightPlan() map[string]any {
	return map[string]any{"id": d.ID, "version": d.Version, "steps": d.Steps}
}

func (d *deployment) stepEvent(kind string) event {
	return event{kind, map[string]any{"plan": d.lightPlan(), "currentStep": step{d.currentActions()}}}
}

func (d *deployment) doneEvent() event {
	return event{"deployment_success", map[string]any{"id": d.ID, "plan": d.lightPlan()}}
}

func (d *deployment) cancelledEvent() event {
	return event{"deployment_failed", map[string]any{"id": d.ID, "plan": d.lightPlan(), "reason": "The upgrade has been cancelled"}}
}

// tellState adds the events about an instance's new state to a change. status
// is Marathon's name of the task's state, cond that of the instance's.
func (e *Engine) tellState(t *txn, i *instance, status, cond, message string) {
	t.emit(event{"status_update_event", map[string]any{
		"slaveId": slaveID, "taskId": i.TaskID(), "taskStatus": status, "message": message, "appId": i.App,
		"host": e.cfg.HostIP, "ipAddresses": i.addresses(), "ports": orEmpty(i.Ports), "version": i.Spec.Version,
	}})
	t.emit(event{"instance_changed_event", map[string]any{
		"instanceId": i.ID, "condition": cond, "runSpecId": i.App, "agentId": slaveID,
		"host": e.cfg.HostIP, "runSpecVersion": i.Spec.Version,
	}})
}

// tellHealth adds the events about a change of one health check's verdict.
func tellHealth(t *txn, i *instance, alive bool) {
	t.emit(event{"health_status_changed_event", map[string]any{
		"appId": i.App, "instanceId": i.ID, "taskId": i.TaskID(), "version": i.Spec.Version, "alive": alive,
	}})
	t.emit(event{"instance_health_changed_event", map[string]any{
		"instanceId": i.ID, "runSpecId": i.App, "healthy": i.healthy(), "runSpecVersion": i.Spec.Version,
	}})
}
