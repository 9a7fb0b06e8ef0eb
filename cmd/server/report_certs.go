package main

import (
	"seedbed/certs"
	"seedbed/control"
)

// certificates returns how pages learn about certificates, or nil where they are
// elsewhere or there are none.
func (s *server) certificates() func() []control.Certificate {
	if s.keeper == nil {
		return nil
	}
	return func() []control.Certificate {
		var all []control.Certificate
		for _, one := range s.keeper.Report() {
			all = append(all, certificate(one))
		}
		return all
	}
}

// certificate is how it stands with one host name, as pages tell it.
func certificate(one certs.Status) control.Certificate {
	return control.Certificate{
		Host: one.Host, Source: string(one.Source), State: control.CertificateState(one.State), NotAfter: one.NotAfter, Next: one.Next,
		Trouble: one.Trouble, Warnings: one.Warnings,
	}
}
