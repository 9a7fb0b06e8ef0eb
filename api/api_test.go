package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/web/webtest"
)

const guide = `{"template":"static-site","title":"Guide"}`

// unseen are statuses that belong to many operations and are shown at some.
func unseen(c *contract) map[string]bool {
	all := map[string]bool{}
	for _, operation := range c.operations() {
		for _, status := range []string{"304", "401", "429"} { // the same middleware for all: TestTokens…, TestETag…
			all[operation+" "+status] = true
		}
	}
	for _, operation := range c.operations() {
		for _, status := range []string{"400", "422"} { // of what the document does not name: TestRequests…
			all[operation+" "+status] = true
		}
	}
	for _, operation := range c.operations() {
		shown := map[string]string{"POST": "POST /sites", "PATCH": "PATCH /sites/{name}", "PUT": ""}
		method, _, _ := strings.Cut(operation, " ")
		if at, ok := shown[method]; !ok || operation == at {
			continue
		}
		for _, status := range []string{"400", "409", "413", "415", "422"} { // of keys and bodies
			all[operation+" "+status] = true
		}
	}
	return all
}

func TestAPI_DoesWhatTheDocumentSays(t *testing.T) {
	w := newWorld(t)
	a, reader, writer := w.amina("admin"), w.amina("read"), w.amina("write")
	t.Run("sites", func(*testing.T) { sites(w, a, reader, writer) })
	t.Run("visitors", func(*testing.T) { visitors(w, a, reader) })
	t.Run("lists", func(*testing.T) { lists(w, a) })
	t.Run("tokens", func(*testing.T) { tokens(w, a, writer) })
	t.Run("mistakes", func(*testing.T) { mistakes(w, a, reader) })
	t.Run("services", func(*testing.T) { services(w, a, reader) })
	t.Run("backups", func(*testing.T) { backups(w, a, reader) })
	t.Run("files", func(*testing.T) { files(w, a, writer, reader) })
	t.Run("machines", func(*testing.T) { machines(w, a) })
	t.Run("roles", func(*testing.T) { roles(w) })
	t.Run("projects", func(*testing.T) { projects(w, a, reader) })
	t.Run("members", func(*testing.T) { members(w, a, reader) })
	t.Run("users", func(*testing.T) { users(w, a, reader) })
	if missing := w.contract.missing(unseen(w.contract)); len(missing) > 0 {
		t.Errorf("documented and never seen:\n%s", strings.Join(missing, "\n"))
	}
}

func sites(w *world, a, reader, writer *caller) {
	w.Helper()
	made := writer.post("/sites", guide).wants(202)
	deployment := in[wire.Deployment](made)
	if made.header.Get("Location") != fmt.Sprintf("/api/v1/deployments/%d", deployment.ID) || deployment.Site != "guide" || len(deployment.Steps) == 0 {
		w.Errorf("made %v %+v", made.header, deployment)
	}
	writer.post("/sites", guide).wants(409).has(`"field":"title"`, `"field":"address"`, "2 things")
	reader.post("/sites", guide).wants(403).has("may not make a site")
	w.finish(deployment.ID)
	a.get(fmt.Sprintf("/deployments/%d?wait=30s", deployment.ID)).wants(200).has(`"state":"done"`)
	site := reader.get("/sites/guide").wants(200).has(`"url":"http://guide.localhost:8480"`, `"listing":"off"`)
	reader.get("/sites/guide/status").wants(200).has("at-rest")

	a.do("PATCH", "/sites/guide", `{"title":"Guide"}`).wants(200)
	a.do("PATCH", "/sites/guide", `{"title":"Nurse Guide","settings":{"listing":"on"}}`, "If-Match", site.header.Get("ETag"), "Content-Type", "application/merge-patch+json").wants(202)
	a.do("PATCH", "/sites/guide", `{"title":"Late"}`, "If-Match", site.header.Get("ETag")).wants(412)
	a.do("DELETE", "/sites/guide", "", "If-Match", site.header.Get("ETag")).wants(412)
	reader.do("PATCH", "/sites/guide", `{"title":"X"}`).wants(403)
	a.do("PATCH", "/sites/none", `{"title":"X"}`).wants(404)
	a.get("/sites/guide").has("Nurse Guide", `"listing":"on"`)
	a.do("PATCH", "/sites/guide", `{"settings":{"listing":null}}`).wants(202)
	a.get("/sites/guide").has(`"listing":"off"`, `"revision":3`)
	reader.get("/sites/guide/revisions").wants(200).has(`"number":3`, `"number":1`)

	writer.post("/sites/guide/retry", "").wants(202)
	reader.post("/sites/guide/retry", "").wants(403)
	a.post("/sites/none/retry", "").wants(404)
	reader.post("/sites/guide/return", "").wants(403)
	undone(w, writer)
	a.post("/sites/none/return", "").wants(404)
	pauses(w, a, reader)
	dryRuns(a, reader)
	a.post("/sites/guide/sign-in", "").wants(404)
	a.post("/sites", `{"template":"wiki","title":"Book","settings":{"language":"fr"}}`).wants(202)
	a.post("/sites/book/sign-in", "").wants(200).has(webtest.Secret)
	writer.post("/sites/book/sign-in", "").wants(403).lacks(webtest.Secret)
	w.clock.Advance(2 * time.Minute)
	a.post("/sites/book/sign-in", "").wants(409).lacks(webtest.Secret)
	a.get("/sites/book").lacks(webtest.Secret, "password", "secret").has(`"services":["postgres"]`)

	writer.do("DELETE", "/sites/guide", "").wants(403)
	a.do("DELETE", "/sites/none", "").wants(404)
	gone := in[wire.Deployment](a.do("DELETE", "/sites/guide", "").wants(202))
	if again := in[wire.Deployment](a.do("DELETE", "/sites/guide", "").wants(202)); again.ID != gone.ID {
		w.Errorf("deleted by %d and by %d", gone.ID, again.ID)
	}
	a.do("PATCH", "/sites/guide", `{"title":"Too late"}`).wants(409)
	w.finish(gone.ID)
	a.get("/sites/guide").wants(404)
	a.get(fmt.Sprintf("/deployments/%d", gone.ID)).wants(200).has(`"site":"guide"`, `"kind":"remove"`)
}

func lists(w *world, a *caller) {
	w.Helper()
	a.get("/openapi.json").wants(200).has("3.1.0")
	a.get("/me").wants(200).has(`"user":"Amina"`, `"scope":"admin"`)
	a.get("/templates").wants(200).has("static-site", "language")
	a.get("/sites").wants(200).has("Book")
	a.get("/sites/book/log").wants(200).has("said on stdout", "\\u001b")
	a.get("/sites/book/log?stream=stderr").wants(200).has("said on stderr")
	a.get("/sites/book/log?stream=all").wants(422)
	a.get("/sites/none/log").wants(404)
	a.post("/sites", `{"template":"static-site","title":"Quiet"}`).wants(202)
	a.post("/sites", `{"template":"static-site","title":"Away"}`).wants(202)
	a.get("/sites/quiet/log").wants(404).has("Nothing has printed")
	a.get("/sites/away/log").wants(503).has("does not answer")
	a.get("/services").wants(200).has(`"kind":"postgres"`, `"book"`).lacks(webtest.Secret)
	a.get("/volumes").wants(200).has(`"site":"book"`)
	a.get("/deployments").wants(200).has(`"kind":"remove"`)
	a.get("/events").wants(200).has("asked to delete", "Amina", `"details":"Name from “Guide” to “Nurse Guide”; Show`).lacks(webtest.Secret)
	for _, list := range []string{"/sites", "/deployments", "/events", "/sites/book/revisions", "/volumes", "/projects", "/users", "/tokens"} {
		a.get(list + "?limit=0").wants(422).has(`"field":"limit"`)
		a.get(list + "?cursor=x").wants(422).has(`"field":"cursor"`)
	}
	a.get("/deployments/1?wait=2h").wants(422)
	a.get("/sites/none/status").wants(404)
	a.get("/sites/none/revisions").wants(404)
	a.get("/deployments/99").wants(404)
	a.get("/deployments/x").wants(404)
}

// roles has a viewer, an operator and the owner of another project look at what
// is not for them.
func roles(w *world) {
	w.Helper()
	by, main := seedbed.Author{UserID: w.user.ID, Name: w.user.Name}, w.store.Project("main")
	viewer := w.program(w.store.Joined("viewer", main, seedbed.Viewer), "admin")
	viewer.get("/sites/book/log").wants(403).lacks("said on")
	viewer.post("/sites", guide).wants(403).has("may not make a site")
	other, err := w.store.CreateProject(w.Context(), "Other", by)
	if err != nil {
		w.Fatal(err)
	}
	somebody := w.store.Joined("somebody", other, seedbed.Owner)
	stranger := w.program(somebody, "admin")
	for _, path := range []string{"/sites", "/deployments", "/events?limit=200", "/volumes", "/services"} {
		stranger.get(path).wants(200).lacks("book", "Book")
	}
	stranger.get("/sites/book").wants(404)
	stranger.post("/sites", `{"template":"static-site","title":"New","project":"main"}`).wants(422).has(`"field":"project"`)
	w.amina("write").post("/sites", guide).wants(422).has(`"field":"project"`, "Choose the project")
	w.amina("write").post("/sites", `{"template":"static-site","title":"Theirs","project":"other"}`).wants(202)
	stranger.get("/sites").has(`"project":"other"`, "Theirs")
	if err := w.store.ChangeRole(w.Context(), somebody.ID, seedbed.Operator, by); err != nil {
		w.Fatal(err)
	}
	stranger.get("/sites/book").wants(200).lacks("settings", "language")
	stranger.get("/sites/book/backups").wants(403)
	stranger.get("/sites/book/revisions").wants(403).lacks("language")
	stranger.get("/sites/book/visitors").wants(403).lacks("localhost")
	if err := w.store.BlockUser(w.Context(), somebody.ID, by); err != nil {
		w.Fatal(err)
	}
	stranger.get("/me").wants(401).has("blocked")
}

func projects(w *world, a, reader *caller) {
	w.Helper()
	made := a.post("/projects", `{"title":"Maternal Health"}`).wants(201).has(`"sites":0`)
	if made.header.Get("Location") != "/api/v1/projects/maternal-health" {
		w.Errorf("made %v", made.header)
	}
	a.post("/projects", `{"title":""}`).wants(422).has(`"field":"title"`)
	reader.post("/projects", `{"title":"Other"}`).wants(403)
	reader.get("/projects").wants(200).has(`"name":"main"`, "Maternal Health")
	reader.get("/projects/maternal-health").wants(200).has(`"user":"Amina"`, `"role":"owner"`)
	reader.get("/projects/none").wants(404)
	a.get("/users").wants(200).has(`"name":"Amina"`, `"role":"administrator"`).lacks("hash")
	editor := w.program(w.store.Joined("editor", w.store.Project("main"), seedbed.Editor), "admin")
	editor.get("/users").wants(403)
}

// undone is a change that is undone while it is under way.
func undone(w *world, writer *caller) {
	w.Helper()
	writer.do("PATCH", "/sites/guide", `{"settings":{"listing":"on"}}`).wants(202)
	if back := in[wire.Deployment](writer.post("/sites/guide/return", "").wants(202)); back.Kind != "return" || back.State != "working" {
		w.Errorf("it is a %s that is %s", back.Kind, back.State)
	}
	writer.get("/sites/guide").has(`"listing":"off"`)
}

func services(w *world, a, reader *caller) {
	w.Helper()
	a.post("/services", `{"kind":"redis"}`).wants(200).has(`"kind":"redis"`).lacks(webtest.Secret)
	reader.get("/services").has(`"kind":"redis"`)
	a.post("/services", `{"kind":"wiki"}`).wants(422).has(`"field":"kind"`)
	reader.post("/services", `{"kind":"postgres"}`).wants(403)
	a.post("/services/redis/restart", "").wants(200).has(`"kind":"redis"`)
	a.post("/services/none/restart", "").wants(404)
	a.post("/services/mariadb/restart", "").wants(404) // it was never started
	reader.post("/services/redis/restart", "").wants(403)
}

func backups(w *world, a, reader *caller) {
	w.Helper()
	site := in[wire.Site](a.get("/sites/book"))
	w.finish(site.DeploymentID)
	made := in[wire.Deployment](a.post("/sites/book/backups", "").wants(202))
	if made.Kind != "backup" {
		w.Errorf("made %+v", made)
	}
	if again := in[wire.Deployment](a.post("/sites/book/backups", "").wants(202)); again.ID != made.ID {
		w.Errorf("backed up by %d and by %d", made.ID, again.ID)
	}
	a.post("/sites/book/backups/b1/restore", "").wants(404)
	w.finish(made.ID)
	w.backups["s2-book"] = []seedbed.Backup{{ID: "b1", At: w.clock.Now(), By: "Amina", Title: "Book", Size: 7}}
	reader.get("/sites/book/backups").wants(200).has(`"id":"b1"`, `"size":7`)
	reader.post("/sites/book/backups", "").wants(403)
	reader.post("/sites/book/backups/b1/restore", "").wants(403)
	a.post("/sites/book/backups/none/restore", "").wants(404)
	back := in[wire.Deployment](a.post("/sites/book/backups/b1/restore", "").wants(202))
	if back.Kind != "restore" {
		w.Errorf("put back by %+v", back)
	}
	w.finish(back.ID)
	w.backups["s2-book"] = []seedbed.Backup{{ID: "b1", At: w.clock.Now()}}
	running := in[wire.Deployment](a.post("/sites/book/backups", "").wants(202))
	a.do("DELETE", "/sites/book/backups/b1", "").wants(409)
	w.finish(running.ID)
	reader.do("DELETE", "/sites/book/backups/b1", "").wants(403)
	a.do("DELETE", "/sites/book/backups/b1", "").wants(204)
	a.do("DELETE", "/sites/book/backups/b1", "").wants(404)
	fresh := in[wire.Deployment](a.post("/sites/book/passwords", "").wants(202))
	reader.post("/sites/book/passwords", "").wants(403)
	a.post("/sites/none/passwords", "").wants(404)
	w.finish(fresh.ID)
	a.get("/sites/none/backups").wants(404)
	a.post("/sites/none/backups", "").wants(404)
}

func tokens(w *world, a, writer *caller) {
	w.Helper()
	made := in[wire.Token](a.post("/tokens", `{"name":"a  robot","scope":"read","days":7}`).wants(201))
	if made.Name != "a robot" || !made.Expires.Equal(w.clock.Now().Add(7*24*time.Hour)) {
		w.Errorf("made %+v", made)
	}
	robot := w.as(made.Token)
	robot.get("/me").wants(200)
	path := fmt.Sprintf("/tokens/%d", made.ID)
	robot.get(path).wants(200).lacks(made.Token).has(`"used"`)
	a.get("/tokens").wants(200).lacks(made.Token).has("a robot")
	writer.post("/tokens", `{"name":"more","scope":"read"}`).wants(403)
	writer.do("DELETE", path, "").wants(403)
	a.post("/tokens", `{"name":"","scope":"all","days":900}`).wants(422).has("3 things", `"field":"name"`, `"field":"scope"`, `"field":"days"`)
	a.do("DELETE", path, "").wants(204)
	a.do("DELETE", path, "").wants(404)
	a.get(path).wants(404)
	robot.get("/me").wants(401).has("revoked")
}

func mistakes(w *world, a, reader *caller) {
	w.Helper()
	big := `{"template":"` + strings.Repeat("x", 70<<10) + `"}`
	a.post("/sites", big).wants(413)
	a.do("PATCH", "/sites/book", big).wants(413)
	a.post("/tokens", big).wants(413)
	a.post("/sites", guide, "Content-Type", "text/plain").wants(415)
	a.post("/tokens", guide, "Content-Type", "text/plain").wants(415)
	if got := a.do("PATCH", "/sites/book", guide, "Content-Type", "text/plain").wants(415).header.Get("Accept-Patch"); !strings.Contains(got, "merge-patch") {
		w.Errorf("Accept-Patch: %q", got)
	}
	a.post("/sites", `{"template":"wiki","title":"<b>","address":"--","settings":{"language":"xx"}}`).wants(422).
		has("3 things", `"field":"title"`, `"field":"address"`, `"field":"settings.language"`)
	a.post("/sites", `{"template":"none","title":"X"}`).wants(422).has(`"field":"template"`)
	for body, sentence := range map[string]string{
		"":              "no body",
		"[1]":           "JSON object",
		"{":             "ends in the middle",
		"{nope}":        "at byte",
		guide + " more": "behind the JSON object",
		guide + "{}":    "behind the JSON object",
	} {
		a.post("/sites", body, "Content-Type", "application/json").wants(400).has(sentence)
		a.do("PATCH", "/sites/book", body, "Content-Type", "application/json").wants(400).has(sentence)
	}
	for body, sentence := range map[string]string{
		`{"title":1}`:                              "“title” is to be a string, and is a number.",
		`{"title":"a","title":"b"}`:                "“title” is there twice.",
		`{"settings":{"a":"1","a":"2"}}`:           "“settings.a” is there twice.",
		`{"settings":{"language":"en","a":1}}`:     `"field":"settings.a","message":"“settings.a” is to be a string, and is a number."`,
		`{"settings":{"b":[],"a":true}}`:           "2 things",
		`{"settings":[]}`:                          "“settings” is to be an object, and is an array.",
		`{"titel":"x"}`:                            "There is no field “titel” here.",
		`{"name":"other"}`:                         "There is no field “name” here.",
		`{"settings":{"nothing":"x"}}`:             "settings.nothing",
		`{"title":` + strings.Repeat("9", 9) + `}`: "is to be a string",
	} {
		a.do("PATCH", "/sites/book", body).wants(422).has(sentence)
	}
	a.do("PATCH", "/sites/book", `{"title":null}`).wants(422).has("cannot be removed")
	a.post("/sites", guide, "Idempotency-Key", "two words").wants(400)
	a.get("/nothing").wants(404).has("openapi.json")
	if allow := a.do("PUT", "/sites/book", guide).wants(405).header.Values("Allow"); strings.Join(allow, " ") != "GET HEAD PATCH DELETE" {
		w.Errorf("Allow: %q", allow)
	}
	reader.do("DELETE", "/tokens/1", "").wants(403)
	a.do("PATCH", "/sites/book", `{"settings":null}`).wants(202)
	a.get("/sites/book").has(`"language":"en"`)
}

func TestETag_ChangesWithTheContentAlone(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	a.post("/sites", guide).wants(202)
	first := a.get("/sites/guide").header.Get("ETag")
	w.board.SetSite(1, seedbed.Status{State: seedbed.Live, Sentence: "Answering in 3 ms.", Observed: w.clock.Now()})
	w.finish(1)
	a.get("/sites/guide", "If-None-Match", `"x", W/`+first).wants(304).lacks("guide")
	a.do("PATCH", "/sites/guide", `{"title":"Other"}`, "If-Match", "W/"+first).wants(412) // only strong ones count
	a.do("PATCH", "/sites/guide", `{"title":"Other"}`, "If-Match", `"y", `+first).wants(202)
	if second := a.get("/sites/guide", "If-None-Match", first).wants(200).header.Get("ETag"); second == first {
		t.Error("the tag stayed")
	}
	a.do("DELETE", "/sites/guide", "", "If-Match", "*").wants(202)
}

func TestETag_LetsOneOfManyChangesThrough(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	a.post("/sites", guide).wants(202)
	tag := a.get("/sites/guide").header.Get("ETag")
	statuses := together(8, func(i int) int {
		return a.do("PATCH", "/sites/guide", fmt.Sprintf(`{"title":"Guide %d"}`, i), "If-Match", tag).status
	})
	if statuses[http.StatusAccepted] != 1 || statuses[http.StatusPreconditionFailed] != 7 {
		t.Errorf("statuses %v, want one 202 and seven 412", statuses)
	}
}

// together does something n times at once, and counts what comes back.
func together(n int, f func(int) int) map[int]int {
	results := make(chan int)
	for i := range n {
		go func() { results <- f(i) }()
	}
	counts := map[int]int{}
	for range n {
		counts[<-results]++
	}
	return counts
}

func TestLists_LeaveNothingOutWhenSomethingIsMadeInBetween(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	for i := range 5 {
		a.post("/sites", fmt.Sprintf(`{"template":"static-site","title":"Site %d"}`, 9-i)).wants(202)
	}
	for _, path := range []string{"/sites", "/deployments"} { // new sites come last, new deployments first
		seen, next := map[string]bool{}, path+"?limit=2"
		for next != "" {
			part := a.get(next).wants(200)
			for _, item := range in[wire.Page[map[string]any]](part).Items {
				key := fmt.Sprint(item["id"], item["name"])
				if seen[key] {
					t.Errorf("%s has %s twice", path, key)
				}
				seen[key] = true
			}
			if len(seen) == 2 {
				a.post("/sites", fmt.Sprintf(`{"template":"static-site","title":"In between %s"}`, path[1:])).wants(202)
			}
			next = strings.TrimPrefix(strings.TrimPrefix(strings.Split(part.header.Get("Link"), ">")[0], "<"), "/api/v1")
		}
		if len(seen) != 6 { // of the two made in between, the site is the last one of its list, and the deployment before the beginning
			t.Errorf("%s: %d, want 6", path, len(seen))
		}
	}
}

func TestLists_ComeInPartsWithoutGapsOrDoubles(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	main := w.store.Project("main")
	for i := range 4 {
		a.post("/projects", fmt.Sprintf(`{"title":"%c Project"}`, 'z'-i)).wants(201)
		a.post("/tokens", fmt.Sprintf(`{"name":"t%d","scope":"read"}`, i)).wants(201)
		a.post("/sites", fmt.Sprintf(`{"template":"wiki","title":"Site %d","project":"main"}`, i)).wants(202)
		a.do("PATCH", "/sites/site-0", fmt.Sprintf(`{"title":"Renamed %d"}`, i)).wants(202)
		w.store.Joined(fmt.Sprintf("person%d", 9-i), main, seedbed.Viewer)
	}
	for _, path := range []string{"/sites", "/deployments", "/events", "/sites/site-0/revisions", "/volumes", "/projects", "/users", "/tokens"} {
		whole, seen, parts := in[wire.Page[map[string]any]](a.get(path+"?limit=200")).Items, []string{}, 0
		for next := path + "?limit=3"; next != ""; parts++ {
			part := a.get(next).wants(200)
			for _, item := range in[wire.Page[map[string]any]](part).Items {
				seen = append(seen, fmt.Sprint(item))
			}
			next = strings.TrimPrefix(strings.TrimPrefix(strings.Split(part.header.Get("Link"), ">")[0], "<"), "/api/v1")
		}
		if want := fmt.Sprint(whole); fmt.Sprint(seen) != want || parts < 2 {
			t.Errorf("%s in %d parts:\n%s\nwant\n%s", path, parts, seen, want)
		}
	}
}

func TestDeployment_IsWaitedFor(t *testing.T) {
	w := newWorld(t)
	a := w.amina("read")
	d := in[wire.Deployment](w.amina("write").post("/sites", guide))
	a.get(fmt.Sprintf("/deployments/%d?wait=50ms", d.ID)).wants(200).has(`"state":"working"`)
	done := make(chan answer)
	go func() { done <- a.get(fmt.Sprintf("/deployments/%d?wait=1m", d.ID)) }()
	w.finish(d.ID)
	w.board.Tell()
	(<-done).wants(200).has(`"state":"done"`)
}

func TestHeaders_ThatAreEmptyAreNotTakenForNone(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	a.post("/sites", guide, "Idempotency-Key", "").wants(400).has("Idempotency-Key")
	a.post("/sites", guide, "Idempotency-Key", `""`).wants(400)
	a.post("/sites", guide).wants(202)
	for _, empty := range []string{"", " ", ","} {
		a.do("PATCH", "/sites/guide", `{"title":"Other"}`, "If-Match", empty).wants(400).has("If-Match")
		a.do("DELETE", "/sites/guide", "", "If-Match", empty).wants(400).has("If-Match")
	}
	a.get("/sites/guide").wants(200).lacks("Other")
}

func TestText_ThatIsBrokenIsRefusedAndNotChanged(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	for _, title := range []string{"Gu\xffide", "Gu\xc3", "\xed\xa0\x80", `\ud83d`, `\udc00\ud83d`, `\ud83d\u0041`, `\ud83dx`, `\uD800`} {
		a.post("/sites", `{"template":"static-site","title":"`+title+`"}`).wants(400)
		a.do("PATCH", "/projects/main", `{"title":"`+title+`"}`).wants(400)
	}
	for _, title := range []string{"Présence", `Pr\u00e9sence \\ud83d`, `\ud83d\ude00`, "\ufffd", `\ufffd`, `C:\\ued`, `\n`, `\`} {
		if got := a.do("PATCH", "/projects/main?dry_run=true", `{"title":"`+title+`"}`); strings.Contains(got.body, "half of") || strings.Contains(got.body, "UTF-8") {
			t.Errorf("%q: %s", title, got.body)
		}
	}
	for kind, status := range map[string]int{"application/json; charset=utf-8": 204, "application/json; charset=\"UTF-8\"": 204, "application/json; charset=latin1": 415, "application/json; charset=utf-16": 415} {
		a.post("/sites?dry_run=true", guide, "Content-Type", kind).wants(status)
	}
}

func TestSettings_OfAnotherTypeAreNamed(t *testing.T) {
	w := newWorld(t)
	w.amina("admin").post("/sites", `{"template":"wiki","title":"Book","settings":{"language":{},"b":"x"}}`).wants(422).has(`"field":"settings.language"`, "is an object")
}
