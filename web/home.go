package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"seedbed"
	"seedbed/templates"
)

// showHome handles GET /.
func (p *portal) showHome(w http.ResponseWriter, r *http.Request) error {
	specs, err := p.Store.SiteSpecs(r.Context())
	if err != nil {
		return fmt.Errorf("list sites: %w", err)
	}
	slices.SortFunc(specs, func(a, b seedbed.SiteSpec) int {
		return cmp.Or(strings.Compare(strings.ToLower(string(a.Site.Title)), strings.ToLower(string(b.Site.Title))), cmp.Compare(a.Site.ID, b.Site.ID))
	})
	page := templates.HomePage{}
	for _, spec := range specs {
		page.Sites = append(page.Sites, p.siteRow(spec))
	}
	return p.show(w, r, http.StatusOK, templates.Home(p.frame(r, templates.Sites, "Your sites"), page))
}

func (p *portal) siteRow(spec seedbed.SiteSpec) templates.SiteRow {
	status := p.Board.SiteStatus(spec)
	since := status.Since
	if since.IsZero() {
		since = spec.Deployment.Started
	}
	return templates.SiteRow{
		Name: spec.Site.Name, Title: spec.Site.Title, Host: p.hostShown(hostOf(spec)), Template: p.templateTitle(spec.Site.Template),
		Status: status, Since: since, Trouble: troubleOf(spec, status),
	}
}

// templateTitle is the name of a template, also of one that the catalog has no
// more.
func (p *portal) templateTitle(name string) string {
	if t, err := p.Catalog.Template(name); err == nil {
		return t.Title
	}
	return name
}

// troubleOf says in one sentence why a site needs attention; it is empty if it
// does not.
func troubleOf(spec seedbed.SiteSpec, status seedbed.Status) string {
	switch {
	case status.State == seedbed.Broken, status.State == seedbed.Attention:
		return cmp.Or(status.Sentence, status.Word)
	case spec.Deployment.State == seedbed.Failed:
		return cmp.Or(spec.Deployment.Cause, "The last change was not carried out.")
	}
	return ""
}

// hostOf is the host name under which a site is found; the first, if it has
// several.
func hostOf(spec seedbed.SiteSpec) seedbed.HostName {
	if len(spec.Addresses) == 0 {
		return ""
	}
	return spec.Addresses[0].Host
}

// hostShown is a host as people copy it: with the port, if its address needs
// one to open.
func (p *portal) hostShown(host seedbed.HostName) string {
	address, err := url.Parse(p.SiteURL(host))
	if err != nil || host == "" {
		return string(host)
	}
	return address.Host
}
