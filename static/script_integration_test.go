//go:build integration

package static_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"seedbed"
	"seedbed/static"
)

// page has what the script works on, and a clock that stands still: what is to
// be done later is done by later().
const page = `<!doctype html><title>x</title><script>
let waits = 0, later = () => {};
window.setTimeout = (f, ms, ...args) => { waits = ms; later = () => f(...args); };
</script><script src=%q defer></script>
<form action="/sent"><input id="name" data-suggests="address"><input id="address"><button>Send</button></form>`

// open shows the page in Chromium. Sending its form leads nowhere, as where
// somebody stops it.
func open(t *testing.T) context.Context {
	t.Helper()
	assets, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, assets)
	mux.HandleFunc("/sent", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, page, assets.URL("app.js")) })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("/usr/bin/chromium"), chromedp.NoSandbox,
		chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-dev-shm-usage", true))
	allocator, endAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, end := chromedp.NewContext(allocator)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(func() { cancel(); end(); endAllocator() })
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func value(t *testing.T, ctx context.Context, script string) string {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](script))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestScript_SuggestsTheAddressThatThePortalMakes(t *testing.T) {
	ctx := open(t)
	for _, title := range []seedbed.Title{
		"Nurse Handbook", "Isı Łódź Đà Nẵng", "Ðorvaldur Þór", "Ɓauna ɗaki Ƙano ƴan", "Ŋkɔ Ɛwe", "Ærø Œuvre Straße", "Għaqda Ŧ Azərbaycan", "O’Neill & Co.", "دليل",
	} {
		got := value(t, ctx, fmt.Sprintf(`(() => { const n = document.getElementById("name"); n.value = %q; n.dispatchEvent(new Event("input")); return document.getElementById("address").value })()`, title))
		if want := seedbed.SuggestLabel(title); got != want {
			t.Errorf("%s becomes %q, want %q", title, got, want)
		}
	}
}

func TestScript_LetsAFormThatWasStoppedBeSentAgain(t *testing.T) {
	ctx := open(t)
	state := func() string {
		return value(t, ctx, `((f) => f.hasAttribute("aria-busy") + " " + ("sent" in f.dataset) + " " + waits)(document.forms[0])`)
	}
	value(t, ctx, `document.querySelector("button").click(); ""`)
	if got := state(); got != "true true 10000" {
		t.Fatalf("after sending: %s", got)
	}
	value(t, ctx, `later(); ""`)
	if got := state(); got != "false false 10000" {
		t.Errorf("ten seconds later: %s", got)
	}
}
