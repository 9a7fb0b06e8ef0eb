package web_test

import (
	"net/http"
	"testing"
	"time"

	"seedbed"
)

// aBadChange is a site that is ready, and a change of it that waits.
func aBadChange(t *testing.T) (*world, *browser) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("static-site", "Guide").ID)
	b.post("/sites/guide/settings", "revision", "1", "name", "Guide", "setting.listing", "on", "setting.search", "on").to("/deployments/2")
	return w, b
}

func TestProgress_LetsAPersonStopAChange(t *testing.T) {
	w, b := aBadChange(t)
	w.board.SetSite(1, seedbed.Status{Door: seedbed.DoorClosed})
	b.get("/deployments/2").has("Visitors cannot reach the site now.", `action="/sites/guide/return"`, "Stop this")
	b.get("/sites/guide").has("A change is being carried out. Visitors cannot reach the site now.")
	b.post("/sites/guide/return").to("/deployments/3")
	b.get("/deployments/3").has("Bringing back what worked before of ").lacks("Stop this")
	b.get("/deployments/2").has("took over")
	w.finish(3)
	b.get("/sites/guide").lacks("did not work")
	b.post("/sites/guide/return").wants(http.StatusConflict)
}

func TestProgress_TellsOfTheWayBack(t *testing.T) {
	w, b := aBadChange(t)
	d, err := w.store.Deployment(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	d.State, d.Cause, d.Ended = seedbed.Failed, "Its image could not be fetched.", w.clock.Now()
	if back, err := w.store.FailAndReturn(t.Context(), d); !back || err != nil {
		t.Fatal(back, err)
	}
	b.get("/deployments/2").has("could not be changed", "Its image could not be fetched.", "We are going back to what worked before.", "/deployments/3").lacks("Try again")
	w.finish(3)
	b.get("/deployments/2").has("We went back to what worked before, and it works.")
	b.get("/sites/guide").has("The last change did not work, so we went back to the settings before it.", "Its image could not be fetched.")
	b.get("/sites/guide/settings").lacks(`name="setting.listing" value="on" checked`)
}

func TestProgress_OffersTheWayBackFromAFailedChange(t *testing.T) {
	w, b := aBadChange(t)
	w.board.SetSite(1, seedbed.Status{Door: seedbed.DoorOpen})
	w.store.Update(2, func(d *seedbed.Deployment) { d.State, d.Cause = seedbed.Failed, "No room." })
	b.get("/deployments/2").has("Visitors still reach the site.", "What it holds is kept.", "Go back to what worked", "Try again")
}

func TestProgress_OffersLogsAndSettingsWhereNothingAnswers(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	d := b.aSite("static-site", "Guide")
	w.store.Update(d.ID, func(d *seedbed.Deployment) {
		for i := range d.Steps {
			d.Steps[i].Started = w.clock.Now()
			if d.Steps[i].Name != seedbed.StepWell {
				d.Steps[i].Ended = w.clock.Now()
			}
		}
	})
	b.get("/deployments/1").lacks("/sites/guide/logs", "/sites/guide/settings")
	w.clock.Advance(30 * time.Second)
	b.get("/deployments/1").has("/sites/guide/logs", "/sites/guide/settings", "/sites/guide/delete").lacks("/sites/guide/return")
}
