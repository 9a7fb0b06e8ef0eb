package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"seedbed"
)

const visitors = "/sites/pages/visitors"

// visitorsForm is the form as it is shown at first, with changes.
func visitorsForm(changes ...string) []string {
	form := map[string]string{"version": "0", "main": "pages.localhost", "to_main": "off", "audience": "", "upload": "0", "patience": "0", "language": "", "maintenance": "off"}
	for i := 0; i < len(changes); i += 2 {
		form[changes[i]] = changes[i+1]
	}
	var pairs []string
	for name, value := range form {
		pairs = append(pairs, name, value)
	}
	return pairs
}

func (s *theatre) pages() seedbed.SiteSpec {
	s.Helper()
	spec, err := s.store.SiteSpecByName(s.Context(), "pages")
	if err != nil {
		s.Fatal(err)
	}
	return spec
}

func TestVisitors_AreChangedWithoutStartingTheSiteAnew(t *testing.T) {
	s := newTheatre(t)
	owner, before := s.as("owner"), s.pages().Deployment.ID
	owner.get(visitors).has("Addresses", "pages.localhost", "Its own; it stays", "does not tell us when", "The router here does not count visits.").lacks("HTTPS only", "started anew")
	s.as("owner").get("/sites/guide/visitors").has("Only with another main name it is started anew")
	owner.post(visitors, visitorsForm("hosts", "wiki.example.org, مثال.example", "maintenance", "on", "words", "Back at\r\nnoon.", "language", "sw", "upload", "512",
		"audience", "keys", "keys", "joseph", "keys.new", "four quiet gates")...).to(visitors + "?did=visitors")
	spec := s.pages()
	v := spec.Visitors
	if v.Version != 1 || spec.Deployment.ID != before || len(v.Hosts) != 3 || !v.Maintenance || v.Words != "Back at\nnoon." || v.Language != "sw" || v.Upload != 512 || len(v.Keys) != 1 {
		t.Errorf("it has %+v", v)
	}
	owner.get(visitors+"?did=visitors").has("Saved.", "مثال.example", "xn--mgbh0fb.example", "Take away", "joseph", `value="1"`).lacks("four quiet gates", "$2a$")
	s.as("viewer").get("/activity").has("changed what visitors of Pages get")
}

func TestVisitors_KeepNamesAndPasswordsAndTakeThemAway(t *testing.T) {
	s := newTheatre(t)
	owner := s.as("owner")
	owner.post(visitors, visitorsForm("hosts", "wiki.example.org", "keys", "joseph", "keys.new", "four quiet gates")...).wants(http.StatusSeeOther)
	hash := s.pages().Visitors.Keys[0].Hash
	owner.post(visitors, visitorsForm("version", "1", "main", "wiki.example.org", "to_main", "on")...).wants(http.StatusSeeOther)
	if spec := s.pages(); spec.Main() != "wiki.example.org" || spec.Visitors.Keys[0].Hash != hash {
		t.Errorf("it has %+v", spec.Visitors)
	}
	owner.post(visitors, visitorsForm("version", "2", "main", "wiki.example.org", "hosts.drop.wiki.example.org", "on")...).
		wants(http.StatusUnprocessableEntity).has("The main name cannot be taken away")
	owner.post(visitors, visitorsForm("version", "2", "keys.password.joseph", "another quiet gate")...).wants(http.StatusSeeOther)
	owner.post(visitors, visitorsForm("version", "3", "hosts.drop.wiki.example.org", "on", "keys.drop.joseph", "on")...).wants(http.StatusSeeOther)
	if v := s.pages().Visitors; len(v.Hosts) != 1 || len(v.Keys) != 0 || v.ToMain {
		t.Errorf("it has %+v", v)
	}
	s.as("viewer").get("/activity").has("The password of joseph").lacks("another quiet gate")
}

func TestVisitors_ThatAreWrongComeBackFilledIn(t *testing.T) {
	s := newTheatre(t)
	owner := s.as("owner")
	owner.post(visitors, visitorsForm("hosts", `bad_name.example.org "><script>`, "words", "<b>kept</b>", "upload", "x", "audience", "keys", "keys", "a:b", "keys.new", "four quiet gates")...).
		wants(http.StatusUnprocessableEntity).has("is no host name", "&lt;b&gt;kept&lt;/b&gt;", "How much one may send", "A name that visitors type").lacks("<script>", "four quiet gates")
	owner.post(visitors, visitorsForm("hosts", "theirs.localhost")...).wants(http.StatusUnprocessableEntity).has("made from the names of sites")
	owner.post(visitors, visitorsForm("main", "")...).wants(http.StatusUnprocessableEntity).has("Choose which one is the main name.")
	for _, version := range []string{"", "7", "x", "-1"} {
		owner.post(visitors, visitorsForm("version", version, "words", "Kept.")...).wants(http.StatusUnprocessableEntity).has("We cannot tell what this form", "Kept.")
	}
	if got := s.pages().Visitors.Version; got != 0 {
		t.Errorf("it was changed to version %d", got)
	}
}

func TestVisitors_ChangedMeanwhileAreNotOverwritten(t *testing.T) {
	s := newTheatre(t)
	s.as("editor").post(visitors, visitorsForm("hosts", "wiki.example.org", "language", "fr", "upload", "100")...).wants(http.StatusSeeOther)
	again := s.as("owner").post(visitors, visitorsForm("language", "sw", "words", "Mine.")...).wants(http.StatusUnprocessableEntity)
	again.has("editor changed this meanwhile", `name="version" value="1"`, "It is “Français” by now.", "Mine.", "wiki.example.org", `<option value="100" selected>`)
	if v := s.pages().Visitors; v.Words != "" || v.Language != "fr" {
		t.Errorf("saved all the same: %+v", v)
	}
}

func TestVisitors_CanBeLookedAtBeforeTheyAreSaved(t *testing.T) {
	s := newTheatre(t)
	s.as("owner").post(visitors, visitorsForm("do", "preview", "words", "Back at noon.\nSorry.")...).wants(http.StatusOK).
		has("Nothing is saved yet", `<p dir="auto">Back at noon.</p>`, `<p dir="auto">Sorry.</p>`)
	if got := s.pages().Visitors.Version; got != 0 {
		t.Errorf("it was changed to version %d", got)
	}
}

func TestVisitors_SayWhatWasObserved(t *testing.T) {
	s := newTheatre(t)
	id := s.pages().Site.ID
	s.board.SetVisiting(id, seedbed.Visiting{Effect: seedbed.InEffect})
	s.as("viewer").get(visitors).has("In effect: visitors are met").lacks("<form method=\"post\" action=\"/sites/pages/visitors\"")
	s.board.SetVisiting(id, seedbed.Visiting{Effect: seedbed.OnItsWay, Refused: []string{"wiki.example.org is not led here: it belongs to “Other <b>”."}})
	s.as("owner").get(visitors).has("On its way", "Look again", "it belongs to “Other &lt;b&gt;”")
	s.as("operator").get("/sites/pages").has("wiki.example.org is not led here")
}

func TestVisitors_OfAnInstallationWithHTTPSCanDemandIt(t *testing.T) {
	w := newWorld(t, func(c *config) { c.control.HTTPS = true })
	amina := w.amina()
	w.finish(amina.aSite("static-site", "Pages").ID)
	amina.get(visitors).has("HTTPS only", "Browsers keep to this even if you switch it off again")
	amina.post(visitors, visitorsForm("https", "off", "strict", "on")...).wants(http.StatusUnprocessableEntity).has("switch on “HTTPS only” as well")
	amina.post(visitors, visitorsForm("https", "on", "strict", "on")...).wants(http.StatusSeeOther)
}

func TestVisits_DoNothingToWhoReadsThem(t *testing.T) {
	visits := fakeVisits{seedbed.Visits{
		Minutes: []seedbed.VisitCount{{Requests: 12}, {Requests: 3, Errors: 1}}, Hours: []seedbed.VisitCount{{Requests: 1200, Bytes: 5_000_000}},
		Last: []seedbed.Visit{{At: time.Date(2025, 5, 6, 14, 1, 0, 0, time.UTC), From: "192.0.2.7", Method: "GET", Host: "pages.localhost", URI: "/\x1b[31m<script>\u202e", Status: 200, Agent: "Mozilla\x07"}},
	}}
	w := newWorld(t, func(c *config) { c.control.Visits = visits })
	amina := w.amina()
	w.finish(amina.aSite("static-site", "Pages").ID)
	page := amina.get(visitors).has("1\u202f200", ">15<", "192.0.2.7", "/\ufffd[31m&lt;script&gt;\ufffd", "Mozilla\ufffd").lacks("\x1b", "<script>\ufffd", "\x07")
	if strings.Contains(page.body, "\u202e") {
		t.Error("it turns the direction around")
	}
}
