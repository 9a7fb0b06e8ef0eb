package web_test

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/control"
	"seedbed/web/webtest"
)

func TestNewSite_FromAClickToProgress(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.get("/").has("No sites yet", "/sites/new")
	b.get("/sites/new").has("/sites/new/wiki", "/sites/new/static-site").lacks("/sites/new/postgres")
	b.get("/sites/new/wiki").has(`name="name"`, `name="address"`, `name="setting.language"`, ".localhost")
	b.get("/sites/new/wiki/review?name=Nurse+Handbook&setting.language=fr").wants(http.StatusOK).
		has("Nurse Handbook", "<mark>nurse-handbook.localhost:8480</mark>", "Français", "a database of its own in the shared PostgreSQL", `value="nurse-handbook"`, "Make the site")
	b.post("/sites", "template", "wiki", "name", "Nurse Handbook", "address", "nurse-handbook", "setting.language", "fr").to("/deployments/1")
	b.get("/deployments/1").has("Making ", "Nurse Handbook", "Making a place for its files", "Wait until it is well", "You can leave this page", `data-events="/deployments/1/events"`, `http-equiv="refresh"`)
	spec, err := w.store.SiteSpecByName(t.Context(), "nurse-handbook")
	if err != nil || spec.Revision.Settings["language"] != "fr" || spec.Revision.By != "Amina" || w.pokes.Load() != 1 {
		t.Errorf("wanted %+v (%v), poked %d times", spec.Revision, err, w.pokes.Load())
	}
}

func TestNewSite_SuggestsAnAddressForANameInAnotherScript(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	review := func(name string) answer {
		return b.get("/sites/new/wiki/review?" + url.Values{"name": {name}}.Encode())
	}
	review("دليل الممرضات").wants(http.StatusUnprocessableEntity).has("“wiki-1” is free", `value="wiki-1"`, `value="دليل الممرضات"`, `id="address-mistake"`)
	b.post("/sites", "template", "wiki", "name", "دليل الممرضات", "address", "wiki-1").wants(http.StatusSeeOther)
	review("नर्स पुस्तिका").wants(http.StatusUnprocessableEntity).has(`value="wiki-2"`)
	review("!").wants(http.StatusUnprocessableEntity).lacks("wiki-2", `id="address-mistake"`)
	review("دليل 2025").wants(http.StatusOK).has(`value="2025"`)
	b.post("/sites", "template", "wiki", "name", "护理").wants(http.StatusUnprocessableEntity).has("“wiki-2” is free")
}

func TestNewSite_RefusesBadNamesBesideTheirFieldAndKeepsThem(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.aSite("wiki", "Taken")
	long := strings.Repeat("long ", 20)
	for _, c := range []struct {
		name, address, language string
		field, sentence         string
	}{
		{"", "", "en", "name", "Give the site a name"},
		{long, "", "en", "name", "60 is the most"},
		{"<script>alert(1)</script>", "", "en", "name", "A name begins with a letter"},
		{"Taken", "other", "en", "name", "name is taken"},
		{"Other", "taken", "en", "address", "This address is taken."},
		{"Other", "not an address", "en", "address", "An address has the letters"},
		{"Other", "admin", "en", "address", "kept for the portal"},
		{"Other", "new", "en", "address", "kept for the portal"},
		{"دليل الممرضات", "", "en", "address", "We cannot make an address"},
		{"Other", "other", "tlh", "setting.language", "Choose one"},
	} {
		a := b.post("/sites", "template", "wiki", "name", c.name, "address", c.address, "setting.language", c.language, "setting.private", "on")
		a.wants(http.StatusUnprocessableEntity).has(c.sentence, `id="`+c.field+`-mistake"`, `aria-describedby="`+c.field+"-mistake", "autofocus", `role="alert"`, "checked")
		a.lacks("<script>alert")
		if c.name == "Other" {
			a.has(`value="Other"`)
		}
		if strings.Count(a.body, "autofocus") != 1 {
			t.Errorf("%d fields want the focus", strings.Count(a.body, "autofocus"))
		}
	}
	if specs, _ := w.store.SiteSpecs(t.Context()); len(specs) != 1 {
		t.Errorf("%d sites, want 1", len(specs))
	}
	b.get("/sites/new/wiki/review?name=&address=").wants(http.StatusUnprocessableEntity)
	b.get("/sites/new/wiki/review?name=Else&address=taken").wants(http.StatusUnprocessableEntity).has("One thing needs another look.", "This address is taken.")
	b.post("/sites", "template", "postgres", "name", "Mine").wants(http.StatusNotFound)
	b.post("/sites", "name", "Mine").wants(http.StatusNotFound)
}

func TestNewSite_TwiceMakesOne(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	send := func() answer { return b.post("/sites", "template", "wiki", "name", "Guide", "address", "guide") }
	send().to("/deployments/1")
	send().wants(http.StatusUnprocessableEntity).has("name is taken")
}

func TestNewSite_UntickedSwitchIsOff(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.get("/sites/new/static-site/review?name=A&setting.listing=off&setting.listing=on&setting.search=off").
		has(`name="setting.listing" value="on"`, `name="setting.search" value="off"`)
	b.get("/sites/new/static-site/review?name=A&setting.listing=off&setting.search=off").
		has("Switched off: <mark>Let search engines find it</mark>.").lacks(": <mark dir=\"auto\">no</mark>", "Show a list")
	b.get("/sites/new/static-site/review?name=A").has(`name="setting.search" value="on"`)
}

func TestPortal_RefusesFormsThatAreTooLarge(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.post("/sites", "template", "wiki", "name", strings.Repeat("x", 70<<10)).wants(http.StatusUnprocessableEntity).has("more than we take")
}

func TestProgress_TellsAFailureWithWhatToDoNext(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	d := b.aSite("wiki", "Guide")
	w.store.Update(d.ID, func(d *seedbed.Deployment) {
		d.State, d.Cause, d.Words = seedbed.Failed, "The wiki stopped soon after it was started.", "exec: <nothing>"
		d.Steps[0].Started, d.Steps[0].Ended = w.clock.Now(), w.clock.Now()
		d.Steps[1].Started = w.clock.Now()
	})
	b.get("/deployments/1").has("could not be made", "The wiki stopped soon", "exec: &lt;nothing&gt;", `action="/sites/guide/retry"`, `/sites/guide/delete`, "It stopped here").lacks("data-events", "refresh")
	b.get("/").has("The wiki stopped soon", "See what to do")
	b.get("/sites/guide").has("The wiki stopped soon", `action="/sites/guide/retry"`)
	b.post("/sites/guide/retry").to("/deployments/2")
	b.get("/deployments/1").lacks("Try again", "Delete the site")
}

func TestProgress_WhenDoneLeadsToTheSite(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	d := b.aSite("wiki", "Guide")
	b.get("/sites/guide").lacks("Show the sign-in")
	w.finish(d.ID)
	b.get("/deployments/1").has("Guide", " is ready", "Open site", `href="http://guide.localhost:8480/"`, "Show the sign-in", "1.0 s")
}

func TestSignInOfASite_IsShownOnce(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("wiki", "Guide").ID)
	a := b.post("/sites/guide/sign-in").wants(http.StatusOK).has("Admin", "correct-horse-battery", "http://guide.localhost:8480/index.php/Special:UserLogin")
	if a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("may be kept: %q", a.header.Get("Cache-Control"))
	}
	w.clock.Advance(2 * time.Minute)
	b.post("/sites/guide/sign-in").wants(http.StatusConflict).lacks("correct-horse-battery")
	b.get("/sites/guide").lacks("Show the sign-in")
	w.finish(b.aSite("static-site", "Files").ID)
	b.post("/sites/files/sign-in").wants(http.StatusNotFound)
}

func TestSignIn_IsForWhoMadeTheSite(t *testing.T) {
	s := newTheatre(t)
	w := s.as("editor")
	w.get("/sites/guide").lacks("Show the sign-in")
	s.finish(w.aSite("wiki", "Handbook").ID)
	s.as("viewer").post("/sites/handbook/sign-in").wants(http.StatusForbidden)
	w.get("/sites/handbook").has("Show the sign-in")
	w.post("/sites/handbook/sign-in").wants(http.StatusOK).has("Admin", "correct-horse-battery")

	s.finish(w.aSite("wiki", "Later").ID)
	s.as("owner").post("/projects/main/members/"+number(s.cast["editor"].ID), "role", "viewer").wants(http.StatusSeeOther)
	w.get("/sites/later").lacks("Show the sign-in")
	w.post("/sites/later/sign-in").wants(http.StatusForbidden).lacks("correct-horse-battery")
}

func TestSettings_ChangeMakesARevision(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("static-site", "Guide").ID)
	b.get("/sites/guide/settings").has(`value="Guide"`, "checked", "Its address stays guide.localhost:8480.")
	b.post("/sites/guide/settings", "revision", "1", "name", "Guide", "setting.listing", "off", "setting.search", "off", "setting.search", "on").to("/sites/guide?did=nothing")
	b.get("/sites/guide?did=nothing").has("there was nothing to change")
	b.post("/sites/guide/settings", "revision", "1", "name", "!", "setting.search", "off").wants(http.StatusUnprocessableEntity).has(`id="name-mistake"`).lacks("checked")
	b.post("/sites/guide/settings", "revision", "1", "name", "New Guide", "setting.search", "off").to("/deployments/2")
	if spec, _ := w.store.SiteSpecByName(t.Context(), "guide"); spec.Site.Title != "New Guide" || spec.Revision.Settings["search"] != "off" {
		t.Errorf("wanted %+v", spec.Revision)
	}
}

func TestDelete_DemandsTheName(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("wiki", "Nurse Handbook").ID)
	b.get("/sites/nurse-handbook/delete").has("its files and its database in PostgreSQL", "cannot come back")
	b.post("/sites/nurse-handbook/delete").wants(http.StatusUnprocessableEntity)
	b.post("/sites/nurse-handbook/delete", "confirm", "Handbook").wants(http.StatusUnprocessableEntity).has("not the name of the site", `value="Handbook"`, `id="confirm-mistake"`)
	b.post("/sites/nurse-handbook/delete", "confirm", " nurse  handbook ").to("/deployments/2")
	b.get("/deployments/2").has("Deleting ", "Nurse Handbook")
	w.store.Update(2, func(d *seedbed.Deployment) { d.State = seedbed.Failed; d.Cause = "PostgreSQL does not answer." })
	b.post("/sites/nurse-handbook/retry").to("/deployments/3")
	w.finish(3)
	b.get("/deployments/3").has(" is deleted", "See your sites").lacks("Try again")
	b.get("/deployments/1").wants(http.StatusOK).has(" is deleted").lacks("Open site")
	b.get("/sites/nurse-handbook").wants(http.StatusNotFound)
	b.get("/").has("No sites yet")
}

func TestHome_BeginsWithWhatNeedsAttention(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("wiki", "Guide").ID)
	b.get("/").has("We have not looked at one of your sites yet")
	w.board.SetSite(1, seedbed.Status{State: seedbed.Live, Word: "Live", Sentence: "Answering in 120 ms.", Observed: w.clock.Now(), Since: w.clock.Now()})
	b.get("/").has("Nothing needs your attention", "Live", "guide.localhost:8480 ·", "Wiki")
	w.board.SetSite(1, seedbed.Status{State: seedbed.Broken, Word: "Not answering", Sentence: "It has not answered since 14:02.", Observed: w.clock.Now()})
	b.get("/").has("It has not answered since 14:02.", "See what to do").lacks("Nothing needs")
	b.get("/sites/guide").has("It has not answered since 14:02.", "Try again")
}

func TestServices_SayWhoUsesThem(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.get("/services").has("No services yet")
	w.finish(b.aSite("wiki", "Guide").ID)
	w.board.SetService(1, seedbed.Status{State: seedbed.Live, Word: "Live"})
	b.get("/services").has("PostgreSQL", "Live", "15432", `href="/sites/guide"`).lacks(webtest.Secret, "No site")
	b.post("/sites/guide/delete", "confirm", "guide").to("/deployments/2")
	w.finish(2)
	b.get("/services").has("PostgreSQL", "No site")
}

func TestServices_AreStartedWithoutASite(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.get("/services").has("No services yet", "New service")
	b.get("/services/new").has("PostgreSQL", "Redis", "A quick memory for sites.")
	b.get("/services/new/redis").has("Start Redis?", "256 MB", `action="/services"`)
	b.get("/services/new/wiki").wants(http.StatusNotFound)
	b.post("/services", "kind", "wiki").wants(http.StatusNotFound)
	b.get("/services").has("No services yet")

	for range 2 { // a second click changes nothing
		b.post("/services", "kind", "redis").to("/services")
	}
	b.get("/services").has("Redis", "15432", "No site").lacks(webtest.Secret, "Try again")
	b.get("/services/new").has("PostgreSQL").lacks("Redis")
	if got := w.store.Column(`SELECT what FROM events WHERE what LIKE '%Redis%'`); len(got) != 1 || got[0] != "asked for the service Redis" {
		t.Errorf("the record says %q", got)
	}

	w.board.SetService(1, seedbed.Status{State: seedbed.Broken, Word: "Stopped", Sentence: "It stopped by itself.", Words: "out of memory"})
	b.get("/services").has("It stopped by itself.", "out of memory", "Try again")
	b.post("/services/redis/retry").to("/services")
	if got := w.store.Column(`SELECT revision FROM services`); len(got) != 1 || got[0] != "2" {
		t.Errorf("its revision is %q", got)
	}
	b.post("/services/postgres/retry").wants(http.StatusNotFound)
}

func TestSettings_GiveNewPasswordsToASiteThatHasSome(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("wiki", "Guide").ID)
	w.finish(b.aSite("static-site", "Plain").ID)
	b.get("/sites/guide/settings").has("Give it new passwords").lacks(webtest.Secret)
	b.post("/sites/guide/passwords").to("/deployments/3")
	b.get("/sites/guide").has("gave new passwords to Guide")
	b.get("/sites/plain/settings").lacks("Give it new passwords")
	b.post("/sites/plain/passwords").wants(http.StatusConflict)
}

func TestServices_SayHowMuchASiteTakes(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("wiki", "Guide").ID)
	w.board.SetUsage(1, 1, seedbed.Usage{Bytes: 9_000_000, Connections: 1, Messages: 3})
	b.get("/services").has(`value="9000000"`, "3 messages waiting, 1 connection")
}

func TestActivity_SaysWhoDidWhat(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.get("/activity").has("Amina", "became the first administrator")
	b.aSite("wiki", "Guide")
	b.get("/activity").has("Amina", "asked for the site Guide", "<time ")
	b.get("/sites/guide").has("asked for the site Guide")
}

func TestPortal_EveryFirstVisitIsSmall(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.finish(b.aSite("static-site", "Guide").ID)
	for i := range 300 {
		if err := w.files.Put(t.Context(), seedbed.Volume{}, strings.Repeat("folder/", i%7)+string(rune('a'+i%26))+strings.Repeat("x", i%40), bytes.NewReader([]byte("x"))); err != nil {
			t.Fatal(err)
		}
	}
	amina, err := w.store.UserByName(t.Context(), "Amina")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 120 {
		title := "Clinic " + string(rune('A'+i%26)) + string(rune('A'+i/26)) + " of District " + strings.Repeat("I", i%30+1)
		if _, err := w.control.CreateSite(t.Context(), control.Person(amina, ""), control.SiteWish{Template: "wiki", Title: title}); err != nil {
			t.Fatal(err)
		}
	}
	shared := 0
	for _, name := range assetsOf(b.get("/").body) {
		shared += wireSize(w, b, name)
	}
	for _, path := range []string{"/", "/sites/new", "/sites/new/wiki", "/sites/new/wiki/review?name=Other", "/sites/guide", "/sites/guide/files", "/sites/guide/settings", "/sites/guide/delete", "/deployments/1", "/services", "/activity", "/projects", "/projects/main", "/people", "/account", "/sites/guide/move", "/sign-in", "/none"} {
		if n := wireSize(w, b, path) + shared; n > 30_000 {
			t.Errorf("%s takes %d bytes", path, n)
		}
	}
}
