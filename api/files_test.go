package api_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"seedbed"
	"seedbed/api"
	"seedbed/api/wire"
)

func zipOf(w *world, names ...string) string {
	w.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, name := range names {
		if _, err := archive.Create(name); err != nil {
			w.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		w.Fatal(err)
	}
	return out.String()
}

func files(w *world, a, writer, reader *caller) {
	w.Helper()
	const all = "/sites/quiet/files"
	reader.get(all).wants(200).has(`"items":[]`, `"cut":false`)
	writer.do("PUT", all+"?file=css%2Fsite.css", "body{}", "Content-Type", "text/css").wants(200).has(`"files":1`)
	reader.get(all).has(`"name":"css/site.css"`, `"size":6`)
	writer.do("PUT", all, "x").wants(422).has(`"field":"file"`)
	writer.do("PUT", all+"?file=.htaccess", "x").wants(422).has("begins with a dot")
	reader.do("PUT", all+"?file=x", "x").wants(403)
	writer.do("PUT", "/sites/none/files?file=x", "x").wants(404)
	writer.do("PUT", "/sites/book/files?file=x", "x").wants(404).has("not uploaded here")
	writer.post(all, zipOf(w, "a.html", "b.html"), "Content-Type", "application/zip").wants(200).has(`"files":2`)
	reader.get(all).has("a.html", "css/site.css")
	writer.post(all+"?replace=true", zipOf(w, "c.html"), "Content-Type", "application/zip").wants(200)
	reader.get(all).has("c.html").lacks("a.html")
	writer.post(all+"?replace=perhaps", "").wants(422).has(`"field":"replace"`)
	writer.post(all, "no zip", "Content-Type", "application/zip").wants(422).has("cannot be read")
	if accept := writer.post(all, "{}").wants(415).header.Get("Accept-Post"); accept != "application/zip" {
		w.Errorf("Accept-Post: %q", accept)
	}
	reader.post(all, "", "Content-Type", "application/zip").wants(403)
	writer.post("/sites/none/files", "", "Content-Type", "application/zip").wants(404)
	reader.do("DELETE", all+"?file=c.html", "").wants(403)
	writer.do("DELETE", all, "").wants(422)
	writer.do("DELETE", all+"?file=none", "").wants(404)
	writer.do("DELETE", all+"?file=c.html", "").wants(204)
	reader.get("/sites/none/files").wants(404)
	main, by := w.store.Project("main"), seedbed.Author{UserID: w.user.ID}
	ursula := w.store.Joined("ursula", main, seedbed.Viewer)
	if err := errors.Join(w.store.ChangeRole(w.Context(), ursula.ID, seedbed.Operator, by), w.store.RemoveMember(w.Context(), main.ID, ursula.ID, by)); err != nil {
		w.Fatal(err)
	}
	w.program(ursula, "admin").get(all).wants(403)
	a.get("/events").has("uploaded a file to Quiet", "uploaded 2 files to Quiet", "deleted a file of Quiet")
	a.do("DELETE", "/sites/quiet", "").wants(202)
	writer.do("PUT", all+"?file=x", "x").wants(409)
	writer.do("DELETE", all+"?file=x", "").wants(409)
}

func TestUpload_ThatBreaksOffChangesNothing(t *testing.T) {
	w := newWorld(t)
	a := w.amina("write")
	a.post("/sites", guide).wants(202)
	for _, c := range []struct{ method, query, contentType string }{{"PUT", "?file=a.html", "text/html"}, {"POST", "", "application/zip"}} {
		r := httptest.NewRequest(c.method, api.Prefix+"/sites/guide/files"+c.query, io.MultiReader(strings.NewReader("some"), iotest.ErrReader(errors.New("the line is gone"))))
		r.Header.Set("Authorization", "Bearer "+a.token)
		r.Header.Set("Content-Type", c.contentType)
		recorder := httptest.NewRecorder()
		w.handler.ServeHTTP(recorder, r)
		answer{w, recorder.Code, recorder.Header(), recorder.Body.String()}.wants(400).has("did not arrive whole")
	}
	a.get("/sites/guide/files").has(`"items":[]`)
}

func machines(w *world, a *caller) {
	w.Helper()
	a.get("/sites/book/usage").wants(200).has(`"tasks":0`)
	a.get("/sites/none/usage").wants(404)
	a.get("/sites/away/usage").wants(503)
	w.engine.List = []seedbed.Machine{{ID: "m1", Name: "box", Up: true, Tasks: 2, Total: seedbed.Resources{CPUs: 2, Memory: 4 << 30}}}
	a.get("/machines").wants(200).has(`"name":"box"`, `"tasks":2`)
	w.program(w.store.Joined("vera", w.store.Project("main"), seedbed.Owner), "admin").get("/machines").wants(403)
	w.engine.Fail = &seedbed.Error{Code: seedbed.Unavailable, Message: "The engine does not answer."}
	a.get("/machines").wants(503)
	w.engine.Fail = nil

	a.follows("/sites/book/log/events", 1)
	a.get("/sites/none/log/events").wants(404)
	a.get("/sites/quiet/log/events").wants(404)
	a.get("/sites/away/log/events").wants(503)
	a.get("/sites/book/log/events?stream=all").wants(422)
	w.program(w.store.Joined("wanda", w.store.Project("main"), seedbed.Viewer), "admin").get("/sites/book/log/events").wants(403)
}

// told is one server-sent event.
type told struct{ id, event, data string }

// follows reads n events of a log, and compares them with the document.
func (c *caller) follows(path string, n int, headers ...string) []told {
	c.w.Helper()
	stream, stop := c.stream(path, headers...)
	defer stop()
	events := make([]told, n)
	for i := range events {
		events[i] = <-stream
	}
	return events
}

// stream begins to read a log; the channel is closed at its end.
func (c *caller) stream(path string, headers ...string) (<-chan told, func()) {
	c.w.Helper()
	server := httptest.NewServer(c.w.handler)
	ctx, cancel := context.WithCancel(c.w.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+api.Prefix+path, nil)
	if err != nil {
		c.w.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := server.Client().Do(r)
	if err != nil {
		c.w.Fatal(err)
	}
	c.w.contract.check(c.w, http.MethodGet, c.w.routeOf(path), response, nil)
	events := make(chan told)
	go func() {
		defer close(events)
		for message := range messages(response.Body) {
			select {
			case events <- message:
			case <-ctx.Done():
				return
			}
		}
	}()
	return events, func() { cancel(); response.Body.Close(); server.Close() }
}

// messages are the events of a stream, without its signs of life.
func messages(r io.Reader) func(func(told) bool) {
	return func(yield func(told) bool) {
		var one told
		for scanner := bufio.NewScanner(r); scanner.Scan(); {
			line := scanner.Text()
			name, value, _ := strings.Cut(line, ": ")
			switch name {
			case "id":
				one.id = value
			case "event":
				one.event = value
			case "data":
				one.data = value
			}
			if line == "" && one.event != "" {
				if !yield(one) {
					return
				}
				one = told{}
			}
		}
	}
}

func (t told) log(w *world) wire.Log {
	w.Helper()
	var log wire.Log
	if err := json.Unmarshal([]byte(t.data), &log); err != nil || t.event != "log" {
		w.Fatalf("%+v: %v", t, err)
	}
	return log
}

func TestLog_IsFollowedFromTaskToTask(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	a.post("/sites", guide).wants(202)
	task := func(id seedbed.TaskID) seedbed.Task {
		return seedbed.Task{ID: id, Workload: "/sites/guide", State: seedbed.TaskRunning}
	}
	w.engine.Add(task("guide.1"))
	w.engine.Print("guide.1", seedbed.Stdout, "first\n")
	stream, stop := a.stream("/sites/guide/log/events")
	defer stop()
	first := <-stream
	if log := first.log(w); log.Text != "first\n" || log.From != 0 || log.Task != "guide.1" {
		t.Errorf("%+v", log)
	}
	w.engine.Print("guide.1", seedbed.Stdout, "second\n")
	second := <-stream
	if log := second.log(w); log.Text != "second\n" || log.From != 6 {
		t.Errorf("%+v", log)
	}
	if again := a.follows("/sites/guide/log/events", 1, "Last-Event-ID", first.id)[0]; again != second {
		t.Errorf("after %q comes %+v, want %+v", first.id, again, second)
	}
	if strange := a.follows("/sites/guide/log/events", 1, "Last-Event-ID", "none:x")[0].log(w); strange.Text != "first\nsecond\n" {
		t.Errorf("%+v", strange)
	}
	w.engine.AddFirst(task("guide.2"))
	w.engine.Print("guide.2", seedbed.Stdout, "anew\n")
	if log := (<-stream).log(w); log.Task != "guide.2" || log.Text != "anew\n" {
		t.Errorf("%+v", log)
	}
}

func TestLog_IsToldNoMoreOnceTheTokenIsRevoked(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	a.post("/sites", `{"template":"wiki","title":"Book"}`).wants(202)
	made := in[wire.Token](a.post("/tokens", `{"name":"x","scope":"read"}`).wants(201))
	stream, stop := w.as(made.Token).stream("/sites/book/log/events")
	defer stop()
	(<-stream).log(w)
	a.do("DELETE", "/tokens/2", "").wants(204)
	if last := <-stream; last.event != "problem" || !strings.Contains(last.data, "revoked") {
		t.Errorf("%+v", last)
	}
	if more, open := <-stream; open {
		t.Errorf("and then %+v", more)
	}
}

func TestLog_OneUserFollowsNotAllThatCanBe(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	a.post("/sites", `{"template":"wiki","title":"Book"}`).wants(202)
	joseph := w.program(w.store.Joined("joseph", w.store.Project("main"), seedbed.Editor), "read")
	const path = "/sites/book/log/events"
	for i := range 10 {
		c := a
		if i%2 == 1 {
			c = w.amina("read") // another program of hers
		}
		stream, stop := c.stream(path)
		defer stop()
		(<-stream).log(w)
	}
	a.get(path).wants(429).has("Too many logs")
	if first := joseph.follows(path, 1)[0].log(w); first.Text == "" {
		t.Errorf("Joseph gets %+v", first)
	}
}
