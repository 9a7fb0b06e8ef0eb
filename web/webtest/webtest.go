// Package webtest has what tests of the portal and of package control stand on:
// the real database, and stand-ins in memory for the board, the catalog and the
// files. They keep the promises of the interfaces in package control that the
// tests rely on.
//
// They carry nothing out: a deployment goes on only when a test says so.
package webtest

import (
	"slices"
	"sync"
	"time"

	"seedbed"
)

// Board shows what a test puts on it. The zero value is empty and ready.
type Board struct {
	mu       sync.Mutex
	sites    map[int64]seedbed.Status
	services map[int64]seedbed.Status
	visiting map[int64]seedbed.Visiting
	refused  map[seedbed.WorkloadID][]string
	usage    map[[2]int64]seedbed.Usage // by site and service
	parts    []seedbed.PartStatus
	changed  seedbed.Signal
}

// SetSite puts up how a site is.
func (b *Board) SetSite(id int64, s seedbed.Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sites == nil {
		b.sites = map[int64]seedbed.Status{}
	}
	b.sites[id] = s
}

// SetVisiting puts up how a site is led to.
func (b *Board) SetVisiting(id int64, v seedbed.Visiting) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.visiting == nil {
		b.visiting = map[int64]seedbed.Visiting{}
	}
	b.visiting[id] = v
}

// Visiting returns what SetVisiting put up.
func (b *Board) Visiting(spec seedbed.SiteSpec) seedbed.Visiting {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.visiting[spec.Site.ID]
}

// SetRefused puts up what the router left out.
func (b *Board) SetRefused(all map[seedbed.WorkloadID][]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused = all
}

// Refused returns what SetRefused put up.
func (b *Board) Refused() map[seedbed.WorkloadID][]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refused
}

// SetService puts up how a service is.
func (b *Board) SetService(id int64, s seedbed.Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.services == nil {
		b.services = map[int64]seedbed.Status{}
	}
	b.services[id] = s
}

// SetParts puts up how the parts are.
func (b *Board) SetParts(parts ...seedbed.PartStatus) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.parts = parts
}

// SiteStatus returns what SetSite put up.
func (b *Board) SiteStatus(spec seedbed.SiteSpec) seedbed.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sites[spec.Site.ID]
}

// ServiceStatus returns what SetService put up.
func (b *Board) ServiceStatus(id int64) seedbed.Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.services[id]
}

// SetUsage puts up how much of a service a site takes.
func (b *Board) SetUsage(siteID, serviceID int64, u seedbed.Usage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.usage == nil {
		b.usage = map[[2]int64]seedbed.Usage{}
	}
	b.usage[[2]int64{siteID, serviceID}] = u
}

// Usage returns what SetUsage put up.
func (b *Board) Usage(siteID, serviceID int64) (seedbed.Usage, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	u, ok := b.usage[[2]int64{siteID, serviceID}]
	return u, ok
}

// Parts returns what SetParts put up.
func (b *Board) Parts() []seedbed.PartStatus {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.parts
}

// Wait returns a channel that the next Tell closes.
func (b *Board) Wait() <-chan struct{} { return b.changed.Wait() }

// Tell wakes all who wait.
func (b *Board) Tell() { b.changed.Tell() }

// Catalog has the templates that it holds.
type Catalog []seedbed.Template

// Templates returns the templates for sites.
func (c Catalog) Templates() []seedbed.Template {
	var sites []seedbed.Template
	for _, t := range c {
		if t.Kind == seedbed.SiteTemplate {
			sites = append(sites, t)
		}
	}
	return sites
}

// ServiceTemplates returns the templates for services.
func (c Catalog) ServiceTemplates() []seedbed.Template {
	var services []seedbed.Template
	for _, t := range c {
		if t.Kind == seedbed.ServiceTemplate {
			services = append(services, t)
		}
	}
	return services
}

// Template returns the template of that name, or a NotFound error.
func (c Catalog) Template(name string) (seedbed.Template, error) {
	for _, t := range c {
		if t.Name == name {
			return t, nil
		}
	}
	return seedbed.Template{}, seedbed.Missing("There is no template of this name.")
}

// Settings refuses choices that are not offered and answers to what is not
// asked, and adds the defaults.
func (c Catalog) Settings(t seedbed.Template, answers map[string]string) (map[string]string, error) {
	settings := map[string]string{}
	for name := range answers {
		if !slices.ContainsFunc(t.Questions, func(q seedbed.Question) bool { return q.Name == name }) {
			return nil, seedbed.Mistake("setting."+name, "This template does not ask for that setting.")
		}
	}
	for _, q := range t.Questions {
		settings[q.Name] = q.Default
		if answer, ok := answers[q.Name]; ok {
			settings[q.Name] = answer
		}
		if q.Type == seedbed.ChoiceQuestion && !offers(q, settings[q.Name]) {
			return nil, seedbed.Mistake("setting."+q.Name, "Choose one of the answers.")
		}
	}
	return settings, nil
}

func offers(q seedbed.Question, value string) bool {
	for _, choice := range q.Choices {
		if choice.Value == value {
			return true
		}
	}
	return false
}

// Templates are a wiki, a static site and the service that the wiki needs,
// much as the real catalog has them.
func Templates() Catalog {
	return Catalog{wiki(), staticSite(), container(), postgres(), redis()}
}

// container is a template with an answer that may hold secrets.
func container() seedbed.Template {
	return seedbed.Template{
		Name: "own-container", Version: 1, Kind: seedbed.SiteTemplate, Title: "Your own container",
		Summary: "A program of yours.", Details: "What you bring", Memory: 64, Port: 8080, Patience: time.Minute, MoreEnv: "variables",
		Questions: []seedbed.Question{
			{Name: "health_path", Label: "A page that answers", Type: seedbed.PageQuestion},
			{Name: "variables", Label: "Further environment variables", Type: seedbed.VariablesQuestion},
		},
	}
}

func wiki() seedbed.Template {
	return seedbed.Template{
		Name: "wiki", Version: 1, Kind: seedbed.SiteTemplate, Title: "Wiki",
		Summary: "Pages that many people write together, each with its history.", Details: "MediaWiki 1.39, as in Debian 12",
		Needs: []seedbed.Need{{Service: "postgres"}}, Memory: 512, Port: 80, Patience: 5 * time.Minute,
		Volumes: []seedbed.TemplateVolume{{Name: "files", Path: "/files"}},
		Questions: []seedbed.Question{
			{Name: "language", Label: "Language", Type: seedbed.ChoiceQuestion, Default: "en", Choices: []seedbed.Choice{{Value: "en", Label: "English"}, {Value: "fr", Label: "Français"}, {Value: "ar", Label: "العربية"}}},
			{Name: "private", Label: "Only people with an account can read it", Type: seedbed.SwitchQuestion, Default: "off"},
		},
		Env:     []seedbed.EnvVar{{Name: "SITE_URL", From: "site.url"}},
		Secrets: []string{"admin_password"}, SignIn: &seedbed.SignIn{User: "Admin", Secret: "admin_password", Path: "/index.php/Special:UserLogin"},
	}
}

func staticSite() seedbed.Template {
	return seedbed.Template{
		Name: "static-site", Version: 1, Kind: seedbed.SiteTemplate, Title: "Static site",
		Summary: "Files that you upload, shown as they are.", Details: "nginx 1.22, as in Debian 12",
		Memory: 64, Port: 8080, Patience: time.Minute, Uploads: "files",
		Volumes: []seedbed.TemplateVolume{{Name: "files", Path: "/files", ReadOnly: true}},
		Questions: []seedbed.Question{
			{Name: "listing", Label: "Show a list of files where a folder has no start page", Type: seedbed.SwitchQuestion, Default: "off"},
			{Name: "search", Label: "Let search engines find it", Help: "Search engines follow this, though none has to.", Type: seedbed.SwitchQuestion, Default: "on"},
		},
	}
}

func redis() seedbed.Template {
	return seedbed.Template{Name: "redis", Version: 1, Kind: seedbed.ServiceTemplate, Title: "Redis", Summary: "A quick memory for sites.", Details: "Redis 7.0, as in Debian 12", Memory: 256, Port: 6379}
}

func postgres() seedbed.Template {
	return seedbed.Template{Name: "postgres", Version: 1, Kind: seedbed.ServiceTemplate, Title: "PostgreSQL", Details: "PostgreSQL 15, as in Debian 12", Memory: 512, Port: 5432}
}
