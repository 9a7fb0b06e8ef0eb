package api_test

import (
	"context"

	"seedbed"
	"seedbed/web/webtest"
)

// engine knows what a test gives it; of every other site there is one task that
// has printed something.
type engine struct{ *webtest.Engine }

func (e engine) Tasks(ctx context.Context, id seedbed.WorkloadID) ([]seedbed.Task, error) {
	switch id {
	case "/sites/quiet":
		return nil, nil
	case "/sites/away":
		return nil, &seedbed.Error{Code: seedbed.Unavailable, Message: "The engine does not answer."}
	}
	if tasks, err := e.Engine.Tasks(ctx, id); len(tasks) > 0 {
		return tasks, err
	}
	return []seedbed.Task{{ID: "book.1", Workload: id, State: seedbed.TaskRunning}}, nil
}

func (e engine) Log(ctx context.Context, t seedbed.Task, name seedbed.LogName, offset, length int64) (seedbed.LogPart, error) {
	if t.ID != "book.1" {
		return e.Engine.Log(ctx, t, name, offset, length)
	}
	text := "said on " + string(name) + "\n\xff\x1b[2J"
	size := 5 + int64(len(text))
	if offset == size {
		return seedbed.LogPart{From: size, To: size, Size: size}, nil
	}
	return seedbed.LogPart{Text: text, From: 5, To: size, Size: size}, nil
}
