package certs

import (
	"cmp"
	"slices"
	"time"

	"seedbed"
)

// State is how it stands with the certificate of a host name.
type State string

// States of a certificate.
const (
	None     State = "none"     // there is to be none: the fallback is served
	Waiting  State = "waiting"  // the first one is on its way
	Valid    State = "valid"    // nothing to do
	Renewing State = "renewing" // a new one is on its way, in time
	Failed   State = "failed"   // the last try failed; Trouble says why, Next when the next is
	Ending   State = "ending"   // it ends soon, and no new one is on its way
	Ended    State = "ended"    // browsers warn
)

// uploadSoon is how long before its end people are told of an upload.
const uploadSoon = 30 * 24 * time.Hour

// Status is how it stands with one host name.
type Status struct {
	Host     seedbed.HostName `json:"host"`
	Source   Source           `json:"source"` // of what is served, or of what is on its way
	State    State            `json:"state"`
	NotAfter time.Time        `json:"not_after,omitzero"` // zero if there is no certificate
	Renewal  time.Time        `json:"renewal,omitzero"`   // when the next is asked for
	Trouble  string           `json:"trouble,omitempty"`  // a sentence
	Next     time.Time        `json:"next,omitzero"`      // when it is tried again
	Failures int              `json:"failures,omitempty"` // in a row
	Warnings []string         `json:"warnings,omitempty"` // sentences about an upload
}

// Report tells how it stands with every host name that is wanted; with those
// that are kept, if Want was never called. It is sorted by name.
func (k *Keeper) Report() []Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	var all []Status
	for name := range k.wanted {
		all = append(all, k.status(name))
	}
	if !k.told {
		for name := range k.hosts {
			all = append(all, k.status(name))
		}
	}
	slices.SortFunc(all, func(a, b Status) int { return cmp.Compare(a.Host, b.Host) })
	return all
}

// status is called with mu held.
func (k *Keeper) status(name seedbed.HostName) Status {
	s := Status{Host: name, Source: k.source(name)}
	h := k.hosts[name]
	if h != nil {
		s.Trouble, s.Failures, s.Warnings = h.Trouble, h.Failures, h.Warnings
		if h.Trouble != "" {
			s.Next = h.Next
		}
	}
	if h != nil && h.served() && (h.Source == Uploaded || s.Source != Off) {
		s.Source, s.NotAfter = cmp.Or(h.Source, s.Source), h.notAfter
		if k.renews(h) {
			s.Renewal = h.renewal()
		}
	}
	s.State = k.judge(s)
	return s
}

// renews reports whether a certificate is renewed by itself; mu is held.
func (k *Keeper) renews(h *host) bool {
	return h.Source != Uploaded && k.issuers[k.source(h.Host)] != nil
}

// judge makes one word of all the others.
func (k *Keeper) judge(s Status) State {
	now := k.Now()
	switch {
	case s.NotAfter.IsZero() && s.Source == Off:
		return None
	case !s.NotAfter.IsZero() && !now.Before(s.NotAfter):
		return Ended
	case s.Trouble != "" && s.Failures > 0:
		return Failed
	case s.NotAfter.IsZero():
		return Waiting
	case s.Renewal.IsZero() && s.NotAfter.Sub(now) < uploadSoon:
		return Ending
	case !s.Renewal.IsZero() && now.After(s.Renewal):
		return Renewing
	}
	return Valid
}
