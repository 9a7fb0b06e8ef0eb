package web_test

import (
	"net/http"
	"testing"
	"time"
)

func TestOnce_IsShownForAMinuteAndMadeOnce(t *testing.T) {
	s := newTheatre(t)
	owner := s.as("owner")
	for path, form := range map[string][]string{
		"/projects/main/invitations": {"role", "editor"}, "/account/tokens": {"name", "laptop", "scope", "read", "days", "30"},
	} {
		page := owner.post(path, form...).wants(http.StatusSeeOther).header.Get("Location")
		before := s.store.Recorded()
		first := owner.get(page).wants(http.StatusOK).has("For one minute", "We do not show it again")
		if again := owner.get(page); again.body != first.body || s.store.Recorded() != before {
			t.Errorf("loading %s again made something", page)
		}
		s.as("owner").get(page).wants(http.StatusOK)
		s.as("administrator").get(page).wants(http.StatusNotFound)
		s.browser().get(page).wants(http.StatusSeeOther)
		s.clock.Advance(time.Minute)
		owner.get(page).wants(http.StatusNotFound).has("make another one").lacks("code=", "sb_")
	}
	if made := s.store.Column(`SELECT count(*) FROM invitations WHERE used IS NULL`)[0]; made != "1" {
		t.Errorf("%s invitations were made, want one", made)
	}
}

func TestSignIn_TellsEachLook(t *testing.T) {
	s := newTheatre(t)
	owner := s.as("owner")
	owner.post("/sites/guide/sign-in").has("For one minute", "We do not show it again")
	owner.post("/sites/guide/sign-in").wants(http.StatusOK)
	s.as("administrator").post("/sites/guide/sign-in").wants(http.StatusConflict).has("was shown to owner before")
	owner.get("/activity").has("looked at the first sign-in of Guide", "looked once more at the first sign-in of Guide")
}
