package certs

import (
	"errors"
	"time"

	"seedbed"
)

const (
	tidyEvery = 10 * time.Minute
	// keepUnused is how long a pair stays that is not served any more: an nginx
	// that could not be reloaded still reads it.
	keepUnused = 7 * 24 * time.Hour
	// keepUnwanted is how long what is known of a host name stays after its
	// certificate has ended, or after a last try.
	keepUnwanted = 30 * 24 * time.Hour
)

// tidy removes what nobody needs any more, now and then.
func (k *Keeper) tidy() error {
	if k.Now().Sub(k.tidied) < tidyEvery {
		return nil
	}
	k.tidied = k.Now()
	bases, err := k.files.bases()
	if err != nil {
		return err
	}
	return errors.Join(k.forgetHosts(), k.forgetPairs(bases), k.lay())
}

// forgetHosts forgets host names that have long not been wanted.
func (k *Keeper) forgetHosts() (err error) {
	k.mu.Lock()
	var gone []seedbed.HostName
	if k.told { // else nobody knows yet what is wanted
		for name, h := range k.hosts {
			if k.isForgettable(h) {
				gone = append(gone, name)
				delete(k.hosts, name)
			}
		}
	}
	k.mu.Unlock()
	for _, name := range gone {
		err = errors.Join(err, removeFile(k.files.hostFile(name)), removeFile(k.files.uploadFile(name)))
	}
	return err
}

// isForgettable is called with mu held.
func (k *Keeper) isForgettable(h *host) bool {
	_, wanted := k.wanted[h.Host]
	last := h.Next
	if h.served() && h.notAfter.After(last) {
		last = h.notAfter
	}
	return !wanted && k.Now().Sub(last) > keepUnwanted
}

// forgetPairs removes pairs that have not been served for long.
func (k *Keeper) forgetPairs(bases []string) (err error) {
	for _, base := range k.unneeded(bases) {
		err = errors.Join(err, k.files.forgetPair(base))
	}
	return err
}

func (k *Keeper) unneeded(bases []string) (gone []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	needed := map[string]bool{Fallback: true}
	for _, h := range k.hosts {
		needed[h.Base] = true
	}
	for _, base := range bases {
		since, known := k.unused[base]
		switch {
		case needed[base]:
			delete(k.unused, base)
		case !known:
			k.unused[base] = k.Now()
		case k.Now().Sub(since) > keepUnused:
			gone = append(gone, base)
			delete(k.unused, base)
		}
	}
	return gone
}

// lay puts back what somebody removed from where nginx reads it.
func (k *Keeper) lay() (err error) {
	for name, base := range k.Certificates() {
		if k.files.isServed(base) {
			continue
		}
		p, problem := k.files.readOwn(name, base)
		if problem == nil {
			problem = k.files.serve(base, p)
		}
		err = errors.Join(err, problem)
	}
	return err
}
