package client

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"seedbed/api/wire"
)

func TestFollow_GoesOnWhereAConnectionDropped(t *testing.T) {
	t.Parallel()
	var seen []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Last-Event-ID"))
		switch len(seen) {
		case 1:
			fmt.Fprint(w, "id: a:1\nevent: log\ndata: {\"text\":\"one\"}\n\n: still here\n\n")
		case 2:
			fmt.Fprint(w, "id: a:2\nevent: log\ndata: {\"text\":\"two\"}\n\nid: a:3\nevent: log\nda")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprint(w, "event: new\ndata: {}\n\nevent: problem\ndata: {\"status\":401,\"detail\":\"It was revoked.\"}\n\n")
		}
	})
	var told []string
	err := c.Follow(t.Context(), "/sites/a/log/events", func(l wire.Log) error {
		told = append(told, l.Text)
		return nil
	})
	var refused *Refused
	if !errors.As(err, &refused) || refused.Status != 401 || strings.Join(told, " ") != "one two" || strings.Join(seen, " ") != " a:1 a:2" {
		t.Errorf("%v: told %q, asked behind %q", err, told, seen)
	}
}

func TestFollow_EndsWhenNothingAnswersAnyMore(t *testing.T) {
	t.Parallel()
	c := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	err := c.Follow(t.Context(), "/x", func(wire.Log) error { return nil })
	var none *NoAnswer
	if !errors.As(err, &none) {
		t.Errorf("%v", err)
	}
}

func TestUpload_SendsTheFileAsItIs(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"files":%d}`, r.ContentLength)
		if r.Method != http.MethodPut || r.Header.Get("Content-Type") != "text/css" {
			t.Errorf("%s %v", r.Method, r.Header)
		}
	})
	var done wire.Uploaded
	if err := c.Upload(t.Context(), http.MethodPut, "/x", "text/css", strings.NewReader("body{}"), 6, &done); err != nil || done.Files != 6 {
		t.Error(done, err)
	}
}
