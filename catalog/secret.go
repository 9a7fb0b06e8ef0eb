package catalog

import (
	"fmt"
	"io"

	"seedbed"
)

const (
	// secretAlphabet leaves out what people take for each other when they copy
	// a password by hand: 0 O o, 1 I l i.
	secretAlphabet = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
	secretLength   = 28 // 161 bits
)

// NewSecret makes a password of letters and digits, strong enough for anything.
// random is crypto/rand.Reader, but in tests. It panics if random fails: then
// nothing on this machine can be kept secret.
func NewSecret(random io.Reader) seedbed.Secret {
	// Bytes at and above the last whole multiple of the alphabet's length would
	// make some letters likelier than others.
	const fair = 256 - 256%len(secretAlphabet)
	secret := make([]byte, 0, secretLength)
	var one [1]byte
	for len(secret) < secretLength {
		if _, err := io.ReadFull(random, one[:]); err != nil {
			panic(fmt.Sprintf("catalog: read random bytes: %v", err))
		}
		if b := int(one[0]); b < fair {
			secret = append(secret, secretAlphabet[b%len(secretAlphabet)])
		}
	}
	return seedbed.Secret(secret)
}
