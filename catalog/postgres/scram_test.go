package postgres

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
)

// The example of RFC 7677, section 3: with the keys of the verifier the client's
// proof holds and the server's signature comes out.
func TestScramVerifier_FitsTheExampleOfTheRFC(t *testing.T) {
	const (
		nonce     = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
		salt      = "W22ZaJ0SNY7soEsUEjb6gQ=="
		message   = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=" + nonce + ",s=" + salt + ",i=4096,c=biws,r=" + nonce
		proof     = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
		signature = "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
	)
	verifier, err := scramVerifier(bytes.NewReader(decode(t, salt)), "pencil")
	if err != nil {
		t.Fatal(err)
	}
	keys, found := strings.CutPrefix(verifier, "SCRAM-SHA-256$4096:"+salt+"$")
	stored, server, both := strings.Cut(keys, ":")
	if !found || !both {
		t.Fatalf("the verifier is %s", verifier)
	}
	clientKey := sign(decode(t, stored), message)
	for i, b := range decode(t, proof) {
		clientKey[i] ^= b
	}
	if sum := sha256.Sum256(clientKey); !bytes.Equal(sum[:], decode(t, stored)) {
		t.Error("the client's proof does not hold")
	}
	if got := base64.StdEncoding.EncodeToString(sign(decode(t, server), message)); got != signature {
		t.Errorf("the server's signature is %s", got)
	}
}

func decode(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestScramVerifier_NeedsRandomness(t *testing.T) {
	if got, err := scramVerifier(strings.NewReader("short"), "pencil"); err == nil {
		t.Errorf("made %s without a whole salt", got)
	}
}
