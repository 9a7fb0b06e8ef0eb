package postgres

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
)

// The numbers that PostgreSQL itself uses for scram-sha-256.
const (
	scramIterations = 4096
	scramSaltLength = 16
)

// scramVerifier returns what PostgreSQL stores in place of a password, in the
// form "SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>" (RFC 5802,
// section 3; pg_authid in PostgreSQL's manual). With it the password itself is
// in no statement and so in no log of the server. The password is plain ASCII,
// to which SASLprep (RFC 4013) changes nothing.
func scramVerifier(random io.Reader, password string) (string, error) {
	if !isPrintableASCII(password) {
		return "", errors.New("it is empty or has characters other than printable ASCII")
	}
	salt := make([]byte, scramSaltLength)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("read random bytes: %w", err)
	}
	salted, err := pbkdf2.Key(sha256.New, password, salt, scramIterations, sha256.Size)
	if err != nil {
		return "", fmt.Errorf("derive key: %w", err)
	}
	stored := sha256.Sum256(sign(salted, "Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", scramIterations, text(salt), text(stored[:]), text(sign(salted, "Server Key"))), nil
}

func sign(key []byte, message string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(message))
	return mac.Sum(nil)
}

func isPrintableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != ""
}
