package api_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/api/wire"
)

func TestAPI_RefusesEveryRouteWithoutAToken(t *testing.T) {
	w := newWorld(t)
	w.amina("admin").post("/sites", guide).wants(202)
	fill := strings.NewReplacer("{name}", "guide", "{id}", "1", "{backup}", "b1")
	for _, route := range routesOf(t, w.handler) {
		method, path, _ := strings.Cut(route, " ")
		if path == "/openapi.json" {
			continue
		}
		a := w.as("").do(method, fill.Replace(path), "{}").wants(401).lacks("guide")
		if !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s: %v", route, a.header)
		}
	}
}

// least is the scope that each route needs; a program with less is refused.
// A route that is missing here fails the test.
func least() map[string]string {
	return map[string]string{
		"GET /me": "read", "GET /templates": "read", "GET /sites": "read", "POST /sites": "write",
		"GET /sites/{name}": "read", "PATCH /sites/{name}": "write", "DELETE /sites/{name}": "admin", "GET /sites/{name}/status": "read",
		"GET /sites/{name}/visitors": "read", "PATCH /sites/{name}/visitors": "write", "GET /sites/{name}/visits": "read",
		"GET /sites/{name}/revisions": "read", "POST /sites/{name}/retry": "write", "POST /sites/{name}/return": "write", "POST /sites/{name}/pause": "write", "POST /sites/{name}/resume": "write", "POST /sites/{name}/sign-in": "admin",
		"GET /sites/{name}/log": "read", "GET /services": "read", "GET /volumes": "read", "GET /deployments": "read", "GET /deployments/{id}": "read", "GET /events": "read",
		"GET /sites/{name}/backups": "read", "POST /sites/{name}/backups": "write", "POST /sites/{name}/backups/{backup}/restore": "admin", "POST /services": "admin",
		"GET /sites/{name}/log/events": "read", "GET /sites/{name}/usage": "read", "POST /sites/{name}/move": "admin", "POST /sites/{name}/passwords": "write",
		"GET /sites/{name}/files": "read", "PUT /sites/{name}/files": "write", "POST /sites/{name}/files": "write", "DELETE /sites/{name}/files": "write",
		"DELETE /sites/{name}/backups/{backup}": "admin", "POST /services/{kind}/restart": "admin", "GET /machines": "read",
		"PATCH /projects/{name}": "admin", "DELETE /projects/{name}": "admin", "POST /projects/{name}/invitations": "admin", "DELETE /projects/{name}/invitations/{id}": "admin",
		"PATCH /projects/{name}/members/{id}": "admin", "DELETE /projects/{name}/members/{id}": "admin",
		"PATCH /users/{id}": "admin", "POST /users/{id}/block": "admin", "POST /users/{id}/unblock": "admin", "POST /users/{id}/password-link": "admin",
		"GET /projects": "read", "POST /projects": "admin", "GET /projects/{name}": "read", "GET /users": "read",
		"GET /tokens": "read", "POST /tokens": "admin", "GET /tokens/{id}": "read", "DELETE /tokens/{id}": "admin",
	}
}

func TestAPI_KeepsEveryRouteWithinTheScope(t *testing.T) {
	w := newWorld(t)
	scopes := []string{"read", "write", "admin"}
	callers := map[string]*caller{}
	for _, scope := range scopes {
		callers[scope] = w.amina(scope)
	}
	callers["admin"].post("/sites", `{"template":"wiki","title":"Guide"}`).wants(202)
	callers["admin"].post("/sites", `{"template":"static-site","title":"Pages"}`).wants(202)
	for _, route := range routesOf(t, w.handler) {
		method, path, _ := strings.Cut(route, " ")
		need, known := least()[route]
		if !known {
			if path != "/openapi.json" {
				t.Errorf("%s has no scope in this test", route)
			}
			continue
		}
		enough := false
		for _, scope := range scopes {
			enough = enough || scope == need
			if method == "DELETE" && enough {
				continue // would take away what the others need; TestAPI_DoesWhatTheDocumentSays does it
			}
			if status := w.request(callers[scope], route).status; (status == 403) == enough {
				t.Errorf("%s with %s: %d", route, scope, status)
			}
		}
		if item := w.contract.Paths.Value(path).GetOperation(method); fmt.Sprint((*item.Security)[0]["token"]) != "["+need+"]" {
			t.Errorf("%s: the document says %v, and it needs %s", route, *item.Security, need)
		}
	}
}

func TestTokens_EndByThemselves(t *testing.T) {
	w := newWorld(t)
	a := w.amina("read")
	w.clock.Advance(90*24*time.Hour - time.Second)
	a.get("/me").wants(200)
	w.clock.Advance(time.Second)
	a.get("/me").wants(401).has("ended on 4 August 2025")
}

func TestTokens_MakeNoneThatEndsLater(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	me := in[wire.Me](a.get("/me"))
	a.post("/tokens", `{"name":"longer","scope":"admin","days":365}`).wants(422).has(`"field":"days"`, "ends later than itself")
	w.clock.Advance(24 * time.Hour)
	a.post("/tokens", `{"name":"shorter","scope":"admin","days":89}`).wants(201)
	made := in[wire.Token](a.post("/tokens", `{"name":"as long","scope":"admin"}`).wants(201))
	if !made.Expires.Equal(me.Expires) {
		t.Errorf("it ends %s, its maker %s", made.Expires, me.Expires)
	}
}

func TestTokens_AreKeptAsHashesAlone(t *testing.T) {
	w := newWorld(t)
	a := w.amina("read")
	_, secret, _ := strings.Cut(strings.TrimPrefix(a.token, "sb_"), "_")
	if rows := w.store.Column(`SELECT id FROM tokens WHERE instr(hash, ?) > 0 OR instr(name, ?) > 0`, secret, secret); len(rows) != 0 || len(secret) != 26 {
		t.Errorf("rows %v hold %q", rows, secret)
	}
	a.get("/me").wants(200)
	if strings.Contains(w.logged.String(), secret) {
		t.Error("it is in the log")
	}
}

func TestTokens_GuessingIsSlow(t *testing.T) {
	w := newWorld(t)
	a := w.amina("read")
	wrong := w.as(a.token[:len(a.token)-1] + "!")
	for range 11 {
		wrong.get("/me").wants(401)
	}
	if got := wrong.get("/me").wants(429).header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After: %q", got)
	}
	a.get("/me").wants(200) // nobody can keep the right one out
	wrong.get("/me").wants(429)
	w.clock.Advance(3 * time.Second)
	wrong.get("/me").wants(401)
	wrong.get("/me").wants(429)
}

func TestTokens_AreNotKeptOutByWrongOnesFromTheirAddress(t *testing.T) {
	w := newWorld(t)
	a := w.amina("read")
	for i := range 70 {
		w.as(fmt.Sprintf("sb_%d_%s", i+1, strings.Repeat("A", 26))).get("/me")
	}
	w.as("sb_99_" + strings.Repeat("A", 26)).get("/me").wants(429)
	a.get("/me").wants(200)
	w.as(a.token[:len(a.token)-1] + "!").get("/me").wants(429)
}

func TestTokens_GuessingManyIsSlowToo(t *testing.T) {
	w := newWorld(t)
	for i := range 61 {
		w.as(fmt.Sprintf("sb_%d_%s", i+1, strings.Repeat("A", 26))).get("/me").wants(401)
	}
	w.as("sb_99_" + strings.Repeat("A", 26)).get("/me").wants(429)
	for _, nonsense := range []string{"", "x", "sb_", "sb_1_", "sb_01_" + strings.Repeat("A", 26), "sb_-1_" + strings.Repeat("A", 26)} {
		c := w.as(nonsense)
		c.from = "[2001:db8::" + fmt.Sprint(len(nonsense)) + "]:9"
		c.get("/me").wants(401)
	}
}

func TestAPI_TakesNoCookie(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	r := httptest.NewRequest("GET", "/api/v1/me", nil)
	r.Header.Set("Cookie", "seedbed="+a.token+"; token="+a.token)
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	if recorder.Code != 401 || recorder.Header().Get("Set-Cookie") != "" {
		t.Errorf("%d %v", recorder.Code, recorder.Header())
	}
}

func TestTokens_EndWithTheOneThatMadeThem(t *testing.T) {
	w := newWorld(t)
	a, other := w.amina("admin"), w.amina("admin")
	child := in[wire.Token](a.post("/tokens", `{"name":"child","scope":"admin"}`).wants(201))
	grandchild := in[wire.Token](w.as(child.Token).post("/tokens", `{"name":"grandchild","scope":"read"}`).wants(201))
	tokens := in[wire.Page[wire.Token]](other.get("/tokens"))
	if len(tokens.Items) != 4 {
		t.Fatalf("tokens %+v", tokens.Items)
	}
	other.do("DELETE", "/tokens/1", "").wants(204)
	for name, token := range map[string]string{"itself": a.token, "child": child.Token, "grandchild": grandchild.Token} {
		if w.as(token).get("/me").status != 401 {
			t.Errorf("the %s lives on", name)
		}
	}
	other.get("/tokens").wants(200).lacks("child")
	other.get("/events").has("and 2 that were made with it")
}

func TestTokens_AndInvitationsHaveABound(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	for range seedbed.MaxTokens - 1 {
		a.post("/tokens", `{"name":"one more","scope":"read"}`).wants(201)
	}
	a.post("/tokens", `{"name":"too many","scope":"read"}`).wants(409).has("50 are the most")
	a.do("DELETE", "/tokens/2", "").wants(204)
	a.post("/tokens", `{"name":"in its place","scope":"read"}`).wants(201)
	w.program(w.store.Joined("joseph", w.store.Project("main"), seedbed.Viewer), "read") // others have their own
	for range seedbed.MaxInvitations {
		a.post("/projects/main/invitations", `{"role":"viewer"}`).wants(201)
	}
	a.post("/projects/main/invitations", `{"role":"viewer"}`).wants(409).has("Take one back")
	w.clock.Advance(8 * 24 * time.Hour)
	a.post("/projects/main/invitations", `{"role":"viewer"}`).wants(201)
}

func TestTokens_EndWithAPasswordThatIsSetByALink(t *testing.T) {
	w := newWorld(t)
	joseph := w.store.Joined("joseph", w.store.Project("main"), seedbed.Viewer)
	his, hers := w.program(joseph, "read"), w.amina("admin")
	link := in[wire.Link](hers.post(fmt.Sprintf("/users/%d/password-link", joseph.ID), "").wants(201))
	his.get("/me").wants(200)
	if _, err := w.store.UsePasswordLink(t.Context(), seedbed.Secret(codeOf(link.Path)), "none", ""); err != nil {
		t.Fatal(err)
	}
	his.get("/me").wants(401).has("revoked")
	hers.get("/me").wants(200)
}

func TestTokens_AreToldWhatWouldDo(t *testing.T) {
	var cast map[string]seedbed.User
	w := newWorldOf(t, func(w *world) error {
		cast = w.store.Cast()
		return nil
	})
	w.program(cast["owner"], "write").post("/sites", `{"template":"wiki","title":"Guide"}`).wants(202)
	w.program(cast["owner"], "write").do("DELETE", "/sites/guide", "").wants(403).has("Use one with a wider scope.")
	w.program(cast["editor"], "admin").do("DELETE", "/sites/guide", "").wants(403).has("Use one of somebody who may.").lacks("wider")
	w.program(cast["editor"], "read").do("DELETE", "/sites/guide", "").wants(403).has("Use one with a wider scope, of somebody who may.")
	w.program(cast["administrator"], "admin").post("/projects", `{"title":"   "}`).wants(422).has("Give the project a name")
}
