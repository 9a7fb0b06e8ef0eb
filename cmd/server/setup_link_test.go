package main

import (
	"net/url"
	"strings"
	"testing"

	"seedbed"
	"seedbed/db"
)

// withAdministrator is an installation with an administrator, Amina.
func withAdministrator(t *testing.T) (config, *db.DB, seedbed.User) {
	t.Helper()
	c, _ := kept(t)
	store, err := c.openExisting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	if err := store.SetSetupCode(t.Context(), "first"); err != nil {
		t.Fatal(err)
	}
	amina, err := store.CreateFirstUser(t.Context(), "first", seedbed.User{Name: "Amina", PasswordHash: "old"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return c, store, amina
}

func TestSetupLink_SetsANewPasswordOnceForWhoeverForgotTheirs(t *testing.T) {
	c, store, amina := withAdministrator(t)
	link, err := c.linkFor(t.Context(), store, "amina")
	if err != nil {
		t.Fatal(err)
	}
	code, ok := strings.CutPrefix(link, c.portalURL()+"/new-password?code=")
	if !ok {
		t.Fatalf("the link is %q", link)
	}
	if code, err = url.QueryUnescape(code); err != nil {
		t.Fatal(err)
	}
	if u, err := store.UsePasswordLink(t.Context(), seedbed.Secret(code), "new", ""); err != nil || u.ID != amina.ID {
		t.Fatalf("it sets the password of %+v, %v", u, err)
	}
	if _, err := store.UsePasswordLink(t.Context(), seedbed.Secret(code), "again", ""); seedbed.CodeOf(err) != seedbed.Forbidden {
		t.Errorf("the second time it gave %v", err)
	}
}

func TestSetupLink_IsInTheRecord(t *testing.T) {
	c, store, _ := withAdministrator(t)
	if _, err := c.linkFor(t.Context(), store, "Amina"); err != nil {
		t.Fatal(err)
	}
	events, err := store.Events(t.Context(), seedbed.EventQuery{Sight: seedbed.Sight{Everything: true}, Limit: 1})
	if err != nil || len(events) != 1 {
		t.Fatalf("the record has %v, %v", events, err)
	}
	e := events[0]
	if e.Who != "seedbed setup-link" || e.From != "this machine" || !strings.Contains(e.What, "Amina") {
		t.Errorf("the record says %+v", e)
	}
}

func TestSetupLink_SaysWhoTheAdministratorsAre(t *testing.T) {
	c, store, _ := withAdministrator(t)
	for user, says := range map[string]string{"mia": "The administrators are: Amina.", "": "seedbed setup-link -user NAME"} {
		if link, err := c.linkFor(t.Context(), store, user); err == nil || !strings.Contains(sentence(err), says) {
			t.Errorf("for %q it gave %q, %v", user, link, err)
		}
	}
}

func TestParts_SayHowToStartDockerWhereItIs(t *testing.T) {
	for next, c := range map[string]config{"systemctl restart docker": {Adopt: true}, "make run": {}} {
		if says := c.startDockerAgain(); !strings.Contains(says, next) {
			t.Errorf("%+v says %q", c, says)
		}
	}
}
