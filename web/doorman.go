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
	names     *pauses.Pauses // by the name that was typed
	addresses *pauses.Pauses // by where it came from
	params    *argon2id.Params
	hashing   chan struct{}
	nobody    string // a hash that no password has
}

// freeTries are those under one name before the first pause.
const freeTries = 5

func newDoorman(now func() time.Time, params *argon2id.Params) (*doorman, error) {
	nobody, err := argon2id.CreateHash("nobody has this password", params)
	if err != nil {
		return nil, fmt.Errorf("hash a password: %w", err)
	}
	return &doorman{now: now, names: pauses.New(freeTries), addresses: pauses.New(20), params: params, hashing: make(chan struct{}, 2), nobody: nobody}, nil
}

// wrongSignIn is the same for a name that nobody has and for a wrong password.
func wrongSignIn() error {
	return &seedbed.Error{Code: seedbed.Invalid, Message: "This name and this password do not belong together. Try again."}
}

// Admit returns the user whose password was given. It takes the same time
// whether there is such a user or not.
func (d *doorman) Admit(ctx context.Context, accounts Accounts, name, password, address string) (seedbed.User, error) {
	key := strings.ToLower(name)
	if err := d.Slow(key, address); err != nil {
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
	right, mismatch := d.compare(ctx, password, hash)
	switch {
	case mismatch != nil:
		return seedbed.User{}, fmt.Errorf("compare password: %w", mismatch)
	case err != nil, !right:
		return seedbed.User{}, errors.Join(wrongSignIn(), d.tellWrong(ctx, accounts, user, key, address))
	case !user.Blocked.IsZero():
		return seedbed.User{}, &seedbed.Error{Code: seedbed.Invalid, Message: "This account is blocked, so you cannot sign in. An administrator can let you in again."}
	}
	d.names.Forgive(key)
	d.addresses.TakeBack(address)
	return user, nil
}

// tellWrong records a wrong password, in moderation: the first one of a row,
// and each one after which there is a pause. A name that nobody has is recorded
// too, so that it takes the same time, but not told: some type their password
// there.
func (d *doorman) tellWrong(ctx context.Context, accounts Accounts, user seedbed.User, key, address string) error {
	if n := d.names.Count(key); n > 1 && n <= freeTries {
		return nil
	}
	event := seedbed.Event{At: d.now(), UserID: user.ID, From: address, What: "somebody gave a wrong password for " + user.Name}
	if user.ID == 0 {
		event.What = "somebody tried to sign in with a name that nobody has"
	}
	return accounts.AddEvent(ctx, event)
}

// Slow counts a try under a name and an address, and is a TooMany error for
// those who have to wait. An empty name counts the address alone.
func (d *doorman) Slow(name, address string) error {
	now := d.now()
	if wait := d.addresses.Try(address, now); wait > 0 {
		return tooMany(wait)
	}
	if name == "" {
		return nil
	}
	if wait := d.names.Try(name, now); wait > 0 {
		return tooMany(wait)
	}
	return nil
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

func (d *doorman) compare(ctx context.Context, password, hash string) (bool, error) {
	if err := d.turn(ctx); err != nil {
		return false, err
	}
	defer func() { <-d.hashing }()
	return argon2id.ComparePasswordAndHash(password, hash)
}

// Hash makes what is stored of a password.
func (d *doorman) Hash(ctx context.Context, password string) (string, error) {
	if err := d.turn(ctx); err != nil {
		return "", err
	}
	defer func() { <-d.hashing }()
	return argon2id.CreateHash(password, d.params)
}

func (d *doorman) turn(ctx context.Context) error {
	select {
	case d.hashing <- struct{}{}:
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
