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
	stream := seedbed.Stdout
	switch r.URL.Query().Get("stream") {
	case "", string(seedbed.Stdout):
	case string(seedbed.Stderr):
		stream = seedbed.Stderr
	default:
		return mistaken("stream", "“stream” is stdout or stderr.")
	}
	_, tasks, err := a.Control.Tasks(r.Context(), actor(r), siteName(r))
	if len(tasks) == 0 {
		if err == nil {
			err = seedbed.Missing("Nothing has printed anything yet, or it is not kept any more.")
		}
		return err
	}
	log, err := a.Control.Log(r.Context(), actor(r), siteName(r), tasks[0].ID, stream)
	if err != nil {
		return err
	}
	part, err := log.Read(r.Context(), -1, logLength)
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, wire.Log{
		Task: string(tasks[0].ID), Stream: string(stream), Text: strings.ToValidUTF8(part.Text, "\ufffd"), From: part.From, Size: part.Size,
	})
}
