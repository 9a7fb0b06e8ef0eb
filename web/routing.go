package web

import (
	"net/http"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// showRouting handles GET /operations/routing.
func (p *portal) showRouting(w http.ResponseWriter, r *http.Request) error {
	routing, err := p.Control.Routing(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := templates.RoutingPage{Bridge: routing.Bridge, Parts: routing.Parts, Sites: routing.Sites, Told: routing.Told, HTTPS: routing.HTTPS}
	for _, site := range routing.Late {
		page.Late = append(page.Late, templates.SiteLink{Name: site.Site.Name, Title: site.Site.Title})
	}
	for _, one := range routing.Refused {
		page.Refused = append(page.Refused, templates.Refusal(one))
	}
	for _, one := range routing.Certificates {
		page.Certificates = append(page.Certificates, templates.Certificate{
			Host: control.HostShown(one.Host), Status: certificateStatus(one), NotAfter: one.NotAfter, Next: one.Next, Trouble: one.Trouble, Warnings: one.Warnings,
		})
	}
	return p.show(w, r, http.StatusOK, templates.Routing(p.frame(r, templates.RoutingPlace, "Routing"), page))
}

// certificateStatus is how it stands with a certificate, as shape and word.
func certificateStatus(c control.Certificate) seedbed.Status {
	switch c.State {
	case control.CertificateValid:
		return seedbed.Status{State: seedbed.Live, Word: "Good"}
	case control.CertificateRenewing:
		return seedbed.Status{State: seedbed.AtWork, Word: "Being renewed"}
	case control.CertificateWaits:
		return seedbed.Status{State: seedbed.AtWork, Word: "On its way"}
	case control.CertificateFailed:
		return seedbed.Status{State: seedbed.Attention, Word: "Not renewed"}
	case control.CertificateEnding:
		return seedbed.Status{State: seedbed.Attention, Word: "Ends soon"}
	case control.CertificateEnded:
		return seedbed.Status{State: seedbed.Broken, Word: "Ended"}
	}
	return seedbed.Status{State: seedbed.AtRest, Word: "None of its own"}
}
