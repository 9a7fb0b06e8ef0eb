package nginxconf

import "strconv"

// page is what a visitor sees when a site cannot answer. Its texts are fixed,
// and it fits into one argument of nginx's configuration, 4096 bytes at most,
// so that it needs no file that nginx must be able to read.
type page struct {
	name    string // value of pageHeader
	status  string
	refresh int // seconds after which it comes again by itself; 0 for never
	title   string
	words   string
}

// pageHeader marks the answers that are nginx's own and not a site's. Sites
// cannot send it: nginx takes it out of their answers.
const pageHeader = "X-Seedbed-Page"

// The pages of nginx's own.
var (
	unknownPage = page{
		name: "unknown", status: "404", title: "There is no site here",
		words: "Nothing has this address. Look whether it is spelled as you were given it, or ask whoever sent it to you.",
	}
	startingPage = page{
		name: "starting", status: "503", refresh: 5, title: "This site is starting",
		words: "It will be here as soon as it answers. This page looks again by itself.",
	}
	closedPage = page{
		name: "closed", status: "503", refresh: 60, title: "This site is not available at present",
		words: "It could not be started. Whoever looks after it can see why. This page looks again by itself.",
	}
	failingPage = page{
		name: "failing", status: "502", refresh: 5, title: "This site does not answer",
		words: "It runs, but it gave no answer just now. This page looks again by itself.",
	}
	largePage = page{
		name: "large", status: "413", title: "This is too large to send",
		words: "A site takes at most 512 MB at once. Send it in smaller parts.",
	}
)

// html returns the page. It has no "$", which nginx would read as a variable.
func (p page) html() string {
	again := ""
	if p.refresh > 0 {
		again = `<meta http-equiv="refresh" content="` + strconv.Itoa(p.refresh) + `">`
	}
	return `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
		`<meta name="viewport" content="width=device-width,initial-scale=1">` + again +
		`<title>` + p.title + `</title><style>` + pageStyle + `</style></head><body><main>` + pageSprout +
		`<h1>` + p.title + `</h1><p>` + p.words + `</p></main></body></html>` + "\n"
}

const pageStyle = `:root{color-scheme:light dark}` +
	`body{margin:0;min-height:100vh;display:grid;place-items:center;background:#f7f5f0;color:#1f2421;` +
	`font:17px/1.55 system-ui,sans-serif}` +
	`main{box-sizing:border-box;max-width:34rem;padding:36px 24px}` +
	`svg{width:44px;height:44px;color:#1f6b45}` +
	`h1{margin:16px 0 8px;font-size:28px;line-height:1.2;letter-spacing:-.01em;text-wrap:balance}` +
	`p{margin:0;color:#5c645e;text-wrap:pretty}` +
	`@media(prefers-color-scheme:dark){body{background:#15181a;color:#e9ebe7}p{color:#a3aba5}svg{color:#6cc796}}`

// pageSprout is the small plant of the portal's pages.
const pageSprout = `<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.6" ` +
	`stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="M12 21V11"/>` +
	`<path d="M12 13c0-4-3-6.5-8-6.5 0 4.5 3 6.5 8 6.5z"/><path d="M12 11c0-4 3-7 8-7 0 5-3 7-8 7z"/></svg>`
