package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"seedbed"
	"seedbed/web/webtest"
)

// link is the path of the link that a page shows once.
func (a answer) link() string {
	a.w.Helper()
	found := regexp.MustCompile(`http://[^<]*/((invitation|new-password)\?code=[^<]+)`).FindStringSubmatch(a.wants(http.StatusOK).body)
	if found == nil {
		a.w.Fatalf("no link in:\n%s", a.body)
	}
	return "/" + found[1]
}

func codeOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		panic(err)
	}
	return u.Query().Get("code")
}

func TestInvitation_LetsOneNewPersonInOnce(t *testing.T) {
	s := newTheatre(t)
	owner := s.as("owner")
	link := owner.post("/projects/main/invitations", "role", "editor", "note", "Joseph").next().has("It works once").link()
	owner.get("/projects/main").has("Not accepted yet", "Joseph", "invited by").lacks(codeOf(link))

	guest := s.browser()
	guest.get(link).wants(http.StatusOK).has("owner", "invites you to the project", "Main", "as an editor", `name="user"`)
	join := []string{"code", codeOf(link), "password", password, "again", password, "user"}
	guest.post("/invitation", append(join, "viewer")...).wants(http.StatusUnprocessableEntity).has("Somebody has this name already", `value="viewer"`).lacks(password)
	guest.post("/invitation", append(join, "Joseph")...).to("/")
	guest.get("/").has("Guide", "Joseph", "New site")
	guest.get("/projects").to("/projects/main")

	s.browser().get(link).wants(http.StatusForbidden).has("accepted already; it works once")
	s.browser().post("/invitation", append(join, "Eve")...).wants(http.StatusForbidden)
	owner.get("/projects/main").has("Joseph").lacks("Not accepted yet")
	owner.get("/activity").has("invited somebody to be an editor", "accepted owner’s invitation")
	if found := s.store.Column(`SELECT name FROM users WHERE name = 'Eve'`); len(found) != 0 {
		t.Error("a used link made an account")
	}
}

func TestInvitation_IsAcceptedBySomebodyWithAnAccount(t *testing.T) {
	s := newTheatre(t)
	link := s.as("owner").post("/projects/main/invitations", "role", "viewer").next().link()
	b := s.browser()
	b.get(link).has("Sign in first", "/sign-in?next="+url.QueryEscape("/invitation?code="))
	b.post("/sign-in", "user", "outsider", "password", webtest.Password, "next", link).to(link)
	b.get(link).has("You are signed in as", "outsider", "Accept")
	b.post("/invitation", "code", codeOf(link)).to("/projects/main?did=joined")
	b.get("/projects/main?did=joined").has("You are in.", "Guide")
	b.get("/").has("Guide")
	b.get("/projects").has("Main", "Other", "you are a viewer", "you are an owner")
}

func TestInvitation_ToWhatOneHasAlreadyIsNotUsedUp(t *testing.T) {
	s := newTheatre(t)
	link := s.as("owner").post("/projects/main/invitations", "role", "viewer").next().link()
	s.as("editor").post("/invitation", "code", codeOf(link)).wants(http.StatusConflict).has("You are in this project already, as an editor.")
	s.as("outsider").post("/invitation", "code", codeOf(link)).to("/projects/main?did=joined")
}

func TestInvitation_SaysWhyItCannotBeUsed(t *testing.T) {
	s := newTheatre(t)
	owner := s.as("owner")
	revoked := owner.post("/projects/main/invitations", "role", "viewer").next().link()
	owner.post("/projects/main/invitations/" + s.store.Column(`SELECT max(id) FROM invitations`)[0] + "/revoke").to("/projects/main?did=revoked")
	s.browser().get(revoked).wants(http.StatusForbidden).has("was taken back")
	old := owner.post("/projects/main/invitations", "role", "viewer").next().link()
	s.clock.Advance(7*24*time.Hour + time.Second)
	s.browser().get(old).wants(http.StatusForbidden).has("has expired")
	for _, link := range []string{"/invitation", "/invitation?code=", "/invitation?code=guess"} {
		s.browser().get(link).wants(http.StatusForbidden).has("not the link of an invitation")
	}
}

func TestInvitation_OpenedByTwoAtOnceLetsOneIn(t *testing.T) {
	s := newTheatre(t)
	code := codeOf(s.as("owner").post("/projects/main/invitations", "role", "editor").next().link())
	statuses := make([]int, 4)
	var all sync.WaitGroup
	for i := range statuses {
		b, name := s.browser(), "Guest"+number(int64(i))
		all.Go(func() {
			statuses[i] = b.post("/invitation", "code", code, "user", name, "password", password, "again", password).status
		})
	}
	all.Wait()
	in := 0
	for _, status := range statuses {
		switch status {
		case http.StatusSeeOther:
			in++
		case http.StatusForbidden:
		default:
			t.Errorf("answered %v", statuses)
		}
	}
	if made := s.store.Column(`SELECT name FROM users WHERE name LIKE 'Guest%'`); in != 1 || len(made) != 1 {
		t.Errorf("let in %d, made %v, want one", in, made)
	}
}

func TestProject_KeepsItsLastOwner(t *testing.T) {
	s := newTheatre(t)
	owner, id := s.as("owner"), number(s.cast["owner"].ID)
	editor := number(s.cast["editor"].ID)
	owner.post("/projects/main/members/"+id, "role", "viewer").wants(http.StatusUnprocessableEntity).has("is the last owner")
	owner.post("/projects/main/members/" + id + "/remove").wants(http.StatusUnprocessableEntity).has("is the last owner")
	owner.post("/projects/main/members/"+editor, "role", "king").wants(http.StatusUnprocessableEntity).has("Choose what they may do")
	owner.post("/projects/main/members/"+editor, "role", "owner").to("/projects/main?did=role")
	owner.post("/projects/main/members/" + id + "/remove").to("/")
	owner.get("/").wants(http.StatusOK).lacks("Guide")
	owner.get("/sites/guide").wants(http.StatusNotFound)
	s.as("editor").get("/activity").has("made editor an owner of", "removed owner from")
}

func TestProject_IsMadeRenamedFilledAndDeleted(t *testing.T) {
	s := newTheatre(t)
	b := s.as("administrator")
	b.get("/projects").has("Main", "Other", "New project", "2 sites", "no sites")
	b.post("/projects", "name", "").wants(http.StatusUnprocessableEntity).has("Give the project a name", `id="name-mistake"`)
	b.post("/projects", "name", "Maternal Health").to("/projects/maternal-health")
	b.post("/projects", "name", "maternal  HEALTH").wants(http.StatusUnprocessableEntity).has("This name is taken by another project.", `id="name-mistake"`, "maternal  HEALTH")
	b.post("/projects", "name", "Maternal-Health").to("/projects/maternal-health-2")
	b.post("/projects/maternal-health-2/name", "name", "Maternal Health").wants(http.StatusUnprocessableEntity).has("This name is taken")
	b.post("/projects/maternal-health-2/name", "name", "MATERNAL-Health").to("/projects/maternal-health-2?did=name")
	b.post("/projects", "name", "دليل").to("/projects/project")
	b.post("/projects/maternal-health/name", "name", "Mothers").to("/projects/maternal-health?did=name")
	b.get("/sites/new?project=maternal-health").has("/sites/new/wiki?project=maternal-health")
	b.get("/sites/new/wiki?project=maternal-health").has(`name="project"`, `<option value="maternal-health" selected>Mothers`)
	b.post("/sites", "template", "wiki", "name", "New").wants(http.StatusUnprocessableEntity).has("Choose the project", `id="project-mistake"`)
	b.post("/sites", "template", "wiki", "name", "Fresh", "project", "maternal-health").wants(http.StatusSeeOther)
	b.get("/").has("Mothers", "Guide")
	b.post("/projects/maternal-health/delete").wants(http.StatusUnprocessableEntity).has("still has sites, so it was not deleted: Fresh.")
	b.get("/projects/maternal-health").has("once it has no sites").lacks("Delete the project")
	b.post("/sites/none/move", "project", "other").wants(http.StatusNotFound)
	b.post("/sites/guide/move", "project", "nowhere").wants(http.StatusUnprocessableEntity).has("Choose the project that the site is to belong to.")
	b.post("/sites/guide/move", "project", "other").to("/sites/guide?did=move")
	b.get("/sites/guide?did=move").has("It belongs to Other now. Visitors noticed nothing.", `In the project <a href="/projects/other"><bdi>Other</bdi></a>`)
	s.as("outsider").get("/sites/guide").wants(http.StatusOK).has("moved the site Guide")
	s.as("viewer").get("/sites/guide").wants(http.StatusNotFound)
	s.as("viewer").get("/activity").lacks("Guide")
	b.post("/projects/maternal-health-2/delete", "confirm", "Mothers").wants(http.StatusUnprocessableEntity).has("This is not the name of the project", `id="confirm-mistake"`, `value="Mothers"`)
	b.post("/projects/maternal-health-2/delete").wants(http.StatusUnprocessableEntity)
	b.get("/projects/maternal-health-2").has("Delete the project")
	b.post("/projects/maternal-health-2/delete", "confirm", " maternal-health-2 ").to("/projects?did=delete-project")
	b.get("/activity").has("deleted the project MATERNAL-Health")
	b.get("/projects/maternal-health-2").wants(http.StatusNotFound)
}

func TestMove_OnlyWhereOneMayMakeSites(t *testing.T) {
	s := newTheatre(t)
	s.as("owner").get("/sites/guide/move").has("no other project")
	s.as("owner").post("/sites/guide/move", "project", "other").wants(http.StatusUnprocessableEntity)
}

func TestPeople_AreBlockedAndLetInAgain(t *testing.T) {
	s := newTheatre(t)
	admin, editor := s.as("administrator"), s.as("editor")
	id, own := number(s.cast["editor"].ID), number(s.cast["administrator"].ID)
	s.as("operator").get("/people").has("editor").lacks("Block")
	admin.get("/people").has("editor", "Block", "Operator")
	editor.get("/").wants(http.StatusOK)
	admin.post("/people/" + id + "/block").to("/people?did=block")
	editor.get("/").to("/sign-in")
	s.browser().post("/sign-in", "user", "editor", "password", "wrong").wants(http.StatusUnprocessableEntity).lacks("blocked")
	s.browser().post("/sign-in", "user", "editor", "password", webtest.Password).wants(http.StatusUnprocessableEntity).has("This account is blocked")
	admin.post("/people/"+id+"/password").wants(http.StatusUnprocessableEntity).has("<h1>People</h1>", "blocked")
	admin.post("/people/" + id + "/unblock").to("/people?did=unblock")
	s.browser().post("/sign-in", "user", "editor", "password", webtest.Password).to("/")

	admin.post("/people/"+own+"/block").wants(http.StatusUnprocessableEntity).has("You cannot block yourself", "<h1>People</h1>", `name="confirm" open`, `<option value="administrator" selected>`)
	admin.post("/people/"+own+"/role", "role", "operator").wants(http.StatusUnprocessableEntity).has("is the last administrator", "<h1>People</h1>", `name="confirm" open`, `<option value="operator" selected>`)
	admin.post("/people/"+id+"/role", "role", "emperor").wants(http.StatusUnprocessableEntity).has("Choose operator, administrator or neither.")
	admin.post("/people/999/block").wants(http.StatusNotFound)
	admin.post("/people/"+id+"/role", "role", "administrator").to("/people?did=role")
	admin.post("/people/"+own+"/role", "role", "").to("/people?did=role")
	admin.get("/people").wants(http.StatusForbidden)
	s.as("editor").get("/activity").has("made editor an administrator", "blocked editor", "let editor sign in again")
}

func TestNewPassword_ByALinkThatWorksOnce(t *testing.T) {
	s := newTheatre(t)
	before := s.as("editor")
	offer := func() string {
		return s.as("administrator").post("/people/" + number(s.cast["editor"].ID) + "/password").next().has("works once").link()
	}
	first, second := offer(), offer()
	s.browser().get(first).wants(http.StatusForbidden)
	b := s.browser()
	b.get(second).has("editor", `name="again"`)
	b.post("/new-password", "code", codeOf(second), "password", "short", "again", "short").wants(http.StatusUnprocessableEntity).has("at least 10")
	b.post("/new-password", "code", codeOf(second), "password", "seven tall bright trees", "again", "seven tall bright trees").to("/sign-in?did=new-password&user=editor")
	b.get("/sign-in?did=new-password&user=editor").has("The new password is set. Sign in with it.", `value="editor"`).lacks("seven tall")
	b.get("/sign-in?did=other&user=%22x").lacks("is set", "&#34;x")
	b.get(second).wants(http.StatusForbidden).has("works once")
	before.get("/").to("/sign-in")
	b.post("/sign-in", "user", "editor", "password", "seven tall bright trees").to("/")
	late := offer()
	s.clock.Advance(24*time.Hour + time.Second)
	s.browser().get(late).wants(http.StatusForbidden)
}

func TestAccount_ChangesThePasswordAndSignsOutElsewhere(t *testing.T) {
	s := newTheatre(t)
	here, elsewhere := s.as("editor"), s.as("editor")
	change := func(present, next, again string) answer {
		return here.post("/account/password", "present", present, "password", next, "again", again)
	}
	change("wrong", "seven tall bright trees", "seven tall bright trees").wants(http.StatusUnprocessableEntity).has("not your present password", `id="present-mistake"`)
	change(webtest.Password, "seven tall bright trees", "other").wants(http.StatusUnprocessableEntity).has("not the same")
	elsewhere.get("/").wants(http.StatusOK)
	change(webtest.Password, "seven tall bright trees", "seven tall bright trees").to("/account?did=password")
	elsewhere.get("/").to("/sign-in")
	here.get("/account?did=password").wants(http.StatusOK).has("Your password is changed", "changed")

	again := s.as("editor")
	here.post("/account/sign-out").to("/sign-in")
	again.get("/").to("/sign-in")
}

func TestActivity_TellsSignInsInModeration(t *testing.T) {
	s := newTheatre(t)
	for range 5 {
		s.browser().post("/sign-in", "user", "Editor", "password", "hunter2hunter2").wants(http.StatusUnprocessableEntity)
		s.browser().post("/sign-in", "user", "hunter2hunter2", "password", "x").wants(http.StatusUnprocessableEntity)
	}
	for who, told := range map[string]string{"somebody gave a wrong password for editor": "1", "somebody tried to sign in with a name that nobody has": "1"} {
		if got := s.store.Column(`SELECT count(*) FROM events WHERE what = ?`, who); got[0] != told {
			t.Errorf("%q is recorded %s times, want %s", who, got[0], told)
		}
	}
	s.as("administrator").get("/activity").has("Somebody gave a wrong password for editor", "from 127.0.0.1").lacks("hunter2")
	s.as("editor").get("/activity").has("Somebody gave a wrong password for editor")
	s.as("viewer").get("/activity").lacks("wrong password", "127.0.0.1")
}

func TestActivity_IsPagedAndFiltered(t *testing.T) {
	s := newTheatre(t)
	by := seedbed.Author{UserID: s.cast["editor"].ID, Name: "editor", Address: "192.0.2.44"}
	for i := range 120 {
		if err := s.store.AddEvent(t.Context(), by.Did(s.clock.Now(), "counted to "+number(int64(i))+".", "s1-guide")); err != nil {
			t.Fatal(err)
		}
	}
	first := s.as("owner").get("/activity").has("counted to 119.", "Earlier", "192.0.2.44").lacks("counted to 19.")
	older := regexp.MustCompile(`href="(/activity\?before=\d+)"`).FindStringSubmatch(first.body)
	if older == nil {
		t.Fatal("no way to the page before")
	}
	s.as("owner").get(older[1]).has("counted to 19.", "counted to 0.", "The newest").lacks("counted to 20.", "counted to 119.")
	s.as("administrator").get("/activity?person="+number(s.cast["outsider"].ID)).has("What one person did.", "accepted").lacks("counted")
	s.as("viewer").get("/activity?site=guide").has("counted to 119.").lacks("192.0.2.44")
	s.as("outsider").get("/activity").lacks("counted")
}

func TestProgressEvents_EndForWhoMayNoLongerSeeThem(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s := newTheatre(t)
	d := s.as("owner").aSite("wiki", "Slow")
	messages := s.as("viewer").events(ctx, "/deployments/"+number(d.ID)+"/events")
	if message := <-messages; !strings.Contains(message, "event: progress") {
		t.Fatalf("told %q", message)
	}
	if err := s.store.RemoveMember(ctx, s.store.Project("main").ID, s.cast["viewer"].ID, seedbed.Author{}); err != nil {
		t.Fatal(err)
	}
	s.board.Tell()
	if message, open := <-messages; open || ctx.Err() != nil {
		t.Errorf("told %q to somebody who is no longer in the project (%v)", message, ctx.Err())
	}
}
