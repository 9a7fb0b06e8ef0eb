package certs

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/mholt/acmez/v3/acme"
)

// account is the one that we have at an authority. Its key is kept before it is
// told to the authority, so that it is never a second one after a kill.
type account struct {
	dir       string
	authority Authority
	client    *acme.Client
	random    io.Reader

	mu     sync.Mutex
	opened acme.Account
}

// open returns the account, and makes it if there is none yet.
func (a *account) open(ctx context.Context) (acme.Account, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.opened.Location != "" {
		return a.opened, nil
	}
	key, err := a.key()
	if err != nil {
		return acme.Account{}, err
	}
	kept, err := a.kept()
	if err != nil || kept.Location == "" {
		if kept, err = a.register(ctx, key); err != nil {
			return acme.Account{}, fmt.Errorf("open an account at the authority: %w", err)
		}
	}
	kept.PrivateKey = key
	a.opened = kept
	return kept, nil
}

// kept reads the account. What cannot be read is asked for anew: an authority
// knows us by our key.
func (a *account) kept() (acme.Account, error) {
	var kept acme.Account
	text, err := os.ReadFile(filepath.Join(a.dir, "account.json"))
	if err != nil {
		return kept, err
	}
	err = json.Unmarshal(text, &kept)
	return kept, err
}

func (a *account) register(ctx context.Context, key crypto.Signer) (acme.Account, error) {
	wanted := acme.Account{TermsOfServiceAgreed: true, PrivateKey: key}
	if a.authority.Email != "" {
		wanted.Contact = []string{"mailto:" + a.authority.Email}
	}
	if a.authority.KeyID != "" {
		err := wanted.SetExternalAccountBinding(ctx, a.client, acme.EAB{KeyID: a.authority.KeyID, MACKey: a.authority.MACKey.Reveal()})
		if err != nil {
			return acme.Account{}, err
		}
	}
	made, err := a.client.NewAccount(ctx, wanted)
	if err != nil {
		return acme.Account{}, err
	}
	if made.Status != acme.StatusValid || made.Location == "" {
		return acme.Account{}, fmt.Errorf("the account is %q", made.Status)
	}
	text, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return acme.Account{}, err
	}
	return made, replaceFile(filepath.Join(a.dir, "account.json"), text, 0o600, -1)
}

// key returns the account's key, and makes it if there is none.
func (a *account) key() (crypto.Signer, error) {
	path := filepath.Join(a.dir, "account.key")
	text, err := os.ReadFile(path)
	if err == nil {
		return readKey(text)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the account's key: %w", err)
	}
	if err := makeDir(a.dir, 0o700, -1); err != nil {
		return nil, err
	}
	key, text, err := newKey(a.random)
	if err != nil {
		return nil, err
	}
	return key, replaceFile(path, text, 0o600, -1)
}

// forget forgets an account that the authority does not know any more. Its key
// stays.
func (a *account) forget() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.opened = acme.Account{}
	return removeFile(filepath.Join(a.dir, "account.json"))
}
