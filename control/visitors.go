package control

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/crypto/bcrypt"

	"seedbed"
)

// keyCost is the cost of hashes of visitors' passwords. nginx computes one with
// each request, also for every picture of a page, and serves nobody else
// meanwhile: this one takes some milliseconds. Guessing is kept slow by the least
// length of passwords.
const keyCost = 6

// UnchangedVisitors is the Condition that how a site meets its visitors is still
// as it was in a version; else it is a ChangedMeanwhile.
func UnchangedVisitors(seen seedbed.Visitors) Condition {
	return func(site Site) error {
		if site.Visitors.Version == seen.Version {
			return nil
		}
		all := seedbed.VisitorsDifferences(seen, site.Visitors.WithoutHashes())
		if len(all) == 0 {
			all = []seedbed.Difference{{Label: "a password"}}
		}
		return &ChangedMeanwhile{site, all, site.Visitors.By}
	}
}

// VisitorsSeen returns how a site met its visitors in a version, without hashes:
// that which a form was made from. One that is not known is a NotFound error.
func (c *Control) VisitorsSeen(ctx context.Context, a Actor, name string, version int) (seedbed.Visitors, error) {
	site, err := c.on(ctx, a, name, seedbed.SeeContent)
	if err != nil {
		return seedbed.Visitors{}, err
	}
	if version == 0 {
		return seedbed.Visitors{Hosts: []seedbed.HostName{site.Own()}}, nil
	}
	all, err := c.store.Visitors(ctx, site.Site.ID)
	if err != nil {
		return seedbed.Visitors{}, err
	}
	for _, v := range all {
		if v.Version == version {
			return v, nil
		}
	}
	return seedbed.Visitors{}, seedbed.Missing("There is no such version.")
}

// ChangeVisitors changes how a site meets its visitors. changed is false if it was
// so already. The site goes on running; only one that is told its address is
// started anew when it has another main one, by the deployment that is returned.
// Mistakes are beside the fields "hosts", "keys", "audience", "upload", "patience",
// "language", "words", "https" and "strict".
func (c *Control) ChangeVisitors(ctx context.Context, a Actor, name string, wish VisitorsWish, conditions ...Condition) (dep seedbed.Deployment, changed bool, err error) {
	c.changing.Lock()
	defer c.changing.Unlock()
	w, err := c.wantedVisitors(ctx, a, name, wish, conditions)
	if err != nil || !w.differs() {
		return dep, false, err
	}
	if err := w.hash(); err != nil {
		return dep, false, err
	}
	dep, err = c.poked(c.store.ChangeVisitors(ctx, w.site.Site.ID, w.next, w.restarts(), a.author()))
	return dep, err == nil, err
}

// ReviewVisitors reports whether ChangeVisitors would change anything, and changes
// nothing. Its errors are those of ChangeVisitors.
func (c *Control) ReviewVisitors(ctx context.Context, a Actor, name string, wish VisitorsWish, conditions ...Condition) (bool, error) {
	w, err := c.wantedVisitors(ctx, a, name, wish, conditions)
	if err != nil || !w.differs() {
		return false, err
	}
	return true, w.site.CheckChangeable()
}

// wantedVisitors is a site with how it is to meet its visitors from now on.
type wantedVisitors struct {
	site      Site
	next      seedbed.Visitors
	passwords map[string]seedbed.Secret
}

func (w wantedVisitors) differs() bool {
	return len(w.passwords) > 0 || len(seedbed.VisitorsDifferences(w.site.Visitors, w.next.WithoutHashes())) > 0
}

// restarts reports whether the site has to be started anew to know its address.
func (w wantedVisitors) restarts() bool {
	return w.next.Hosts[0] != w.site.Main() && w.site.Template.UsesAddress() && !w.site.Deployment.IsPause()
}

// hash puts the hashes of new passwords into the keys.
func (w wantedVisitors) hash() error {
	for i := range w.next.Keys {
		key := &w.next.Keys[i]
		password, given := w.passwords[key.Name]
		if key.Hash = ""; !given {
			continue
		}
		hash, err := bcrypt.GenerateFromPassword([]byte(password.Reveal()), keyCost)
		if err != nil {
			return fmt.Errorf("hash a visitor's password: %w", err)
		}
		key.Hash = string(hash)
	}
	return nil
}

func (c *Control) wantedVisitors(ctx context.Context, a Actor, name string, wish VisitorsWish, conditions []Condition) (wantedVisitors, error) {
	site, err := c.on(ctx, a, name, seedbed.ChangeSite)
	if err == nil {
		err = holds(site, conditions)
	}
	if err != nil {
		return wantedVisitors{}, err
	}
	next, passwords, wrong := c.readVisitors(site, wish)
	taken, err := c.checkTaken(ctx, a, site, next.Hosts)
	if err != nil {
		return wantedVisitors{}, err
	}
	return wantedVisitors{site, next, passwords}, errors.Join(wrong, taken)
}

// checkTaken tells which host names the site cannot have, because another one
// has them: which one, to whom may see it.
func (c *Control) checkTaken(ctx context.Context, a Actor, site Site, hosts []seedbed.HostName) (wrong, err error) {
	var all []error
	for _, host := range hosts {
		if host == "" || slices.Contains(site.Visitors.Hosts, host) {
			continue
		}
		taken := c.store.CheckHost(ctx, site.Site, host)
		if taken != nil && seedbed.Mistakes(taken) == nil {
			return nil, taken
		}
		if other := c.ownerSeen(ctx, a, host); taken != nil && other != "" {
			taken = &seedbed.Error{Code: seedbed.Conflict, Field: "hosts", Message: "The name " + HostShown(host) + " belongs to “" + other + "”. Take it away there first."}
		}
		all = append(all, taken)
	}
	return errors.Join(all...), nil
}

// ownerSeen is the title of the site that has a host name, if the actor may see
// it.
func (c *Control) ownerSeen(ctx context.Context, a Actor, host seedbed.HostName) string {
	id, err := c.store.HostOwner(ctx, host)
	if err != nil || id == 0 {
		return ""
	}
	spec, err := c.store.SiteSpec(ctx, id)
	if err != nil {
		return ""
	}
	reach, err := c.reach(ctx, a)
	if err != nil {
		return ""
	}
	other, err := c.seen(reach, a, spec)
	if err != nil {
		return ""
	}
	return string(other.Site.Title)
}
