package nginxconf

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"strconv"
	"strings"
)

// pageKind is what a page of the router's own says. It is the value of
// pageHeader.
type pageKind string

// The kinds of pages that visitors see in place of a site.
const (
	unknownPage     pageKind = "unknown"
	startingPage    pageKind = "starting"
	pausedPage      pageKind = "paused"
	maintenancePage pageKind = "maintenance"
	givenUpPage     pageKind = "given-up"
	failingPage     pageKind = "failing"
	largePage       pageKind = "large"
	insidePage      pageKind = "inside"
	keyPage         pageKind = "key"
	busyPage        pageKind = "busy"
)

// waitingPages are those that come instead of a site that may come back (503).
var waitingPages = []pageKind{startingPage, pausedPage, maintenancePage, givenUpPage}

// pageHeader marks the answers that are nginx's own and not a site's. Sites
// cannot send it: nginx takes it out of their answers.
const pageHeader = "X-Seedbed-Page"

// ownPages is where nginx keeps its pages on every host: an internal location,
// which visitors cannot ask for.
const ownPages = "/.seedbed/"

// again is after how many seconds a page comes again by itself, and programs
// are told to; 0 for never.
func (k pageKind) again() int {
	switch k {
	case startingPage, failingPage, busyPage:
		return 5
	case maintenancePage, givenUpPage:
		return 60
	case pausedPage:
		return 300
	default:
		return 0
	}
}

// page is a page in one language.
type page struct {
	kind     pageKind
	language string
	upload   int    // MiB, that largePage tells
	words    string // the site's own, in place of the usual ones; plain text
}

// file returns the page as a file whose name says what is in it.
func (p page) file() file {
	text := p.html()
	sum := sha256.Sum256([]byte(text))
	return file{name: string(p.kind) + "-" + hex.EncodeToString(sum[:8]) + ".html", text: text}
}

func (p page) html() string {
	t := pageTexts[p.kind][p.language]
	words := "<p>" + html.EscapeString(t.words) + "</p>"
	if p.kind == largePage {
		words = fmt.Sprintf(words, p.upload)
	}
	if strings.TrimSpace(p.words) != "" {
		words = paragraphs(p.words)
	}
	return `<!doctype html><html lang="` + p.language + `"><head><meta charset="utf-8">` +
		`<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">` + p.refresh() +
		`<title>` + html.EscapeString(t.title) + `</title><style>` + pageStyle + `</style></head><body><main>` + pageSprout +
		`<h1>` + html.EscapeString(t.title) + `</h1>` + words + `</main></body></html>` + "\n"
}

func (p page) refresh() string {
	if p.kind.again() == 0 {
		return ""
	}
	return `<meta http-equiv="refresh" content="` + strconv.Itoa(p.kind.again()) + `">`
}

// paragraphs shows plain text: an empty line parts paragraphs. The words may be
// in a script that runs from right to left.
func paragraphs(words string) string {
	var b strings.Builder
	words = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(words)
	for part := range strings.SplitSeq(words, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			b.WriteString(`<p dir="auto">` + strings.ReplaceAll(html.EscapeString(part), "\n", "<br>") + "</p>")
		}
	}
	return b.String()
}

const pageStyle = `:root{color-scheme:light dark}` +
	`body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f7f5f0;color:#1f2421;` +
	`font:17px/1.55 system-ui,sans-serif}` +
	`main{box-sizing:border-box;width:100%;max-width:34rem;padding:36px 24px}` +
	`svg{width:44px;height:44px;color:#1f6b45}` +
	`h1{margin:16px 0 8px;font-size:28px;line-height:1.2;letter-spacing:-.01em;text-wrap:balance;overflow-wrap:anywhere}` +
	`p{margin:0 0 12px;color:#5c645e;text-wrap:pretty;overflow-wrap:anywhere}` +
	`@media(prefers-color-scheme:dark){body{background:#15181a;color:#e9ebe7}p{color:#a3aba5}svg{color:#6cc796}}`

// pageSprout is the small plant of the portal's pages.
const pageSprout = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" ` +
	`stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M12 21V11"/>` +
	`<path d="M12 13c0-4-3-6.5-8-6.5 0 4.5 3 6.5 8 6.5z"/><path d="M12 11c0-4 3-7 8-7 0 5-3 7-8 7z"/></svg>`
