package web

import (
	"errors"
	"net/http"
	"strconv"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// showVisitors handles GET /sites/{name}/visitors.
func (p *portal) showVisitors(w http.ResponseWriter, r *http.Request) error {
	site, err := p.siteFor(r, seedbed.SeeContent)
	if err != nil {
		return err
	}
	page := p.visitorsPage(r, site)
	page.Notice = notice(r)
	return p.drawVisitors(w, r, page)
}

// changeVisitors handles POST /sites/{name}/visitors.
func (p *portal) changeVisitors(w http.ResponseWriter, r *http.Request) error {
	site, err := p.siteFor(r, seedbed.ChangeSite)
	if err != nil {
		return err
	}
	seen, err := p.visitorsSeen(r)
	if err != nil {
		return p.visitorsFailed(w, r, site, site.Visitors, err)
	}
	wish, wrong := visitorsWish(r, seen)
	conditions := []control.Condition{control.UnchangedVisitors(seen), unread(wrong)}
	if r.PostFormValue("do") == "preview" {
		return p.previewVisitors(w, r, site, seen, wish, conditions)
	}
	deployment, changed, err := p.Control.ChangeVisitors(r.Context(), actor(r), siteName(r), wish, conditions...)
	switch {
	case err != nil:
		return p.visitorsFailed(w, r, site, seen, err)
	case !changed:
		return seeOther(w, r, siteURL(r)+"/visitors?did=nothing")
	case deployment.ID != 0:
		return seeOther(w, r, templates.DeploymentURL(deployment.ID))
	}
	return seeOther(w, r, siteURL(r)+"/visitors?did=visitors")
}

// unread is a Condition that holds if the form could be read.
func unread(wrong error) control.Condition {
	return func(control.Site) error { return wrong }
}

// visitorsSeen is the version that the form was made from.
func (p *portal) visitorsSeen(r *http.Request) (seedbed.Visitors, error) {
	unknown := seedbed.Mistake("", "We cannot tell what this form was made from, so nothing was saved. Look again at what stands here, then save it.")
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return seedbed.Visitors{}, unknown
	}
	seen, err := p.Control.VisitorsSeen(r.Context(), actor(r), siteName(r), version)
	if seedbed.IsNotFound(err) {
		return seen, unknown
	}
	return seen, err
}

// previewVisitors shows the form again with the page about maintenance below it,
// and changes nothing.
func (p *portal) previewVisitors(w http.ResponseWriter, r *http.Request, site control.Site, seen seedbed.Visitors, wish control.VisitorsWish, conditions []control.Condition) error {
	if _, err := p.Control.ReviewVisitors(r.Context(), actor(r), siteName(r), wish, conditions...); err != nil {
		return p.visitorsFailed(w, r, site, seen, err)
	}
	page := p.visitorsPage(r, site)
	page.Form.Values, page.Preview = typedVisitors(r, seen), true
	return p.drawVisitors(w, r, page)
}

// visitorsFailed shows the form again with what was typed. A form that is older
// than a change of somebody else goes on from that change.
func (p *portal) visitorsFailed(w http.ResponseWriter, r *http.Request, site control.Site, seen seedbed.Visitors, err error) error {
	var meanwhile *control.ChangedMeanwhile
	typed := typedVisitors(r, seen)
	if errors.As(err, &meanwhile) {
		site = meanwhile.Site
	}
	page := p.visitorsPage(r, site)
	now := page.Form.Values
	page.Form.Values = typed
	if err := page.Form.Fail(err); err != nil {
		return err
	}
	if meanwhile != nil {
		mergeVisitors(&page.Form, shownVisitors(seen), now, meanwhile.Differences)
	}
	page.Form.Keep("hosts", "to_main", "audience", "keys", "upload", "patience", "language", "maintenance", "words", "https", "strict")
	return p.drawVisitors(w, r, page)
}

// mergeVisitors puts what somebody else changed where nothing else was typed, and
// says it beside the field where something was.
func mergeVisitors(form *templates.Form, then, now map[string]string, differences []seedbed.Difference) {
	for _, d := range differences {
		field := d.Question
		if field == "hosts" {
			field = "main"
		}
		switch form.Values[field] {
		case now[field]:
		case then[field]:
			form.Values[field] = now[field]
		default:
			form.Mistakes = append(form.Mistakes, templates.Mistake{Field: d.Question, Message: nowSaid(d)})
		}
	}
	for field := range now {
		if _, typed := form.Values[field]; !typed {
			form.Values[field] = now[field]
		}
	}
}

// visitorsPage shows a site as it is.
func (p *portal) visitorsPage(r *http.Request, site control.Site) templates.VisitorsPage {
	page := templates.VisitorsPage{
		SiteFrame: siteFrame(site, "visitors"), Visitors: site.Visitors, Visiting: site.Visiting, Domain: p.Domain, HTTPS: site.HTTPS,
		Restarts: site.Template.UsesAddress(), Visits: p.visits(r, site),
	}
	for _, a := range site.Addresses {
		page.Names = append(page.Names, templates.SiteName{Host: a.Host, Shown: control.HostShown(a.Host), Own: a.Host == site.Own()})
	}
	page.Form.Values = shownVisitors(site.Visitors)
	return page
}

// visits is how the site was visited. That it is not known is no reason not to
// show the page.
func (p *portal) visits(r *http.Request, site control.Site) templates.VisitsPart {
	visits, err := p.Control.Visits(r.Context(), actor(r), siteName(r))
	part := templates.VisitsPart{Visits: visits, Lines: seedbed.May(site.Standing, seedbed.SeeLogs)}
	switch seedbed.CodeOf(err) {
	case "":
	case seedbed.NotFound:
		part.Nothing = "Nobody has visited it lately."
	case seedbed.Unavailable:
		part.Nothing = seedbed.MessageOf(err)
	default:
		p.log(r, http.StatusServiceUnavailable, err)
		part.Nothing = "How it was visited is not known now."
	}
	return part
}

func (p *portal) drawVisitors(w http.ResponseWriter, r *http.Request, page templates.VisitorsPage) error {
	return p.show(w, r, formStatus(page.Form), templates.Visitors(p.frame(r, templates.Sites, "Visitors of "+string(page.Site.Title)), page))
}
