package certs

import (
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"net/http"
	"strings"
	"time"

	"seedbed"
)

// Root is the certificate of the installation's own authority, as people get it.
type Root struct {
	PEM         []byte
	Fingerprint string // SHA-256, to compare with what a device shows
	NotAfter    time.Time
	Domains     []seedbed.HostName // below which it may sign names
}

// fingerprint is what devices show of a certificate: pairs of hex digits.
func fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	var pairs []string
	for _, b := range sum {
		pairs = append(pairs, fmt.Sprintf("%02X", b))
	}
	return strings.Join(pairs, ":")
}

// Instructions tell people in plain text what the certificate is for and how to
// install it.
func (r Root) Instructions() string {
	var names []string
	for _, domain := range r.Domains {
		names = append(names, string(domain))
	}
	return fmt.Sprintf(instructions, strings.Join(names, " and "), day(r.NotAfter), strings.Join(names, " and "), r.Fingerprint)
}

const instructions = `This installation signs the certificates of its sites itself, because no public
authority can be reached from here. Phones and computers do not know it yet, and
warn. Install this certificate once on each of them, and the sites below
%s open without a warning, until %s.

It speaks for names below %s only, and for no other site.
Before you install it, compare its SHA-256 fingerprint with the one that the
people who look after this installation give you:

  %s

Android          Settings, Security, More, Encryption and credentials, Install a
                 certificate, CA certificate. The words differ between phones.
iPhone and iPad  Open the file, then Settings, Profile downloaded, Install. Then
                 Settings, General, About, Certificate Trust Settings: switch it on.
Windows          Open the file, Install certificate, Current user, “Trusted Root
                 Certification Authorities”.
Mac              Open the file, so that it is in Keychain Access; open it there,
                 Trust, “Always trust”.
Debian, Ubuntu   sudo cp seedbed-root.crt /usr/local/share/ca-certificates/
                 sudo update-ca-certificates
Firefox          Settings, Privacy and security, View certificates, Authorities,
                 Import; tick “websites”. Where the computer has it, Firefox on
                 Windows and Mac takes it from there.
`

// Where Trust answers.
const (
	TrustPath = "/trust"
	rootPath  = TrustPath + "/seedbed-root.crt"
)

// Trust answers GET /trust with instructions, and GET /trust/seedbed-root.crt
// with the certificate of the installation's own authority. Neither is a secret.
func (k *Keeper) Trust() http.Handler {
	mux := http.NewServeMux()
	answer := func(path, kind string, text func(Root) []byte) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			root, err := k.Root()
			if err != nil {
				k.Log.Error("the root is not shown", "error", err)
				http.Error(w, seedbed.MessageOf(err), http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Content-Type", kind)
			w.Header().Set("X-Content-Type-Options", "nosniff")
			_, _ = w.Write(text(root)) // whoever asked is gone if it fails
		})
	}
	answer(TrustPath, "text/plain; charset=utf-8", func(r Root) []byte {
		return []byte(r.Instructions() + "\nThe certificate: " + rootPath + "\n")
	})
	answer(rootPath, "application/x-x509-ca-cert", Root.DER)
	return mux
}

// day writes a date for people.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }
