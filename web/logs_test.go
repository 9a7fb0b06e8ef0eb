package web_test

import (
	"bufio"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/web/webtest"
)

// withEngine gives the portal an engine.
func withEngine(e *webtest.Engine) func(*config) {
	return func(c *config) { c.control.Engine = e }
}

// guideLogs is a portal with a site whose task has printed 3000 lines.
func guideLogs(t *testing.T) (*webtest.Engine, *world, *browser) {
	t.Helper()
	engine := &webtest.Engine{}
	w := newWorld(t, withEngine(engine))
	b := w.amina()
	b.aSite("static-site", "Guide")
	engine.Add(seedbed.Task{ID: "guide.2", Workload: "/sites/guide", State: seedbed.TaskRunning, Began: w.clock.Now()})
	engine.Add(seedbed.Task{ID: "guide.1", Workload: "/sites/guide", State: seedbed.TaskFailed, Ended: w.clock.Now()})
	engine.Add(seedbed.Task{ID: "other.1", Workload: "/sites/other", State: seedbed.TaskRunning})
	engine.Print("other.1", seedbed.Stdout, "a secret of another site\n")
	engine.Print("guide.1", seedbed.Stderr, "cannot find the database\n")
	for n := range 3000 {
		engine.Print("guide.2", seedbed.Stdout, fmt.Sprintf("line %d of 3000\n", n))
	}
	return engine, w, b
}

func TestLogs_ShowTheNewestLinesAndLeadToEveryEarlierOne(t *testing.T) {
	_, _, b := guideLogs(t)
	path, seen := "/sites/guide/logs", 3000
	for pages := 0; path != ""; pages++ {
		a := b.get(path).wants(http.StatusOK)
		_, text, _ := strings.Cut(a.body, `tabindex="0"`)
		_, text, _ = strings.Cut(text, ">")
		text, _, _ = strings.Cut(text, "</pre>")
		lines := strings.Split(text, "\n")
		for n := len(lines) - 1; n >= 0; n-- {
			seen--
			if want := fmt.Sprintf("line %d of 3000", seen); lines[n] != want {
				t.Fatalf("on page %d there is %q, want %q", pages, lines[n], want)
			}
		}
		path = ""
		if before, _, ok := strings.Cut(a.body, `">Earlier lines`); ok {
			path = strings.ReplaceAll(before[strings.LastIndex(before, `href="`)+6:], "&amp;", "&")
		}
		if pages > 10 {
			t.Fatal("the pages never end")
		}
	}
	if seen != 0 {
		t.Errorf("the first %d lines are on no page", seen)
	}
}

func TestLogs_EndedTasksAndBothStreamsCanBeChosen(t *testing.T) {
	_, _, b := guideLogs(t)
	b.get("/sites/guide/logs?task=guide.1&stream=stderr").wants(http.StatusOK).has("cannot find the database", "before it ended").lacks("data-log")
	b.get("/sites/guide/logs?task=guide.1&stream=stdout").wants(http.StatusOK).has("It has printed nothing.")
	a := b.get("/sites/guide/logs/download?task=guide.1&stream=stderr").wants(http.StatusOK)
	if a.body != "cannot find the database\n" || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment") || a.header.Get("Content-Type") != "application/octet-stream" {
		t.Errorf("the download is %q with %v", a.body, a.header)
	}
}

func TestLogs_OfOneSiteShowNothingOfAnother(t *testing.T) {
	_, _, b := guideLogs(t)
	b.get("/sites/guide/logs?task=other.1").wants(http.StatusOK).lacks("another site", "other.1")
	for _, path := range []string{"/logs/download?task=other.1", "/logs/events?task=other.1", "/logs/download?task=nothing", "/logs/download?task=../../etc/passwd"} {
		b.get("/sites/guide" + path).wants(http.StatusNotFound).lacks("another site")
	}
}

func TestLogs_WhatIsPrintedBecomesNeitherMarkupNorControl(t *testing.T) {
	engine, _, b := guideLogs(t)
	engine.Print("guide.1", seedbed.Stdout, "\x1b[31mred\x1b[0m <script>alert(1)</script> \x00\u202eevil\xff\r\n")
	b.get("/sites/guide/logs?task=guide.1").wants(http.StatusOK).has("red &lt;script&gt;", "evil").lacks("\x1b", "\x00", "\u202e", "<script>alert")
}

func TestLogs_NewLinesAreToldAndGoOnAfterABreak(t *testing.T) {
	engine, w, b := guideLogs(t)
	follow := func(from, lastID string) *bufio.Scanner {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+"/sites/guide/logs/events?task=guide.1&stream=stderr&from="+from, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Last-Event-ID", lastID)
		response, err := b.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { response.Body.Close() })
		return bufio.NewScanner(response.Body)
	}
	next := func(s *bufio.Scanner, prefix string) string {
		for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && s.Scan(); {
			if text, ok := strings.CutPrefix(s.Text(), prefix); ok {
				return text
			}
		}
		t.Fatalf("nothing came with %s", prefix)
		return ""
	}
	s := follow("25", "")
	engine.Print("guide.1", seedbed.Stderr, "half a ")
	engine.Print("guide.1", seedbed.Stderr, "line\nand <b>one</b>\n")
	id := next(s, "id: ")
	if first, second := next(s, "data: "), next(s, "data: "); first != "half a line" || second != "and <b>one</b>" || id != "52" {
		t.Errorf("came %q and %q, and then %s", first, second, id)
	}
	engine.Print("guide.1", seedbed.Stderr, "after the break\n")
	if got := next(follow("25", id), "data: "); got != "after the break" {
		t.Errorf("after the break came %q", got)
	}
}

func TestEngine_PagesSayWhenItDoesNotAnswer(t *testing.T) {
	engine, _, b := guideLogs(t)
	engine.Fail = &seedbed.Error{Code: seedbed.Unavailable, Message: "The machine does not answer."}
	for _, path := range []string{"/sites/guide", "/sites/guide/logs", "/operations/machines"} {
		b.get(path).wants(http.StatusOK).has("The machine does not answer.")
	}
}

func TestEngine_UseAndMachinesAreShown(t *testing.T) {
	engine, w, b := guideLogs(t)
	engine.Used = map[seedbed.TaskID]seedbed.TaskUsage{"guide.2": {Memory: 20 << 20, MemoryLimit: 64 << 20, CPUs: 0.25}}
	engine.List = []seedbed.Machine{{Name: "m1", Up: true, Tasks: 3, Total: seedbed.Resources{CPUs: 4, Memory: 8 << 30}, Promised: seedbed.Resources{CPUs: 1}}, {Name: "m2"}}
	b.get("/sites/guide").has("20 MB of 64 MB", "25 % of one")
	b.get("/operations/machines").has("1 of 2 does not answer", "m1", "1 of 4 set aside", "3 containers run here").lacks("more than once", "is free for new ones")
	engine.List = engine.List[:1]
	engine.List[0].Promised = seedbed.Resources{CPUs: 4.5, Memory: 1 << 30}
	w.storage.Is = seedbed.Storage{Total: 270_600_000_000, Free: 228_400_000_000}
	b.get("/operations/machines").has("4.5 promised, where there are 4", "Processors may be promised more than once", "1 GB of 8 GB set aside", "228.4 GB of 270.6 GB free").lacks("Memory is promised")
	w.storage.Is.Gluster = "sites"
	b.get("/operations/machines").lacks("270.6 GB")
}

func TestLogs_OnePersonFollowsNotAllThatCanBe(t *testing.T) {
	engine, w, b := guideLogs(t)
	engine.Print("guide.2", seedbed.Stdout, "a line\n")
	const path = "/sites/guide/logs/events?task=guide.2&stream=stdout&from=0"
	for range 10 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := b.client.Do(r)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatal(response, err)
		}
		t.Cleanup(func() { response.Body.Close() })
	}
	b.get(path).wants(http.StatusTooManyRequests).has("Too many logs")
}
