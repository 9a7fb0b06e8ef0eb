package onebox

// ending is how a container came to its end.
type ending struct {
	state     string // Marathon's name: TASK_FAILED, TASK_FINISHED
	condition string
	message   string // for people: what Docker said and what it printed last
}

// ended puts on record that the container of i has ended by itself, or could
// not be started, and lets the next one wait a little.
func (e *Engine) ended(i *instance, end ending) {
	e.finish(i, end.state, func(t *txn, now *instance) {
		e.counts.failed.Add(1)
		e.log.Warn("container ended", "app", i.App, "task", i.TaskID(), "state", end.state)
		t.remember(i.App, func(r appRecord) appRecord {
			r.Backoff = r.Backoff.failed(r.App, e.now())
			r.Failure = e.failure(now, end.state, end.message)
			return r
		})
		e.tellState(t, now, end.state, end.condition, end.message)
	})
}

// killed puts on record that the container of i was stopped on purpose. message
// is set if its health was the reason.
func (e *Engine) killed(i *instance, message string) {
	e.finish(i, "TASK_KILLED", func(t *txn, now *instance) {
		if message != "" {
			t.remember(i.App, func(r appRecord) appRecord {
				r.Failure = e.failure(now, "TASK_KILLED", message)
				return r
			})
		}
		e.tellState(t, now, "TASK_KILLED", "Killed", message)
	})
}

// finish takes the container of i off the record: the instance is forgotten if
// it was given up, else it waits for its next launch. If the record has gone
// on to another attempt meanwhile, nothing happens.
func (e *Engine) finish(i *instance, state string, tell func(t *txn, now *instance)) {
	err := e.records.change(e.hub, func(t *txn) error {
		now := t.instance(i.ID)
		if now == nil || now.TaskID() != i.TaskID() || now.Condition == scheduled {
			return nil
		}
		if now.Condition == killing && i.Condition != killing {
			return nil // the kill job, which is next, says how it ended
		}
		tell(t, now)
		if now.Retired {
			t.deleteInstance(i.ID)
			return nil
		}
		t.putInstance(now.reschedule(e.now()))
		return nil
	})
	if err != nil {
		e.log.Error("cannot record the end of a container", "app", i.App, "task", i.TaskID(), "err", err)
		return
	}
	e.noteEnd(i.TaskID(), state)
}

func (e *Engine) failure(i *instance, state, message string) *taskFailure {
	return &taskFailure{
		AppID: i.App, Host: e.cfg.HostIP, Message: message, State: state, TaskID: i.TaskID(),
		Timestamp: stamp(e.now()), Version: i.Spec.Version, SlaveID: slaveID,
	}
}
