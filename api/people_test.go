package api_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// codeOf is the secret in a link.
func codeOf(path string) string {
	_, code, _ := strings.Cut(path, "code=")
	return code
}

func members(w *world, a, reader *caller) {
	w.Helper()
	made := a.post("/projects/maternal-health/invitations", `{"role":"editor","note":"for  Joseph"}`).wants(201).has(`"note":"for Joseph"`)
	invitation := in[wire.Invitation](made)
	at := fmt.Sprintf("/projects/maternal-health/invitations/%d", invitation.ID)
	if made.header.Get("Location") != "/api/v1"+at || made.header.Get("Cache-Control") != "no-store" {
		w.Errorf("made %v", made.header)
	}
	a.get("/projects/maternal-health").wants(200).has(`"role":"editor"`, "for Joseph").lacks(codeOf(invitation.Path))
	a.post("/projects/maternal-health/invitations", `{"role":"king","note":"`+strings.Repeat("x", 101)+`"}`).wants(422).has(`"field":"role"`, `"field":"note"`)
	a.post("/projects/none/invitations", `{"role":"editor"}`).wants(404)
	reader.post("/projects/maternal-health/invitations", `{"role":"editor"}`).wants(403)
	reader.get("/projects/maternal-health").has(`"members"`).lacks("invitations")
	reader.do("DELETE", at, "").wants(403)
	a.do("DELETE", strings.Replace(at, "maternal-health", "main", 1), "").wants(404) // it belongs to another project
	a.do("DELETE", at, "").wants(204)
	a.do("DELETE", at, "").wants(404)
	a.do("DELETE", "/projects/maternal-health/invitations/x", "").wants(404)

	link := in[wire.Invitation](a.post("/projects/maternal-health/invitations", `{"role":"viewer"}`).wants(201))
	joseph, err := w.store.Join(w.Context(), seedbed.Secret(codeOf(link.Path)), seedbed.User{Name: "Joseph", PasswordHash: "none"}, "192.0.2.3")
	if err != nil {
		w.Fatal(err)
	}
	member := fmt.Sprintf("/projects/maternal-health/members/%d", joseph.ID)
	a.do("PATCH", member, `{"role":"editor"}`).wants(204)
	a.get("/projects/maternal-health").has(`"user":"Joseph","role":"editor"`)
	a.do("PATCH", member, `{"role":"king"}`).wants(422).has(`"field":"role"`)
	a.do("PATCH", fmt.Sprintf("/projects/maternal-health/members/%d", w.user.ID), `{"role":"viewer"}`).wants(409)
	a.do("PATCH", "/projects/maternal-health/members/999", `{"role":"viewer"}`).wants(404)
	a.do("PATCH", "/projects/maternal-health/members/x", `{"role":"viewer"}`).wants(404)
	reader.do("PATCH", member, `{"role":"viewer"}`).wants(403)
	reader.do("DELETE", member, "").wants(403)
	a.do("DELETE", fmt.Sprintf("/projects/maternal-health/members/%d", w.user.ID), "").wants(409)
	a.do("DELETE", member, "").wants(204)
	a.do("DELETE", member, "").wants(404)

	a.do("PATCH", "/projects/maternal-health", `{"title":"Child Health"}`).wants(200).has("Child Health", `"name":"maternal-health"`)
	a.do("PATCH", "/projects/maternal-health", `{"title":""}`).wants(422).has(`"field":"title"`)
	a.do("PATCH", "/projects/none", `{"title":"X"}`).wants(404)
	reader.do("PATCH", "/projects/maternal-health", `{"title":"X"}`).wants(403)
	moves(w, a, reader)
}

// moves has a site belong to another project, which then cannot be deleted.
func moves(w *world, a, reader *caller) {
	w.Helper()
	a.post("/sites/book/move", `{"project":"maternal-health"}`).wants(200).has(`"project":"maternal-health"`)
	a.post("/sites/book/move", `{"project":"none"}`).wants(422).has(`"field":"project"`)
	a.post("/sites/none/move", `{"project":"main"}`).wants(404)
	reader.post("/sites/book/move", `{"project":"main"}`).wants(403)
	a.do("DELETE", "/projects/maternal-health", "").wants(409)
	a.post("/sites/book/move", `{"project":"main"}`).wants(200)
	reader.do("DELETE", "/projects/maternal-health", "").wants(403)
	a.do("DELETE", "/projects/maternal-health", "").wants(204)
	a.do("DELETE", "/projects/maternal-health", "").wants(404)
}

func users(w *world, a, reader *caller) {
	w.Helper()
	pauline := w.store.Joined("pauline", w.store.Project("main"), seedbed.Editor)
	program := w.program(pauline, "read")
	at := fmt.Sprintf("/users/%d", pauline.ID)
	a.do("PATCH", at, `{"role":"operator"}`).wants(204)
	a.get("/users").has(`"name":"pauline","role":"operator"`)
	a.do("PATCH", at, `{"role":""}`).wants(204)
	a.do("PATCH", at, `{"role":"emperor"}`).wants(422)
	a.do("PATCH", at, `{"role":"operator"}`).wants(204)
	a.do("PATCH", at, `{}`).wants(422).has(`"field":"role"`)
	a.do("PATCH", at, `{"role":null}`).wants(422).has(`"field":"role"`)
	a.get("/users").has(`"name":"pauline","role":"operator"`) // what was left out took nothing away
	a.do("PATCH", at, `{"role":""}`).wants(204)
	a.do("PATCH", fmt.Sprintf("/users/%d", w.user.ID), `{"role":""}`).wants(409) // the last administrator
	a.do("PATCH", "/users/999", `{"role":""}`).wants(404)
	a.do("PATCH", "/users/x", `{"role":""}`).wants(404)
	reader.do("PATCH", at, `{"role":"operator"}`).wants(403)
	link := in[wire.Link](a.post(at+"/password-link", "").wants(201))
	if who, err := w.store.PasswordLinkUser(w.Context(), seedbed.Secret(codeOf(link.Path))); err != nil || who.ID != pauline.ID {
		w.Errorf("the link is for %+v: %v", who, err)
	}
	a.post(at+"/block", "").wants(204)
	program.get("/me").wants(401).has("blocked")
	a.post(fmt.Sprintf("/users/%d/block", w.user.ID), "").wants(409).has("cannot block yourself")
	a.post(at+"/password-link", "").wants(409)
	a.post(at+"/unblock", "").wants(204)
	program.get("/me").wants(200)
	for _, what := range []string{"/block", "/unblock", "/password-link"} {
		a.post("/users/999"+what, "").wants(404)
		a.post("/users/x"+what, "").wants(404)
		reader.post(at+what, "").wants(403)
	}
}

func TestLinks_AreReadableOnlyInTheirAnswer(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	at := fmt.Sprintf("/users/%d/password-link", w.user.ID)
	for path, body := range map[string]string{"/projects/main/invitations": `{"role":"viewer"}`, at: ""} {
		made := a.post(path, body, "Idempotency-Key", "k"+fmt.Sprint(len(path))).wants(201)
		again := a.post(path, body, "Idempotency-Key", "k"+fmt.Sprint(len(path))).wants(201)
		code := regexp.MustCompile(`code=([A-Za-z0-9_-]{43})`).FindStringSubmatch(made.body)
		if code == nil || again.body != made.body || made.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: %v %s, and then %s", path, made.header, made.body, again.body)
		}
		for table, columns := range map[string]string{"requests": "key || fingerprint || answer", "invitations": "hash || note", "password_links": "hash", "events": "what || subject"} {
			if rows := w.store.Column(`SELECT rowid FROM `+table+` WHERE instr(CAST(`+columns+` AS BLOB), CAST(? AS BLOB)) > 0`, code[1]); len(rows) != 0 {
				t.Errorf("the code can be read in %s", table)
			}
		}
		if strings.Contains(w.logged.String(), code[1]) {
			t.Error("the code is in the log")
		}
	}
}

func TestTokens_OfOneProjectStayInIt(t *testing.T) {
	var cast map[string]seedbed.User
	w := newWorldOf(t, func(w *world) error {
		cast = w.store.Cast()
		return nil
	})
	administrator := w.program(cast["administrator"], "admin")
	administrator.post("/sites", `{"template":"wiki","title":"Guide","project":"main"}`).wants(202)
	administrator.post("/tokens", `{"name":"x","scope":"read","project":"none"}`).wants(422).has(`"field":"project"`)
	made := in[wire.Token](administrator.post("/tokens", `{"name":"x","scope":"admin","project":"other"}`).wants(201).has(`"project":"other"`))
	limited := w.as(made.Token)
	limited.get("/me").wants(200).has(`"project":"other"`)
	for _, route := range deletesLast(routesOf(t, w.handler)) {
		want := gets()[route][0] // as the owner of "other"
		switch {
		case strings.Contains(route, "/tokens") && !strings.HasPrefix(route, "GET "):
			want = 'f'
		case route == "POST /sites":
			want = 'r' // it asks for the project main
		}
		w.try(limited, route, "outsider", want)
	}
	limited.post("/sites", `{"template":"static-site","title":"Ours"}`).wants(202).has(`"site":"ours"`) // there is but one project
	limited.get("/sites").has("Ours").lacks("Guide")
	limited.get("/tokens").has(`"project":"other"`)
	limited.get(fmt.Sprintf("/tokens/%d", made.ID)).wants(200)
	limited.scrape().wants(403)
	if err := w.control.RemoveMember(t.Context(), control.Person(cast["administrator"], ""), "other", cast["outsider"].ID); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("%v", err)
	}
}
