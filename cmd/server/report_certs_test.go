package main

import (
	"testing"

	"seedbed/certs"
	"seedbed/control"
)

// The words for states are those of two packages that do not know each other.
func TestCertificate_HasTheSameStatesOnBothSides(t *testing.T) {
	for from, to := range map[certs.State]control.CertificateState{
		certs.None: control.NoCertificate, certs.Waiting: control.CertificateWaits, certs.Valid: control.CertificateValid, certs.Renewing: control.CertificateRenewing,
		certs.Failed: control.CertificateFailed, certs.Ending: control.CertificateEnding, certs.Ended: control.CertificateEnded,
	} {
		if got := certificate(certs.Status{State: from}).State; got != to {
			t.Errorf("%s became %s", from, got)
		}
	}
}
