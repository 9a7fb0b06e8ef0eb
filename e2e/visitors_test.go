//go:build e2e

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// meetVisitors gives a site a further name, shows visitors a page in its place and
// pauses it, each time until nginx was seen to serve just that.
func meetVisitors(t *testing.T, i *installation, b *browser) {
	page := i.portal() + "/sites/clinic-guide/visitors"
	save := func() {
		b.click("form[action$='/visitors'] button.main")
		b.see("Saved.")
		b.seeAt(page, "In effect")
	}
	b.open(page)
	b.fill("hosts", "guide.example.org")
	save()
	if status, text := i.getAs("guide.example.org", "/"); status != 200 || !strings.Contains(text, "Open at eight") {
		t.Errorf("by its further name it answers %d %s", status, text)
	}
	b.tick(`[name="maintenance"][type=checkbox]`)
	b.fill("words", "Back at noon.")
	b.press("Look how it reads")
	b.see("Nothing is saved yet")
	save()
	b.seeAt(i.site("clinic-guide"), "Back at noon.") // connections that were there before may see the page of before
	b.open(page)
	b.tick(`[name="maintenance"][type=checkbox]`)
	save()
	b.seeAt(i.site("clinic-guide"), "Open at eight")
	pauses(i, b)
}

// pauses stops the site, and has it run again.
func pauses(i *installation, b *browser) {
	page := i.portal() + "/sites/clinic-guide"
	b.open(page)
	b.click("details.confirm summary")
	b.press("Pause the site")
	b.seeWithin(soon, "Resume it on its page")
	if status, _ := i.get(i.site("clinic-guide")); status != http.StatusServiceUnavailable {
		b.t.Errorf("paused, it answers %d", status)
	}
	b.seeAt(page, "Paused")
	b.press("Resume")
	b.seeWithin(soon, "You find it at")
	b.seeAt(i.site("clinic-guide"), "Open at eight")
}

// getAs asks nginx for a page of a host that DNS does not know.
func (i *installation) getAs(host, path string) (status int, text string) {
	i.t.Helper()
	request, err := http.NewRequestWithContext(i.t.Context(), http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d%s", i.port+80, path), nil)
	if err != nil {
		i.t.Fatal(err)
	}
	request.Host = host
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		i.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		i.t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}
