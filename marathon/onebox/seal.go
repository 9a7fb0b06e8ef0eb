package onebox

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is the length of Config.Key, in bytes.
const KeySize = chacha20poly1305.KeySize

// seal keeps records unreadable on disk, for definitions hold passwords in
// their environment: XChaCha20-Poly1305 under a random nonce, bound to the
// record's place, so that one record cannot be put in place of another. Its
// zero value leaves records as they are.
type seal struct{ box cipher.AEAD }

// newSeal returns the seal of a key; that of the zero key does nothing.
func newSeal(key [KeySize]byte) (seal, error) {
	if key == [KeySize]byte{} {
		return seal{}, nil
	}
	box, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return seal{}, fmt.Errorf("prepare encryption: %w", err)
	}
	return seal{box}, nil
}

// close returns a record as it is kept on disk.
func (s seal) close(bucket, key, plain []byte) []byte {
	if s.box == nil {
		return plain
	}
	nonce := make([]byte, s.box.NonceSize(), s.box.NonceSize()+len(plain)+s.box.Overhead())
	_, _ = rand.Read(nonce) // never fails, as crypto/rand says
	return s.box.Seal(nonce, nonce, plain, place(bucket, key))
}

// open is the inverse of close.
func (s seal) open(bucket, key, kept []byte) ([]byte, error) {
	if s.box == nil {
		return kept, nil
	}
	if len(kept) < s.box.NonceSize() {
		return nil, errNotOpened
	}
	plain, err := s.box.Open(nil, kept[:s.box.NonceSize()], kept[s.box.NonceSize():], place(bucket, key))
	if err != nil {
		return nil, errNotOpened
	}
	return plain, nil
}

var errNotOpened = errors.New("it was not sealed with this key, or was changed since; put back the key file that belongs to these records")

func place(bucket, key []byte) []byte { return fmt.Appendf(nil, "onebox %s\x00%s", bucket, key) }
