package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/alexedwards/argon2id"

	"seedbed"
	"seedbed/pauses"
)

// hashing is how passwords are hashed where the Config says nothing else: the
// second of the settings that OWASP's password storage cheat sheet recommends
// for argon2id, for small machines.
func hashing() *argon2id.Params {
	return &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// doorman decides who comes in. It makes guessing slow and hashes no more than
// a few passwords at once, because each takes 19 MB.
type doorman struct {
	now       func() time.Time
	pairs     *pauses.Pauses // by the name that was typed and where that was
	names     *pauses.Pauses // by the name, wherever it was typed
	addresses *pauses.Pauses // by where it came from
	codes     *pauses.Pauses // of links that were wrong, by where they came from
	params    *argon2id.Params
	hashing   chan struct{}
	crowded   chan struct{} // for tries at addresses where others have to wait: one at a time
	nobody    string        // a hash that no password has
}

// Tries before the first pause. The one that everybody meets first counts by
// name and address, so that who guesses keeps nobody else out. Few names can be
// tried at one address, but each name that did not fail there yet gets one try:
// so nobody who knows their password waits for others at the same address. A
// name that is guessed at from very many addresses waits wherever it is typed.
const (
	freeTries        = 5
	freeForAddress   = 20
	freeForNameAtAll = 100
)

func newDoorman(now func() time.Time, params *argon2id.Params) (*doorman, error) {
	nobody, err := argon2id.CreateHash("nobody has this password", params)
	if err != nil {
		return nil, fmt.Errorf("hash a password: %w", err)
	}
	return &doorman{now: now, pairs: pauses.New(freeTries), names: pauses.New(freeForNameAtAll), addresses: pauses.New(freeForAddress), codes: pauses.New(freeForAddress),
		params: params, hashing: make(chan struct{}, 2), crowded: make(chan struct{}, 1), nobody: nobody}, nil
}

// wrongSignIn is the same for a name that nobody has and for a wrong password.
func wrongSignIn() error {
	return &seedbed.Error{Code: seedbed.Invalid, Message: "This name and this password do not belong together. Try again."}
}

// Admit returns the user whose password was given. It takes the same time
// whether there is such a user or not.
func (d *doorman) Admit(ctx context.Context, accounts Accounts, name, password, address string) (seedbed.User, error) {
	try := newTry(name, address)
	if err := d.slow(&try); err != nil {
		return seedbed.User{}, err
	}
	user, err := accounts.UserByName(ctx, name)
	if err != nil && !seedbed.IsNotFound(err) {
		return seedbed.User{}, fmt.Errorf("look up user: %w", err)
	}
	hash := user.PasswordHash
	if err != nil {
		hash = d.nobody
	}
	right, mismatch := d.compare(ctx, password, hash, try.counted)
	switch {
	case mismatch != nil:
		return seedbed.User{}, fmt.Errorf("compare password: %w", mismatch)
	case err != nil, !right:
		return seedbed.User{}, errors.Join(wrongSignIn(), d.tellWrong(ctx, accounts, user, try))
	case !user.Blocked.IsZero():
		return seedbed.User{}, &seedbed.Error{Code: seedbed.Invalid, Message: "This account is blocked, so you cannot sign in. An administrator can let you in again."}
	}
	d.forgive(try)
	return user, nil
}

// try is one try to sign in.
type try struct {
	name, address, pair string
	counted             bool // at its address, too
}

func newTry(name, address string) try {
	name = strings.ToLower(name)
	return try{name: name, address: address, pair: address + " " + name}
}

// slow counts a try, and is a TooMany error for one that has to wait. A name
// that has not failed at an address is let through where others have to wait.
func (d *doorman) slow(t *try) error {
	now := d.now()
	if wait := d.names.Wait(t.name, now); wait > 0 {
		return tooMany(wait)
	}
	if wait := d.pairs.Try(t.pair, now); wait > 0 {
		return tooMany(wait)
	}
	tries := d.pairs.Count(t.pair)
	wait := d.addresses.Try(t.address, now)
	if wait > 0 && tries > 1 {
		d.pairs.TakeBack(t.pair)
		return tooMany(wait)
	}
	if tries <= freeTries { // a single address cannot make a name wait elsewhere
		d.names.Try(t.name, now)
	}
	t.counted = wait == 0
	return nil
}

// forgive takes back what was counted of a try that was right, and all that was
// counted of its name at its address.
func (d *doorman) forgive(t try) {
	d.pairs.Forgive(t.pair)
	d.names.TakeBack(t.name)
	if t.counted {
		d.addresses.TakeBack(t.address)
	}
}

// tellWrong records a wrong password, in moderation: the first one of a row,
// and each one after which there is a pause, but none from where others have to
// wait already. A name that nobody has is recorded
// too, so that it takes the same time, but not told: some type their password
// there.
func (d *doorman) tellWrong(ctx context.Context, accounts Accounts, user seedbed.User, t try) error {
	if n := d.pairs.Count(t.pair); !t.counted || n > 1 && n <= freeTries {
		return nil
	}
	event := seedbed.Event{At: d.now(), UserID: user.ID, From: t.address, What: "somebody gave a wrong password for " + user.Name}
	if user.ID == 0 {
		event.What = "somebody tried to sign in with a name that nobody has"
	}
	return accounts.AddEvent(ctx, event)
}

// Look looks a code of a link up. A right one never has to wait: it has 256 bits.
// A wrong one is counted at its address, and is a TooMany error if that has to
// wait.
func (d *doorman) Look(address string, look func() error) error {
	err := look()
	if seedbed.CodeOf(err) != seedbed.Forbidden {
		return err
	}
	if wait := d.codes.Try(address, d.now()); wait > 0 {
		return tooMany(wait)
	}
	return err
}

func tooMany(wait time.Duration) error {
	seconds := int(math.Ceil(wait.Seconds()))
	said := fmt.Sprintf("%d seconds", seconds)
	if seconds > 90 {
		said = fmt.Sprintf("%d minutes", (seconds+59)/60)
	}
	return &seedbed.Error{Code: seedbed.TooMany, Message: "There were too many wrong tries. You can try again in " + said + ".", Err: waiting(seconds)}
}

// waiting is after how many seconds it is worth trying again; the cause of a
// TooMany error.
type waiting int

// Error is for the log.
func (w waiting) Error() string { return fmt.Sprintf("wait for %d s", int(w)) }

// sayWhenAgain tells programs when to come back, if err says so.
func sayWhenAgain(w http.ResponseWriter, err error) {
	var wait waiting
	if errors.As(err, &wait) {
		w.Header().Set("Retry-After", strconv.Itoa(int(wait)))
	}
}

// compare hashes one password at a time for addresses from which many were wrong,
// so that others need not queue behind them.
func (d *doorman) compare(ctx context.Context, password, hash string, quiet bool) (bool, error) {
	if !quiet {
		if err := turn(ctx, d.crowded); err != nil {
			return false, err
		}
		defer func() { <-d.crowded }()
	}
	if err := turn(ctx, d.hashing); err != nil {
		return false, err
	}
	defer func() { <-d.hashing }()
	return argon2id.ComparePasswordAndHash(password, hash)
}

// Hash makes what is stored of a password.
func (d *doorman) Hash(ctx context.Context, password string) (string, error) {
	if err := turn(ctx, d.hashing); err != nil {
		return "", err
	}
	defer func() { <-d.hashing }()
	return argon2id.CreateHash(password, d.params)
}

func turn(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// hostOf is the address that a request came from, without the port.
func hostOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// addressOf is where a request came from, for counting. Of an IPv6 address only the network
// counts: one household has 2⁶⁴ of them.
func addressOf(r *http.Request) string {
	host := hostOf(r)
	addr, err := netip.ParseAddr(host)
	if err != nil || addr.Unmap().Is4() {
		return host
	}
	network, err := addr.WithZone("").Prefix(64)
	if err != nil {
		return host
	}
	return network.String()
}
