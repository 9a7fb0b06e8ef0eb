package api

import (
	"net/http"
	"strings"

	"seedbed"
	"seedbed/api/wire"
)

// logLength is how much of the end of a log is sent, in bytes.
const logLength = 64 << 10

// showLog handles GET /sites/{name}/log: the end of what its newest task
// printed.
func (a *api) showLog(w http.ResponseWriter, r *http.Request) error {
	stream, err := streamAsked(r)
	if err != nil {
		return err
	}
	task, err := a.newestTask(r)
	if err != nil {
		return err
	}
	log, err := a.Control.Log(r.Context(), actor(r), siteName(r), task.ID, stream)
	if err != nil {
		return err
	}
	part, err := log.Read(r.Context(), -1, logLength)
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, wire.Log{
		Task: string(task.ID), Stream: string(stream), Text: strings.ToValidUTF8(part.Text, "\ufffd"), From: part.From, Size: part.Size,
	})
}

// streamAsked is which of its two streams is asked for.
func streamAsked(r *http.Request) (seedbed.LogName, error) {
	switch name := seedbed.LogName(r.URL.Query().Get("stream")); name {
	case "":
		return seedbed.Stdout, nil
	case seedbed.Stdout, seedbed.Stderr:
		return name, nil
	}
	return "", mistaken("stream", "“stream” is stdout or stderr.")
}
