package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/web"
	"seedbed/web/webtest"
)

func TestPortal_RefusesChangesThatAnotherSiteAsksFor(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	r := httptest.NewRequest(http.MethodPost, w.server.URL+"/sites", strings.NewReader("template=wiki&name=Guide"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-site") // a site at guide.localhost is not the portal
	b.do(r).wants(http.StatusForbidden).has("another site")
	if specs, _ := w.store.SiteSpecs(t.Context()); len(specs) != 0 {
		t.Errorf("made %v", specs)
	}
}

func TestPortal_TellsBrowsersWhatPagesMayDo(t *testing.T) {
	w := newWorld(t)
	a := w.browser().get("/setup")
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":  "nosniff",
		"Cache-Control":           "no-store",
		"Referrer-Policy":         "same-origin",
	} {
		if got := a.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestSetup_OnlyWithTheCodeAndOnlyOnce(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.get("/").to("/setup")
	b.get("/sign-in").to("/setup")
	b.get("/setup").wants(http.StatusOK).has("terminal").lacks("<form")
	b.get("/setup?code=guess").wants(http.StatusForbidden).has("This link is not valid").lacks(`name="password"`)
	b.get("/setup?code=the-code").wants(http.StatusOK).has(`value="the-code"`, `name="password"`)
	account := []string{"user", "Amina", "password", password, "again", password, "code"}
	b.post("/setup", append(account, "guess")...).wants(http.StatusForbidden)
	b.post("/setup", append(account, "the-code")...).to("/")
	b.get("/").wants(http.StatusOK).has("Amina", "Your sites")
	w.browser().post("/setup", append(account, "the-code")...).to("/sign-in")
	w.browser().get("/setup?code=the-code").to("/sign-in")
}

// fasterStore has somebody else make the first account at the last moment.
type fasterStore struct{ web.Store }

func (s fasterStore) CreateFirstUser(ctx context.Context, code string, u seedbed.User, address string) (seedbed.User, error) {
	if _, err := s.Store.CreateFirstUser(ctx, code, seedbed.User{Name: "Faster"}, address); err != nil {
		return seedbed.User{}, err
	}
	return s.Store.CreateFirstUser(ctx, code, u, address)
}

func TestSetup_SendsWhoWasNotTheFirstToSignIn(t *testing.T) {
	w := newWorld(t, func(c *config) { c.web.Store = fasterStore{c.web.Store} })
	w.browser().post("/setup", "code", "the-code", "user", "Amina", "password", password, "again", password).to("/sign-in")
}

func TestSetup_RefusesBadAccountsAndKeepsTheName(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct{ user, password, again, want string }{
		{"", password, password, "Choose a name"},
		{"two words", password, password, "no spaces"},
		{"<b>", password, password, "A user name has letters"},
		{"Amina", "short", "short", "at least 10"},
		{"Amina", "password2025", "password2025", "guessed first"},
		{"Amina", "1234567890", "1234567890", "guessed first"},
		{"Amina", "aaaaaaaaaaaa", "aaaaaaaaaaaa", "repeats"},
		{"Amina-Okoro", "amina-okoro1", "amina-okoro1", "guessed first"},
		{"Amina", password, "something else", "not the same"},
	} {
		a := w.browser().post("/setup", "code", "the-code", "user", c.user, "password", c.password, "again", c.again)
		a.wants(http.StatusUnprocessableEntity).has(c.want, `role="alert"`, "autofocus", `aria-invalid="true"`).lacks(password)
		if c.user == "Amina" {
			a.has(`value="Amina"`)
		}
	}
	if any, _ := w.store.HasUsers(t.Context()); any {
		t.Error("an account was made")
	}
}

func TestSignIn_SaysTheSameForAWrongNameAndAWrongPassword(t *testing.T) {
	w := newWorld(t)
	w.amina()
	const sentence = "This name and this password do not belong together."
	w.browser().post("/sign-in", "user", "amina", "password", "wrong password").wants(http.StatusUnprocessableEntity).has(sentence)
	w.browser().post("/sign-in", "user", "nobody", "password", password).wants(http.StatusUnprocessableEntity).has(sentence, `value="nobody"`)
	b := w.browser()
	b.post("/sign-in", "user", "amina", "password", password, "next", "/activity").to("/activity")
	b.get("/activity").wants(http.StatusOK)
}

func TestSignIn_MakesGuessingSlow(t *testing.T) {
	w := newWorld(t)
	w.amina()
	guess := func() answer { return w.browser().post("/sign-in", "user", "Amina", "password", "a wrong guess") }
	for range 6 {
		guess().wants(http.StatusUnprocessableEntity)
	}
	if got := guess().wants(http.StatusTooManyRequests).has("try again in 2 seconds").header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After: %q", got)
	}
	w.browser().post("/sign-in", "user", "AMINA", "password", password).wants(http.StatusTooManyRequests)
	w.clock.Advance(2100 * time.Millisecond)
	guess().wants(http.StatusUnprocessableEntity)
	guess().wants(http.StatusTooManyRequests).has("4 seconds")
	w.clock.Advance(5 * time.Second)
	w.browser().post("/sign-in", "user", "Amina", "password", password).to("/")
	guess().wants(http.StatusUnprocessableEntity)
}

func TestSignIn_GuessingAtOneNameKeepsNobodyElseOut(t *testing.T) {
	s := newTheatre(t)
	signIn := func(user, password string) answer {
		return s.browser().post("/sign-in", "user", user, "password", password)
	}
	for range 30 {
		signIn("owner", "a wrong guess")
		s.clock.Advance(20 * time.Second) // as patient as it has to be
	}
	for i := range 30 {
		signIn("nobody"+number(int64(i)), "a wrong guess")
	}
	signIn("owner", webtest.Password).wants(http.StatusTooManyRequests)
	signIn("editor", webtest.Password).to("/")
	signIn("viewer", "a wrong guess").wants(http.StatusUnprocessableEntity) // one password for each name is all
	for range 3 {
		signIn("viewer", webtest.Password).wants(http.StatusTooManyRequests)
	}
	events := s.store.Recorded()
	signIn("somebody", "a wrong guess").wants(http.StatusUnprocessableEntity)
	if after := s.store.Recorded(); after != events {
		t.Errorf("%d more events of an address that has to wait", after-events)
	}
	s.clock.Advance(6 * time.Minute)
	signIn("viewer", webtest.Password).to("/")
}

func TestLinks_WrongOnesKeepNobodyOut(t *testing.T) {
	s := newTheatre(t)
	link := s.as("owner").post("/projects/main/invitations", "role", "viewer").next().link()
	for range 21 {
		s.browser().get("/invitation?code=guess").wants(http.StatusForbidden)
	}
	s.browser().get("/invitation?code=guess").wants(http.StatusTooManyRequests)
	s.browser().get("/new-password?code=guess").wants(http.StatusTooManyRequests)
	s.browser().get(link).wants(http.StatusOK)
	s.browser().post("/sign-in", "user", "owner", "password", webtest.Password).to("/")
}

func TestSignIn_LeadsOnlyToThePortal(t *testing.T) {
	w := newWorld(t)
	w.amina()
	w.browser().get("/sites/new?x=1").to("/sign-in?next=%2Fsites%2Fnew%3Fx%3D1")
	for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "evil", "javascript:alert(1)", "/\t/evil.example", `\\evil.example`, "http:evil.example"} {
		w.browser().post("/sign-in", "user", "Amina", "password", password, "next", next).to("/")
	}
}

func TestSession_IsNewAtEverySignIn(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	first := w.store.SessionHashes()
	b.post("/sign-in", "user", "Amina", "password", password).to("/")
	second := w.store.SessionHashes()
	if len(first) != 1 || len(second) != 1 || first[0] == second[0] {
		t.Errorf("rows before %v and after %v, want one each and different", first, second)
	}
}

func TestSession_CookieHoldsAnOpaqueID(t *testing.T) {
	w := newWorld(t, func(c *config) { c.web.Secure = true })
	a := w.browser().post("/setup", "code", "the-code", "user", "Amina", "password", password, "again", password).wants(http.StatusSeeOther)
	cookie, err := http.ParseSetCookie(a.header.Get("Set-Cookie"))
	if err != nil {
		t.Fatal(err)
	}
	if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteLaxMode || cookie.Domain != "" || cookie.Path != "/" || !strings.HasPrefix(cookie.Name, "__Host-") {
		t.Errorf("cookie %v", cookie)
	}
	if len(cookie.Value) != 43 || strings.Contains(strings.Join(w.store.SessionHashes(), " "), cookie.Value) {
		t.Errorf("id %q, rows %v", cookie.Value, w.store.SessionHashes())
	}
}

func TestSession_IgnoresAnIDThatWePutNowhere(t *testing.T) {
	w := newWorld(t)
	w.amina()
	b := w.browser()
	r := httptest.NewRequest(http.MethodGet, w.server.URL+"/", nil)
	r.AddCookie(&http.Cookie{Name: "seedbed", Value: "chosen-by-somebody-else"})
	b.do(r).to("/sign-in")
	r = httptest.NewRequest(http.MethodPost, w.server.URL+"/sign-in", strings.NewReader("user=Amina&password=four+quiet+garden+gates"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "seedbed", Value: "chosen-by-somebody-else"})
	if cookie := b.do(r).to("/").header.Get("Set-Cookie"); strings.Contains(cookie, "chosen-by-somebody-else") {
		t.Errorf("kept the id: %s", cookie)
	}
}

func TestSession_EndsByItselfAndBySigningOut(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	for range 6 { // used every week and a half: idle never, too old at last
		b.get("/").wants(http.StatusOK)
		w.clock.Advance(13 * 24 * time.Hour)
	}
	b.get("/").wants(http.StatusOK)
	w.clock.Advance(13 * 24 * time.Hour)
	b.get("/").to("/sign-in")

	b.post("/sign-in", "user", "Amina", "password", password).to("/")
	w.clock.Advance(15 * 24 * time.Hour)
	b.get("/").to("/sign-in")

	b.post("/sign-in", "user", "Amina", "password", password).to("/")
	b.post("/sign-out").to("/sign-in")
	b.get("/").to("/sign-in")
	if rows := w.store.SessionHashes(); len(rows) != 0 {
		t.Errorf("rows left: %v", rows)
	}
}

func TestPortal_AnswersUnknownAddressesCalmly(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	for _, path := range []string{"/nothing", "/sites/none", "/sites/--", "/deployments/9", "/deployments/x", "/sites/new/postgres", "/sites/new/none", "/deployments/9/events", "/static/x/app.css/"} {
		b.get(path).wants(http.StatusNotFound).has("Not here", "Go to your sites")
	}
	b.get("/static/000000000000/app.css").wants(http.StatusNotFound)
	b.get("/healthz").wants(http.StatusOK).has("ok")
}

func TestPortal_ShowsOurOwnFaultsWithoutTheirText(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	w.store.Fail = &seedbed.Error{Code: seedbed.Unavailable, Message: "The database does not answer."}
	b.get("/").wants(http.StatusServiceUnavailable).has("The database does not answer.")
	w.store.Fail = errSecret{}
	b.get("/").wants(http.StatusInternalServerError).has("Something went wrong").lacks("hunter2")
	if n := strings.Count(w.logged.String(), "hunter2"); n != 1 {
		t.Errorf("logged %d times, want once:\n%s", n, w.logged)
	}
}

type errSecret struct{}

func (errSecret) Error() string { return "password hunter2 refused" }

func TestPortal_OutlivesAPanic(t *testing.T) {
	w := newWorld(t, func(c *config) {
		c.control.SiteURL = func(seedbed.HostName) string { panic("no address") }
	})
	b := w.amina()
	b.aSite("wiki", "Guide")
	b.get("/sites/guide").wants(http.StatusInternalServerError).has("Something went wrong").lacks("no address")
	b.get("/activity").wants(http.StatusOK)
	if n := strings.Count(w.logged.String(), "no address"); n != 1 {
		t.Errorf("logged %d times, want once", n)
	}
}

func TestPortal_SaysWhoCanDoWhatIsRefused(t *testing.T) {
	s := newTheatre(t)
	viewer := s.as("viewer")
	viewer.get("/sites/guide/settings").wants(http.StatusForbidden).has("An owner of the project or an administrator can do it, or give you another role.")
	for _, path := range []string{"/operations/machines", "/operations/storage", "/people", "/services/new"} {
		viewer.get(path).wants(http.StatusForbidden).has("An operator or an administrator can do it.").lacks("owner")
	}
	s.as("operator").get("/projects/new").wants(http.StatusForbidden).has("An administrator can do it.").lacks("An operator or")
}

func TestPortal_SaysOnEveryPageThatDockerIsAway(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.aSite("static-site", "Guide")
	w.board.SetParts(seedbed.PartStatus{Name: "Consul", OK: true}, seedbed.PartStatus{Name: "Docker", Trouble: "Docker does not answer. Sites cannot be started.", Words: "dial unix: no such file"})
	for _, path := range []string{"/", "/services", "/activity", "/sites/new", "/sites/guide", "/sites/guide/files", "/deployments/1"} {
		b.get(path).wants(http.StatusOK).has("Docker does not answer.", "Sites cannot be started.", "dial unix").lacks("Consul does not")
	}
	w.browser().get("/sign-in").lacks("Docker")
}

func TestPasswords_AreHashedAsRecommended(t *testing.T) {
	w := newWorld(t, func(c *config) { c.web.Hashing = nil })
	w.amina()
	if hash := w.store.Column(`SELECT password_hash FROM users`)[0]; !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("the hash is %q", hash)
	}
}
