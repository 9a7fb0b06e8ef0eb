package control

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"seedbed"
)

// Routing is how visitors are led to sites, for those who look after the
// installation.
type Routing struct {
	// Bridge is what the bridge here knows of its work; nil if it runs elsewhere.
	Bridge *seedbed.BridgeReport
	Parts  []seedbed.PartStatus // those that lead visitors
	Sites  int
	// Late are the sites that nginx was not seen to serve as they are wanted, by
	// title. Told is false if the router does not tell.
	Late []Site
	Told bool
	// Refused is what the router left out.
	Refused []Refusal
	// HTTPS is true if sites are served over HTTPS as well; Certificates are then
	// those of their names, those with trouble first.
	HTTPS        bool
	Certificates []Certificate
}

// Refusal is what was left out of one workload, in sentences.
type Refusal struct {
	Name      string // title of the site, or what the engine calls it
	Site      seedbed.Label
	Sentences []string
}

// Certificate is how it stands with the certificate of a host name.
type Certificate struct {
	Host     seedbed.HostName
	Source   string // "acme", "own", "uploaded", or "off" for none of its own
	State    CertificateState
	NotAfter time.Time // zero if there is none
	Next     time.Time // when it is tried again, if the last try failed
	Trouble  string    // a sentence
	Warnings []string  // sentences
}

// CertificateState is how it stands with a certificate, in one word.
type CertificateState string

// States of certificates.
const (
	NoCertificate       CertificateState = "none"
	CertificateWaits    CertificateState = "waiting"
	CertificateValid    CertificateState = "valid"
	CertificateRenewing CertificateState = "renewing"
	CertificateFailed   CertificateState = "failed"
	CertificateEnding   CertificateState = "ending"
	CertificateEnded    CertificateState = "ended"
)

// isWell reports whether nobody has to look at it.
func (s CertificateState) isWell() bool {
	return s != CertificateFailed && s != CertificateEnding && s != CertificateEnded
}

// routingParts are the parts that lead visitors to sites.
var routingParts = []string{"Consul", "nginx", "the addresses", "the bridge"}

// Routing returns how visitors were led to sites when it was looked at last.
func (c *Control) Routing(ctx context.Context, a Actor) (r Routing, err error) {
	if err := c.permit(ctx, a, seedbed.SeeMachines); err != nil {
		return r, err
	}
	sites, err := c.Sites(ctx, a)
	if err != nil {
		return r, err
	}
	r.Sites, r.HTTPS = len(sites), c.https
	if c.bridge != nil {
		report := c.bridge()
		r.Bridge = &report
	}
	for _, part := range c.board.Parts() {
		if slices.Contains(routingParts, part.Name) {
			r.Parts = append(r.Parts, part)
		}
	}
	for _, site := range sites {
		r.Told = r.Told || site.Visiting.Effect != seedbed.EffectUnknown
		if site.Visiting.Effect == seedbed.OnItsWay {
			r.Late = append(r.Late, site)
		}
	}
	r.Refused, r.Certificates = refusals(c.board.Refused(), sites), c.sortedCertificates()
	return r, nil
}

// refusals names the sites; what other programs run has its own name.
func refusals(all map[seedbed.WorkloadID][]string, sites []Site) []Refusal {
	var told []Refusal
	for id, sentences := range all {
		one := Refusal{Name: string(id), Sentences: sentences}
		for _, site := range sites {
			if site.Site.WorkloadID() == id {
				one.Name, one.Site = string(site.Site.Title), site.Site.Name
			}
		}
		told = append(told, one)
	}
	slices.SortFunc(told, func(a, b Refusal) int { return strings.Compare(a.Name, b.Name) })
	return told
}

func (c *Control) sortedCertificates() []Certificate {
	if c.certificates == nil {
		return nil
	}
	all := slices.Clone(c.certificates())
	rank := func(one Certificate) int {
		if one.State.isWell() {
			return 1
		}
		return 0
	}
	slices.SortFunc(all, func(a, b Certificate) int {
		return cmp.Or(rank(a)-rank(b), strings.Compare(string(a.Host), string(b.Host)))
	})
	return all
}
