package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"seedbed"
	"seedbed/catalog"
	"seedbed/db"
)

const (
	checkName     = "seedbed-check" // of the site that verify makes
	checkAuthor   = "seedbed verify"
	checkPatience = 3 * time.Minute
)

// verify is `seedbed verify`: it proves that the chain from a wish to a page
// holds, by launching a static site, fetching it as a visitor would, and
// removing it. It asks the running Seedbed through the database, which only
// root and Seedbed itself can open; there is no way in from the network. Killed
// in the middle, it removes the left site when it is run again.
func verify(ctx context.Context, args []string) error {
	patience, keep := checkPatience, false
	c, err := parseConfig("verify", args, func(f *flag.FlagSet) {
		f.BoolVar(&keep, "keep", false, "leave the site there, to look at; the next verify removes it")
		f.DurationVar(&patience, "patience", checkPatience, "how long each of its steps may take")
	})
	if err != nil {
		return err
	}
	store, err := c.openExisting(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	v := verification{config: c, store: store, patience: patience, keep: keep}
	if err := v.run(ctx); err != nil {
		return err
	}
	if keep {
		fmt.Println("A site was launched and fetched. It is at " + v.siteURL(v.host()) + ".")
		return nil
	}
	fmt.Println("A site was launched, fetched and removed: this Seedbed works.")
	return nil
}

type verification struct {
	config
	store    *db.DB
	patience time.Duration
	keep     bool
}

func (v verification) host() seedbed.HostName { return seedbed.HostName(checkName + "." + v.Domain) }

func (v verification) run(ctx context.Context) error {
	if err := v.clear(ctx); err != nil {
		return err
	}
	site, err := v.launch(ctx)
	if err != nil {
		return err
	}
	fetched := v.fetch(ctx, site)
	if v.keep {
		return fetched
	}
	return errors.Join(fetched, v.clear(context.WithoutCancel(ctx)))
}

// clear removes the site of this or an earlier verification. A site that
// somebody else made under the same name is left alone.
func (v verification) clear(ctx context.Context) error {
	spec, err := v.store.SiteSpecByName(ctx, checkName)
	if seedbed.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if spec.Revision.By != checkAuthor {
		return &seedbed.Error{Code: seedbed.Conflict, Message: "There is a site with the address “" + checkName + "” that somebody made, so nothing was checked. Give that site another address, and try again."}
	}
	removal, err := v.store.DeleteSite(ctx, spec.Site.ID, seedbed.Author{Name: checkAuthor})
	if err != nil {
		return err
	}
	return v.await(ctx, removal, "removed")
}

func (v verification) launch(ctx context.Context) (seedbed.NewSite, error) {
	templates, err := catalog.New(catalog.Config{SiteURL: v.siteURL})
	if err != nil {
		return seedbed.NewSite{}, err
	}
	template, err := templates.Template("static-site")
	if err != nil {
		return seedbed.NewSite{}, err
	}
	settings, err := templates.Settings(template, nil)
	if err != nil {
		return seedbed.NewSite{}, err
	}
	site := seedbed.NewSite{
		Name: checkName, Title: seedbed.Title("Seedbed check " + rand.Text()[:8]), Host: v.host(),
		Template: template, Settings: settings, By: seedbed.Author{Name: checkAuthor},
	}
	launch, err := v.store.CreateSite(ctx, site)
	if err != nil {
		return site, err
	}
	return site, v.await(ctx, launch, "launched")
}

// await waits until the running Seedbed has carried out a deployment.
func (v verification) await(ctx context.Context, d seedbed.Deployment, what string) error {
	ctx, cancel := context.WithTimeout(ctx, v.patience)
	defer cancel()
	for ctx.Err() == nil {
		now, err := v.store.Deployment(ctx, d.ID)
		switch {
		case err != nil && ctx.Err() == nil:
			return err
		case now.State == seedbed.Done:
			return nil
		case now.State == seedbed.Failed || now.State == seedbed.Superseded:
			return &seedbed.Error{Code: seedbed.Unavailable, Message: "A site could not be " + what + ": " + now.Cause + " “seedbed doctor” looks for the reason.", Err: errors.New(now.Words)}
		}
		pause(ctx, 300*time.Millisecond)
	}
	return &seedbed.Error{Code: seedbed.Unavailable, Err: ctx.Err(), Message: fmt.Sprintf(
		"A site was not %s within %v. Is Seedbed running? “seedbed doctor” looks for the reason.", what, v.patience)}
}

// fetch asks for the site's page as a visitor would, and looks whether it is
// that of this very site.
func (v verification) fetch(ctx context.Context, site seedbed.NewSite) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.siteURL(site.Host)+"/", nil)
	if err != nil {
		return fmt.Errorf("fetch the site: %w", err)
	}
	answer, err := v.visitor().Do(request)
	if err != nil {
		return fmt.Errorf("fetch the site: %w", err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("fetch the site: %w", err)
	}
	if answer.StatusCode != http.StatusOK || !strings.Contains(string(page), string(site.Title)) {
		return fmt.Errorf("fetch the site: the answer was status %d and not its page", answer.StatusCode)
	}
	return nil
}

// visitor is a client that finds every host name at this machine's nginx.
func (v verification) visitor() *http.Client {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		host := v.Listen
		if net.ParseIP(host).IsUnspecified() {
			host = "127.0.0.1"
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(host, fmt.Sprint(v.sitePort())))
	}
	return &http.Client{Timeout: 15 * time.Second, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
