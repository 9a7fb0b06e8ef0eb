package api_test

import (
	"context"
	"io"
	"strings"

	"seedbed"
)

// engine has printed something in each site's one task.
type engine struct{}

func (engine) Tasks(_ context.Context, id seedbed.WorkloadID) ([]seedbed.Task, error) {
	switch id {
	case "/sites/quiet":
		return nil, nil
	case "/sites/away":
		return nil, &seedbed.Error{Code: seedbed.Unavailable, Message: "The engine does not answer."}
	}
	return []seedbed.Task{{ID: "guide.1", Workload: id, State: seedbed.TaskRunning}}, nil
}

func (engine) Log(_ context.Context, _ seedbed.Task, name seedbed.LogName, _, _ int64) (seedbed.LogPart, error) {
	text := "said on " + string(name) + "\n\xff\x1b[2J"
	return seedbed.LogPart{Text: text, From: 5, To: 5 + int64(len(text)), Size: 5 + int64(len(text))}, nil
}

func (engine) Download(context.Context, seedbed.Task, seedbed.LogName) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("")), nil
}

func (engine) Usage(context.Context, []seedbed.Task) (map[seedbed.TaskID]seedbed.TaskUsage, error) {
	return nil, nil
}

func (engine) Machines(context.Context) ([]seedbed.Machine, error) { return nil, nil }
