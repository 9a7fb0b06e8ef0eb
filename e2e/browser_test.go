//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browser is a Chromium with one tab.
type browser struct {
	t   *testing.T
	ctx context.Context
}

func openBrowser(t *testing.T) *browser {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("/usr/bin/chromium"), chromedp.NoSandbox, chromedp.WindowSize(1180, 900), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-sync", true), chromedp.WSURLReadTimeout(soon), chromedp.Flag("disable-dev-shm-usage", true))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(func() { end(); endAllocator() })
	b := &browser{t: t, ctx: ctx}
	if err := chromedp.Do(ctx); err != nil { // starts it, with a context that lasts
		t.Fatalf("start Chromium: %v", err)
	}
	return b
}

// do does steps within a time that is enough for a slow wiki.
func (b *browser) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 90*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %v\nthe page at %s says:\n%s%s", what, err, b.url(), b.text(), b.picture())
	}
}

func (b *browser) open(url string) {
	b.t.Helper()
	b.do("open "+url, chromedp.Navigate(url))
}

// fill types a value into the field of that name, in place of what is there. It
// types it again if a script of the page took some of the keys.
func (b *browser) fill(name, value string) {
	b.t.Helper()
	selector := fmt.Sprintf("[name=%q]", name)
	field := chromedp.CSS(selector)
	eventually(b.t, fmt.Sprintf("the field %s holds %q", name, value), soon, func() bool {
		b.do("find the field "+name, chromedp.WaitVisible(field), chromedp.Focus(field))
		b.value(fmt.Sprintf(`document.querySelector(%q).value = ''`, selector))
		if value != "" {
			b.do("fill the field "+name, chromedp.SendKeys(field, value))
		}
		return b.value(fmt.Sprintf(`'=' + document.querySelector(%q).value`, selector)) == "="+value
	})
}

// whenFocused waits until the page has put the cursor into the field of that
// name by itself.
func (b *browser) whenFocused(name string) {
	b.t.Helper()
	eventually(b.t, "the cursor is in the field "+name, soon, func() bool { return b.value(`document.activeElement.name || ''`) == name })
}

// upload chooses files in the field of that name.
func (b *browser) upload(name string, files ...string) {
	b.t.Helper()
	b.do("choose files", chromedp.SetUploadFiles(chromedp.CSS(fmt.Sprintf("input[type=file][name=%q]", name)), files))
}

// press presses a button or link by its words.
func (b *browser) press(words string) {
	b.t.Helper()
	b.do("press "+words, enter(chromedp.Search(fmt.Sprintf(`//*[self::button or self::a][normalize-space()=%q]`, words))))
}

// pressIn presses a button by its words in one part of the page, where another
// part has one of the same words.
func pressIn(part, words string) chromedp.Action[chromedp.Void] {
	return enter(chromedp.Search(fmt.Sprintf(`//%s//button[normalize-space()=%q]`, part, words)))
}

// click presses the button that the selector finds.
func (b *browser) click(selector string) {
	b.t.Helper()
	b.do("click "+selector, enter(chromedp.CSS(selector)))
}

// tick ticks a box, or takes the tick away.
func (b *browser) tick(selector string) {
	b.t.Helper()
	b.do("tick "+selector, chromedp.SendKeys(chromedp.CSS(selector), " ", chromedp.NodeVisible))
}

// enter presses a button or link by the keyboard. The mouse would miss it where
// a page that is still loading moves it away in the meantime, as MediaWiki's
// editor does.
func enter[S chromedp.Selectable](button S) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(button, kb.Enter, chromedp.NodeVisible)
}

// see waits until the page shows all of the words.
func (b *browser) see(words ...string) {
	b.t.Helper()
	b.seeWithin(30*time.Second, words...)
}

func (b *browser) seeWithin(within time.Duration, words ...string) {
	b.t.Helper()
	if !b.shows(within, words...) {
		b.t.Fatalf("the page at %s never showed %q within %v, but:\n%s%s\nThese did not load: %s", b.url(), b.missing(words), within, b.text(), b.picture(), b.unloaded())
	}
}

// shows reports whether the page shows all of the words within a time.
func (b *browser) shows(within time.Duration, words ...string) bool {
	deadline := time.Now().Add(within)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for b.missing(words) != "" {
		if time.Now().After(deadline) {
			return false
		}
		<-tick.C
	}
	return true
}

// unloaded lists what the page asked for and did not get, with the status of the
// answer.
func (b *browser) unloaded() string {
	return b.value(`JSON.stringify(performance.getEntriesByType('resource').filter(e => e.responseStatus < 200 || e.responseStatus >= 400).map(e => [e.name, e.responseStatus, Math.round(e.duration) + ' ms']))`)
}

// seeAt opens a page again and again until it shows all of the words. What a
// page says of sites and services was looked at a moment before, and most pages
// do not change by themselves.
func (b *browser) seeAt(url string, words ...string) {
	b.t.Helper()
	eventually(b.t, fmt.Sprintf("%s shows %q", url, words), soon, func() bool {
		b.open(url)
		return b.missing(words) == ""
	})
}

func (b *browser) missing(words []string) string {
	text := b.text()
	for _, w := range words {
		if !strings.Contains(text, w) {
			return w
		}
	}
	return ""
}

// text is what the page shows; "" while it is being loaded.
func (b *browser) text() string {
	return b.ask(chromedp.Evaluate[string]("document.body ? document.body.innerText : ''"))
}

func (b *browser) url() string { return b.ask(chromedp.Location()) }

// value is what a script expression says.
func (b *browser) value(script string) string {
	b.t.Helper()
	return b.ask(chromedp.Evaluate[string](script))
}

func (b *browser) ask(question chromedp.Action[string]) string {
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	answer, err := chromedp.Run(ctx, question)
	if err != nil {
		return "" // between two pages
	}
	return answer
}

// picture keeps a picture of the page where SEEDBED_PICTURES names a folder.
func (b *browser) picture() string {
	folder := os.Getenv("SEEDBED_PICTURES")
	if folder == "" {
		return ""
	}
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		return "\n(no picture: " + err.Error() + ")"
	}
	path := filepath.Join(folder, strings.ReplaceAll(b.t.Name(), "/", "-")+time.Now().Format("-150405.000")+".png")
	if err := os.WriteFile(path, png, 0o600); err != nil {
		return "\n(no picture: " + err.Error() + ")"
	}
	return "\n(a picture is in " + path + ")"
}
