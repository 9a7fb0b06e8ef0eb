// Package catalog knows the templates that sites and shared services are made
// from, and turns what is wanted of a site into the workload that the engine is
// to run.
//
// Templates are files in a strict, versioned form (see Load), which are part of
// the program. The container images that they name are built by the package in
// images, the folder below. Values that people or the database supply go into
// decoded structures, never into text that something parses again. The package
// starts nothing, stores nothing and talks to nobody: all of it is pure.
package catalog

import (
	"cmp"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"seedbed"
)

//go:embed templates/*.yaml
var builtIn embed.FS

// Config is what a Catalog needs to know of the installation.
type Config struct {
	// SiteURL returns the address at which visitors reach a host, as a URL with
	// neither a path nor a slash at its end: "http://guide.localhost:8480".
	SiteURL func(seedbed.HostName) string
}

// Catalog is the set of templates. It never changes and may be used by many
// goroutines at once. It implements reconcile.Catalog.
type Catalog struct {
	siteURL   func(seedbed.HostName) string
	templates map[string]seedbed.Template
}

// New returns the catalog of the built-in templates. An error means that the
// program was built with a template that is wrong.
func New(c Config) (*Catalog, error) {
	if c.SiteURL == nil {
		return nil, errors.New("catalog: SiteURL is missing")
	}
	sub, err := fs.Sub(builtIn, "templates")
	if err != nil {
		return nil, fmt.Errorf("open built-in templates: %w", err)
	}
	templates, err := loadAll(sub)
	if err != nil {
		return nil, err
	}
	return &Catalog{siteURL: c.SiteURL, templates: templates}, nil
}

// loadAll reads every template of a folder and checks what they say of each
// other.
func loadAll(folder fs.FS) (map[string]seedbed.Template, error) {
	names, err := fs.Glob(folder, "*.yaml")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	all := map[string]seedbed.Template{}
	for _, name := range names {
		content, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, fmt.Errorf("read template: %w", err)
		}
		t, err := Load(name, content)
		if err != nil {
			return nil, err
		}
		if t.Name != strings.TrimSuffix(path.Base(name), ".yaml") {
			return nil, fmt.Errorf("template file %s: it holds the template %q; its name would be %s.yaml", name, t.Name, t.Name)
		}
		all[t.Name] = t
	}
	return all, checkTogether(all)
}

// checkTogether makes sure that every service that a site needs can be started
// and has a kind that a site can be told about.
func checkTogether(all map[string]seedbed.Template) error {
	for _, t := range all {
		for _, kind := range t.Kinds() {
			if all[kind].Kind != seedbed.ServiceTemplate {
				return fmt.Errorf("template %s: it needs %q, and there is no template of a service by that name", t.Name, kind)
			}
			if _, known := urlSchemes[kind]; !known {
				return fmt.Errorf("template %s: it needs %q, for which no URL is known", t.Name, kind)
			}
		}
	}
	return nil
}

// Template returns the template of that name, or a NotFound error.
func (c *Catalog) Template(name string) (seedbed.Template, error) {
	t, known := c.templates[name]
	if !known {
		return seedbed.Template{}, seedbed.Missing("There is no such template. Please choose one from the list.")
	}
	return t, nil
}

// Templates returns the templates that people can make sites from, by title.
func (c *Catalog) Templates() []seedbed.Template { return c.ofKind(seedbed.SiteTemplate) }

// ServiceTemplates returns the kinds of shared services, by title.
func (c *Catalog) ServiceTemplates() []seedbed.Template { return c.ofKind(seedbed.ServiceTemplate) }

func (c *Catalog) ofKind(kind string) []seedbed.Template {
	var all []seedbed.Template
	for _, t := range c.templates {
		if t.Kind == kind {
			all = append(all, t)
		}
	}
	slices.SortFunc(all, func(a, b seedbed.Template) int {
		return cmp.Or(cmp.Compare(a.Title, b.Title), cmp.Compare(a.Name, b.Name))
	})
	return all
}
