package control

import (
	"context"
	"errors"

	"seedbed"
)

// SiteWish is a new site as somebody asks for it, not checked yet.
type SiteWish struct {
	Template string            // its name
	Title    string            // what people call it
	Address  string            // first label of its host name; empty means: made from the title
	Answers  map[string]string // to the template's questions, by name; what is missing has its default
}

// Templates returns what sites can be made from, in the order to show them.
func (c *Control) Templates(ctx context.Context, a Actor) ([]seedbed.Template, error) {
	if err := c.permit(ctx, a, seedbed.UseSeedbed); err != nil {
		return nil, err
	}
	return c.Catalog.Templates(), nil
}

// Template returns one thing that a site can be made from, or a NotFound error.
func (c *Control) Template(ctx context.Context, a Actor, name string) (seedbed.Template, error) {
	if err := c.permit(ctx, a, seedbed.UseSeedbed); err != nil {
		return seedbed.Template{}, err
	}
	t, err := c.Catalog.Template(name)
	if err == nil && t.Kind != seedbed.SiteTemplate {
		return seedbed.Template{}, seedbed.Missing("There is no such template to make a site from.")
	}
	return t, err
}

// ReviewSite returns what CreateSite would make, and changes nothing. Mistakes
// are beside the fields "name", "address" and "setting." with the question's
// name.
func (c *Control) ReviewSite(ctx context.Context, a Actor, wish SiteWish) (seedbed.NewSite, error) {
	site, err := c.newSite(ctx, a, wish)
	if err != nil {
		return site, err
	}
	return site, c.Store.CheckFree(ctx, site) // making it decides; this tells early
}

// CreateSite makes a site: it writes it down with the deployment that carries
// it out, which it returns. Mistakes are those of ReviewSite. Made twice, the
// second is a Conflict.
func (c *Control) CreateSite(ctx context.Context, a Actor, wish SiteWish) (seedbed.Deployment, error) {
	site, err := c.newSite(ctx, a, wish)
	if err != nil {
		return seedbed.Deployment{}, err
	}
	return c.poked(c.Store.CreateSite(ctx, site))
}

// poked has what was written down carried out.
func (c *Control) poked(d seedbed.Deployment, err error) (seedbed.Deployment, error) {
	if err == nil {
		c.Poke()
	}
	return d, err
}

// newSite reads and checks a wish, with all mistakes at once.
func (c *Control) newSite(ctx context.Context, a Actor, wish SiteWish) (seedbed.NewSite, error) {
	site := seedbed.NewSite{By: a.author()}
	if err := c.permit(ctx, a, seedbed.CreateSite); err != nil {
		return site, err
	}
	var err error
	if site.Template, err = c.Template(ctx, a, wish.Template); err != nil {
		return site, err
	}
	var wrongTitle, wrongAddress, wrongAnswer error
	site.Title, wrongTitle = seedbed.ParseTitle(wish.Title)
	site.Name, site.Host, wrongAddress = c.address(wish.Address, site.Title)
	site.Settings, wrongAnswer = c.Catalog.Settings(site.Template, wish.Answers)
	return site, errors.Join(wrongTitle, wrongAddress, wrongAnswer)
}

// address reads the address, or makes one from the title. While the title is
// wrong and no address was given there is nothing to read.
func (c *Control) address(text string, title seedbed.Title) (seedbed.Label, seedbed.HostName, error) {
	if text == "" {
		if title == "" {
			return "", "", nil
		}
		text = seedbed.SuggestLabel(title)
	}
	if text == "" {
		return "", "", seedbed.Mistake("address", "We cannot make an address from this name. Write one with the letters a to z, for example “nurse-handbook”.")
	}
	label, err := seedbed.ParseLabel(text)
	if err != nil {
		return "", "", err
	}
	host, err := seedbed.ParseHostName(string(label) + "." + c.Domain)
	return label, host, err
}
