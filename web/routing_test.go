package web_test

import (
	"testing"
	"time"

	"seedbed"
	"seedbed/control"
)

func TestRouting_TellsOperatorsWhatIsInTheWay(t *testing.T) {
	report := seedbed.BridgeReport{Role: seedbed.BridgeActs, Instances: 7, SnapshotAt: time.Date(2025, 5, 6, 14, 1, 0, 0, time.UTC)}
	w := newWorld(t, func(c *config) {
		c.control.HTTPS = true
		c.control.Bridge = func() seedbed.BridgeReport { return report }
		c.control.Certificates = func() []control.Certificate {
			return []control.Certificate{{Host: "good.example.org", State: control.CertificateValid, NotAfter: time.Date(2025, 8, 1, 0, 0, 0, 0, time.UTC)}, {Host: "xn--mgbh0fb.example", State: control.CertificateFailed, Trouble: "It does not lead here."}}
		}
	})
	amina := w.amina()
	d := amina.aSite("static-site", "Pages")
	w.finish(d.ID)
	w.board.SetVisiting(d.SiteID, seedbed.Visiting{Effect: seedbed.InEffect})
	amina.get("/operations/routing").has("Visitors of every site are led as it is wanted.", ">7<", "At work", "مثال.example", "It does not lead here.", "1 August 2025", "Good")
	report.HeldCount, report.Held = 60, []seedbed.HeldRemoval{{Workload: "/sites/pages", Instance: "sites_pages.1"}}
	w.board.SetVisiting(d.SiteID, seedbed.Visiting{Effect: seedbed.OnItsWay})
	w.board.SetRefused(map[seedbed.WorkloadID][]string{"/sites/pages": {"wiki.example.org is not led here."}, "/other": {"Its path is none."}})
	w.board.SetParts(seedbed.PartStatus{Name: "nginx", Trouble: "nginx does not serve."}, seedbed.PartStatus{Name: "Docker", Trouble: "Docker is away."})
	amina.get("/operations/routing").has("In trouble: nginx.", "no longer lists 60 of 7 instances", "sites/pages: sites_pages.1", "wiki.example.org is not led here.", "/other", "On their way", "nginx does not serve.")
}

func TestRouting_OfABridgeElsewhereSaysSo(t *testing.T) {
	w := newWorld(t)
	w.amina().get("/operations/routing").has("What the bridge does is not told here", "The router does not tell").lacks("Certificates")
}
