package certs

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"seedbed"
)

// record is what is kept of a host name between two lives of this program, so
// that a restart neither forgets a certificate nor asks an authority again that
// has just said no.
type record struct {
	Host seedbed.HostName `json:"host"`
	// Base names the pair that is served; empty if there is none.
	Base   string `json:"base,omitempty"`
	Source Source `json:"source,omitempty"` // where that came from
	// Failures counts tries since the last that went well.
	Failures int       `json:"failures,omitempty"`
	Next     time.Time `json:"next,omitzero"` // nothing is tried before
	Trouble  string    `json:"trouble,omitempty"`
	// Again is when the certificate is renewed at the earliest, even if a clock
	// that is wrong calls it old already.
	Again    time.Time `json:"again,omitzero"`
	Warnings []string  `json:"warnings,omitempty"` // of an upload
}

// host is what is known of a host name. Its pair is on the disk alone: keys and
// certificates of thousands of names would be most of this program's memory.
type host struct {
	record
	notBefore, notAfter time.Time // of its certificate; zero if there is none
}

func (h *host) served() bool { return !h.notAfter.IsZero() }

func (h *host) has(p pair) { h.notBefore, h.notAfter = p.leaf.NotBefore, p.leaf.NotAfter }

func (f files) writeRecord(r record) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write what is known of %s: %w", r.Host, err)
	}
	if err := replaceFile(f.hostFile(r.Host), text, 0o600, -1); err != nil {
		return fmt.Errorf("write what is known of %s: %w", r.Host, err)
	}
	return nil
}

// readHosts returns all that is kept, lays it where nginx reads it, and tells why
// some of it cannot be read. What cannot be read is as if it were not there.
func (f files) readHosts() (hosts map[seedbed.HostName]*host, troubles []error) {
	hosts = map[seedbed.HostName]*host{}
	paths, err := filepath.Glob(f.path("hosts", "*.json"))
	if err != nil {
		return hosts, []error{err}
	}
	for _, path := range paths {
		h, err := f.readHost(path)
		if err != nil {
			troubles = append(troubles, fmt.Errorf("read %s: %w", path, err))
		}
		if h != nil {
			hosts[h.Host] = h
		}
	}
	return hosts, troubles
}

// readHost returns nil if the record itself cannot be read, and a host without
// a pair if that cannot.
func (f files) readHost(path string) (*host, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	h := &host{}
	if err := json.Unmarshal(text, &h.record); err != nil {
		return nil, err
	}
	if name, err := seedbed.ParseHostName(string(h.Host)); err != nil || name != h.Host || f.hostFile(name) != path {
		return nil, fmt.Errorf("the host name %q cannot be", h.Host)
	}
	if h.Base == "" {
		return h, nil
	}
	p, err := f.readOwn(h.Host, h.Base)
	if err != nil {
		h.Base, h.Source = "", ""
		return h, err
	}
	h.has(p)
	return h, f.serve(h.Base, p)
}

// readOwn reads a pair and makes sure that it is the one of the host name.
func (f files) readOwn(name seedbed.HostName, base string) (pair, error) {
	p, err := f.readPair(base)
	if err == nil && p.base(name) != base {
		err = fmt.Errorf("the certificate %s is not what its name says", base)
	}
	return p, err
}

// bases returns the names of all pairs that are kept.
func (f files) bases() ([]string, error) {
	paths, err := filepath.Glob(f.path("pairs", "*.pem"))
	if err != nil {
		return nil, err
	}
	for i, path := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(path), ".pem")
	}
	return paths, nil
}
