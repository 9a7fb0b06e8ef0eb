package web_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"seedbed"
)

// assetsOf returns the addresses of all static files that a page names.
func assetsOf(page string) []string {
	return regexp.MustCompile(`/static/[^"]+`).FindAllString(page, -1)
}

// wireSize is how many bytes an answer takes with its headers, as browsers ask.
func wireSize(w *world, b *browser, path string) int {
	w.Helper()
	r := httptest.NewRequest(http.MethodGet, w.server.URL+path, nil)
	r.Header.Set("Accept-Encoding", "gzip")
	a := b.do(r)
	size := len(a.body)
	for name, values := range a.header {
		size += len(name) + len(strings.Join(values, "")) + 4
	}
	if a.header.Get("Content-Encoding") != "gzip" && a.status == http.StatusOK {
		w.Errorf("%s is not compressed", path)
	}
	return size
}

func TestStatic_IsKeptForEver(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	assets := assetsOf(b.get("/setup").body)
	if len(assets) != 3 {
		t.Fatalf("a page names %v", assets)
	}
	for _, path := range assets {
		if got := b.get(path).wants(http.StatusOK).header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %q", path, got)
		}
	}
}

// events reads messages of a stream until it ends.
func (b *browser) events(ctx context.Context, path string) <-chan string {
	b.w.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.w.server.URL+path, nil)
	if err != nil {
		b.w.Fatal(err)
	}
	response, err := b.client.Do(r)
	if err != nil || response.Header.Get("Content-Type") != "text/event-stream" {
		b.w.Fatalf("no stream: %v %v", response, err)
	}
	messages := make(chan string)
	go func() {
		defer close(messages)
		defer response.Body.Close()
		var message strings.Builder
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			if lines.Text() != "" {
				fmt.Fprintln(&message, lines.Text())
				continue
			}
			select {
			case messages <- message.String():
			case <-ctx.Done():
				return
			}
			message.Reset()
		}
	}()
	return messages
}

func TestProgressEvents_TellEachChangeAndEnd(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	w := newWorld(t)
	b := w.amina()
	d := b.aSite("wiki", "Guide")
	messages := b.events(ctx, "/deployments/1/events")
	expect := func(texts ...string) {
		t.Helper()
		select {
		case message := <-messages:
			for _, text := range texts {
				if !strings.Contains(message, text) {
					t.Errorf("no %q in %s", text, message)
				}
			}
		case <-ctx.Done():
			t.Fatal("nothing told")
		}
	}
	expect("event: progress", "Making a place for its files")
	w.store.Update(d.ID, func(d *seedbed.Deployment) {
		d.Steps[0].Started, d.Steps[0].Ended = w.clock.Now(), w.clock.Now()
	})
	w.board.Tell()
	expect("event: progress", "Made a place for its files", "Giving the order")
	w.finish(d.ID)
	expect("event: progress", "is ready", "Open site")
	expect("event: end")
	if message, open := <-messages; open {
		t.Errorf("told %q after the end", message)
	}
}

func TestProgressEvents_OfWhatEndedTellItAtOnce(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("wiki", "Guide").ID)
	var all strings.Builder
	for message := range b.events(ctx, "/deployments/1/events") {
		all.WriteString(message)
	}
	if !strings.Contains(all.String(), "is ready") || !strings.Contains(all.String(), "event: end") {
		t.Errorf("told %s", all.String())
	}
}

// part is one part of an upload.
type part struct{ field, file, content string }

func (b *browser) upload(path string, parts ...part) answer {
	b.w.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, p := range parts {
		var out io.Writer
		var err error
		if p.file == "" {
			out, err = form.CreateFormField(p.field)
		} else {
			out, err = form.CreateFormFile(p.field, p.file)
		}
		if err != nil {
			b.w.Fatal(err)
		}
		io.WriteString(out, p.content)
	}
	form.Close()
	r := httptest.NewRequest(http.MethodPost, b.w.server.URL+path, &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return b.do(r)
}

func zipOf(t *testing.T, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	archive := zip.NewWriter(&b)
	for _, name := range names {
		out, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(out, "content of "+name)
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestFiles_AreUploadedListedAndDeleted(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("static-site", "Guide").ID)
	b.get("/sites/guide/files").has("No files yet", `type="file"`)
	b.upload("/sites/guide/files", part{"file", "index.html", "<h1>Hello</h1>"}, part{"file", "big.txt", strings.Repeat("x", 300<<10)}).to("/sites/guide/files?did=upload")
	b.get("/sites/guide/files?did=upload").has("index.html", "307 kB", "The files are in place.")
	if got := len(w.files.Content("big.txt")); got != 300<<10 {
		t.Errorf("%d bytes arrived", got)
	}
	b.upload("/sites/guide/files", part{"replace", "", "on"}, part{"file", "site.ZIP", zipOf(t, "index.html", "a/b.css")}).to("/sites/guide/files?did=upload")
	b.get("/sites/guide/files").has("a/b.css").lacks("big.txt")
	b.upload("/sites/guide/files", part{"file", "100% & été?#.pdf", "x"}).wants(http.StatusSeeOther)
	b.get("/sites/guide/files").has(`href="http://guide.localhost:8480/a/b.css"`, `href="http://guide.localhost:8480/100%25%20&amp;%20%C3%A9t%C3%A9%3F%23.pdf"`)
	b.post("/sites/guide/files/delete", "file", "a/b.css").to("/sites/guide/files?did=delete")
	b.post("/sites/guide/files/delete", "file", "a/b.css").wants(http.StatusNotFound)
}

func TestFiles_ReplacesEverythingByOneZipAlone(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("static-site", "Guide").ID)
	tick, page := part{"replace", "", "on"}, part{"file", "new.html", "new"}
	zip := part{"file", "site.zip", zipOf(t, "start.html")}
	b.upload("/sites/guide/files", part{"file", "old.html", "old"}).wants(http.StatusSeeOther)

	b.upload("/sites/guide/files", tick, page, zip).wants(http.StatusUnprocessableEntity).has("goes with one zip alone. Nothing was changed.", `id="file-mistake"`)
	b.upload("/sites/guide/files", page, tick, zip).wants(http.StatusUnprocessableEntity)
	b.get("/sites/guide/files").has("old.html").lacks("start.html")

	for _, second := range []part{{"file", "second.zip", zipOf(t, "second.html")}, {"file", "second.html", "x"}} {
		b.upload("/sites/guide/files", tick, zip, second).wants(http.StatusUnprocessableEntity).has("goes with one zip alone. Nothing was changed.", `id="file-mistake"`)
		b.get("/sites/guide/files").has("old.html").lacks("start.html", "second.html")
	}
	b.upload("/sites/guide/files", tick, part{"file", "broken.zip", "this is no zip"}).wants(http.StatusUnprocessableEntity)
	b.get("/sites/guide/files").has("old.html")
	b.upload("/sites/guide/files", tick, zip).to("/sites/guide/files?did=upload")
	b.get("/sites/guide/files").has("start.html").lacks("old.html")
}

func TestFiles_RefusesBadUploadsBesideTheField(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("static-site", "Guide").ID)
	b.upload("/sites/guide/files").wants(http.StatusUnprocessableEntity).has("Choose at least one file", `id="file-mistake"`)
	b.upload("/sites/guide/files", part{"file", "broken.zip", "this is no zip"}).wants(http.StatusUnprocessableEntity).has("This zip cannot be read.", `id="file-mistake"`)
	b.upload("/sites/guide/files", part{"file", "ok.html", "x"}, part{"file", ".htaccess", "x"}).wants(http.StatusUnprocessableEntity).has("begins with a dot", "The one before it is in place.")
	b.post("/sites/guide/files", "file", "x").wants(http.StatusUnprocessableEntity).has("did not arrive whole")
	w.finish(b.aSite("wiki", "Book").ID)
	b.upload("/sites/book/files", part{"file", "x.html", "x"}).wants(http.StatusNotFound)
}
