package web

import (
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/templates"
)

// shownFor is how long a page with a link or a token can be loaded again.
const shownFor = time.Minute

// once keeps pages with links and tokens for a moment, in memory alone: a change
// leads to such a page, so that loading it again changes nothing, and an answer
// that was lost on its way is not lost for good.
type once struct {
	mu    sync.Mutex
	pages map[string]oncePage // by an id that nobody guesses
}

// oncePage is for one person.
type oncePage struct {
	user  int64
	until time.Time
	place templates.Place
	title string
	draw  func(templates.Frame) templ.Component
}

// keep puts a page by, and forgets those whose time is over.
func (o *once) keep(id string, page oncePage, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.DeleteFunc(o.pages, func(_ string, old oncePage) bool { return !old.until.After(now) })
	o.pages[id] = page
}

// page is the one of that id, for the person whom it is for.
func (o *once) page(id string, user int64, now time.Time) (oncePage, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	page, kept := o.pages[id]
	return page, kept && page.user == user && page.until.After(now)
}

// toOnce sends the browser on to a page that whoever asks can see for a minute.
func (p *portal) toOnce(w http.ResponseWriter, r *http.Request, place templates.Place, title string, draw func(templates.Frame) templ.Component) error {
	id, err := p.sessions.newID()
	if err != nil {
		return err
	}
	page := oncePage{user: actor(r).User.ID, until: p.Now().Add(shownFor), place: place, title: title, draw: draw}
	p.once.keep(id, page, p.Now())
	return seeOther(w, r, "/once/"+id)
}

// showOnce handles GET /once/{id}.
func (p *portal) showOnce(w http.ResponseWriter, r *http.Request) error {
	page, kept := p.once.page(chi.URLParam(r, "id"), actor(r).User.ID, p.Now())
	if !kept {
		return seedbed.Missing("What was here is shown for a minute only, and that is over. If nobody has kept it, make another one.")
	}
	return p.show(w, r, http.StatusOK, page.draw(p.frame(r, page.place, page.title)))
}
