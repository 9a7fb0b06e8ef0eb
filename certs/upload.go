package certs

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"seedbed"
)

// upload is a certificate that people gave, as it is kept.
type upload struct {
	Host     seedbed.HostName `json:"host"`
	Pair     string           `json:"pair"` // as pair.text
	Warnings []string         `json:"warnings,omitempty"`
}

// Upload takes a certificate with those that sign it, and its key, both in PEM
// form, for a host name. It counts before every other until it ends. What cannot
// be used is an Invalid error with a sentence, beside the field "certificate" or
// "key"; then what was there before stays. Warnings are sentences about what can
// be used and is not as it should be. Another process may run the Keeper: that
// one takes it up within half a minute.
func (k *Keeper) Upload(name seedbed.HostName, certificate, key []byte) (warnings []string, err error) {
	c := check{name: name, now: k.Now(), roots: k.Roots}
	p, err := c.read(certificate, key)
	if err != nil {
		return nil, err
	}
	warnings = c.warnings(p)
	text, err := json.Marshal(upload{name, string(p.text()), warnings})
	if err != nil {
		return nil, fmt.Errorf("keep an uploaded certificate: %w", err)
	}
	if err := replaceFile(k.files.uploadFile(name), text, 0o600, -1); err != nil {
		return nil, fmt.Errorf("keep an uploaded certificate: %w", err)
	}
	k.stir()
	return warnings, nil
}

// Withdraw forgets an uploaded certificate. The host name then gets one as all
// others do; until it has that, the uploaded one goes on being served. Without
// an upload it does nothing.
func (k *Keeper) Withdraw(name seedbed.HostName) error {
	if err := removeFile(k.files.uploadFile(name)); err != nil {
		return err
	}
	k.stir()
	return nil
}

// takeUploads makes uploads what is served, and lets go of those that were
// withdrawn.
func (k *Keeper) takeUploads() error {
	uploads, err := k.files.readUploads()
	for _, name := range k.withdrawn() {
		err = errors.Join(err, k.amend(name, func(r *record) bool {
			r.Source, r.Warnings = Usual, nil
			return true
		}))
		k.tell()
	}
	for _, u := range uploads {
		err = errors.Join(err, k.takeUpload(u.Host, u))
	}
	return err
}

func (k *Keeper) takeUpload(name seedbed.HostName, u upload) error {
	p, err := readPair([]byte(u.Pair))
	if err != nil {
		return fmt.Errorf("read the upload for %s: %w", name, err)
	}
	k.mu.Lock()
	h := k.hosts[name]
	k.mu.Unlock()
	if h != nil && h.Base == p.base(name) && h.Source == Uploaded || !k.Now().Before(p.leaf.NotAfter) {
		return nil
	}
	return k.adopt(name, p, Uploaded, u.Warnings)
}

// withdrawn returns the host names whose upload is served and surely not there
// any more.
func (k *Keeper) withdrawn() (names []seedbed.HostName) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name, h := range k.hosts {
		if h.Source != Uploaded {
			continue
		}
		if _, err := os.Stat(k.files.uploadFile(name)); errors.Is(err, fs.ErrNotExist) {
			names = append(names, name)
		}
	}
	return names
}

// readUploads returns what people gave, and why some of it cannot be read.
func (f files) readUploads() (uploads []upload, err error) {
	found, err := filepath.Glob(f.path("uploads", "*.json"))
	for _, path := range found {
		u, problem := f.readUpload(path)
		switch {
		case problem == nil:
			uploads = append(uploads, u)
		case !errors.Is(problem, fs.ErrNotExist): // else it was withdrawn just now
			err = errors.Join(err, fmt.Errorf("read the upload %s: %w", path, problem))
		}
	}
	return uploads, err
}

func (f files) readUpload(path string) (u upload, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return u, err
	}
	if err := json.Unmarshal(text, &u); err != nil {
		return u, err
	}
	if f.uploadFile(u.Host) != path {
		return u, fmt.Errorf("it is for %q", u.Host)
	}
	return u, nil
}
