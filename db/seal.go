package db

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/crypto/chacha20poly1305"

	"seedbed"
)

// KeySize is the length of the key, in bytes.
const KeySize = chacha20poly1305.KeySize

// LoadKey reads the key file, making it on the first call. The key is written
// to the disk under another name first, so that a kill leaves no half of one.
func LoadKey(path string, rand io.Reader) (key [KeySize]byte, err error) {
	stored, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return makeKey(path, rand)
	}
	if err != nil {
		return key, fmt.Errorf("read the key: %w", err)
	}
	if len(stored) != KeySize {
		return key, fmt.Errorf("the key in %s has %d bytes instead of %d; put back the right one from your backup", path, len(stored), KeySize)
	}
	return [KeySize]byte(stored), nil
}

func makeKey(path string, rand io.Reader) (key [KeySize]byte, err error) {
	if _, err := io.ReadFull(rand, key[:]); err != nil {
		return key, fmt.Errorf("make a key: %w", err)
	}
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return key, fmt.Errorf("make the key file: %w", err)
	}
	_, err = io.Copy(f, bytes.NewReader(key[:]))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return key, fmt.Errorf("write the key: %w", err)
	}
	return key, os.Rename(path+".new", path)
}

// seal encrypts a secret with XChaCha20-Poly1305 under a random nonce, bound to
// what it is for, so that one row's secret cannot be put into another.
func (d *DB) seal(s seedbed.Secret, purpose string) ([]byte, error) {
	box, err := d.cipher()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize(), box.NonceSize()+len(s)+box.Overhead())
	if _, err := io.ReadFull(d.Rand, nonce); err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return box.Seal(nonce, nonce, []byte(s.Reveal()), []byte(purpose)), nil
}

// unseal is the inverse of seal.
func (d *DB) unseal(sealed []byte, purpose string) (seedbed.Secret, error) {
	box, err := d.cipher()
	if err != nil {
		return "", err
	}
	if len(sealed) < box.NonceSize() {
		return "", fmt.Errorf("unseal %s: it is cut off", purpose)
	}
	nonce, text := sealed[:box.NonceSize()], sealed[box.NonceSize():]
	plain, err := box.Open(nil, nonce, text, []byte(purpose))
	if err != nil {
		return "", fmt.Errorf("unseal %s: the key file does not belong to this database: %w", purpose, err)
	}
	return seedbed.Secret(plain), nil
}

func (d *DB) cipher() (cipher.AEAD, error) {
	box, err := chacha20poly1305.NewX(d.Key[:])
	if err != nil {
		return nil, fmt.Errorf("prepare encryption: %w", err)
	}
	return box, nil
}

// newSealed makes a secret and seals it.
func (d *DB) newSealed(purpose string) ([]byte, error) {
	return d.seal(d.NewSecret(d.Rand), purpose)
}
