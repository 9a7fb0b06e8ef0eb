package api_test

import (
	"strings"

	"seedbed"
	"seedbed/api/wire"
)

func visitors(w *world, a, reader *caller) {
	w.Helper()
	w.finish(in[wire.Deployment](a.post("/sites", `{"template":"static-site","title":"Open Door"}`).wants(202)).ID)
	const path = "/sites/open-door/visitors"
	first := reader.get(path).wants(200).has(`"hosts":["open-door.localhost"]`, `"audience":"everybody"`, `"version":0`)
	tag := first.header.Get("ETag")
	patch := func(body string, headers ...string) answer { return a.do("PATCH", path, body, headers...) }

	reader.do("PATCH", path, `{"upload":1}`).wants(403)
	a.do("PATCH", "/sites/none/visitors", `{"upload":1}`).wants(404)
	a.get("/sites/none/visitors").wants(404)
	a.do("PATCH", path+"?dry_run=true", `{"upload":100}`).wants(204)
	a.do("PATCH", path+"?dry_run=true", `{"hosts":["x"]}`).wants(422).has(`"field":"hosts"`)
	changed := patch(`{"hosts":["مثال.example"],"to_main":true,"audience":"keys","keys":[{"name":"joseph","password":"four quiet gates"}],"maintenance":true,"words":"Back at noon."}`, "If-Match", tag).wants(200)
	changed.has(`"hosts":["xn--mgbh0fb.example","open-door.localhost"]`, `"keys":[{"name":"joseph"}]`, `"version":1`).lacks("four quiet gates", "$2a$")
	patch(`{"upload":5}`, "If-Match", tag).wants(412)
	patch(`{"keys":[{"name":"joseph"}]}`).wants(200).has(`"version":1`)
	patch(`{"audience":null,"hosts":null,"words":null,"maintenance":false,"to_main":null,"keys":[]}`).wants(200).has(`"hosts":["open-door.localhost"]`, `"words":""`, `"keys":[]`, `"audience":"everybody"`)
	patch(`{"upload":-1,"language":"xx","audience":"me","https":true}`).wants(422).has(`"field":"upload"`, `"field":"language"`, `"field":"audience"`, `"field":"https"`)
	patch(`{"keys":[{"name":"a","password":"four quiet gates","hash":"x"}]}`).wants(422).has("keys")
	patch(`{"door":"paused"}`).wants(422).has("unknown_field")
	restarts(w, a)

	id := w.number(`SELECT id FROM sites WHERE name = 'open-door'`)
	w.board.SetVisiting(id, seedbed.Visiting{Effect: seedbed.OnItsWay, Refused: []string{"wiki.example.org is not led here."}})
	a.get("/sites/open-door/status").wants(200).has(`"visitors":"on-its-way"`, `"refused":["wiki.example.org is not led here."]`)
	a.get("/sites/none/visits").wants(404)
	w.visits.known = false
	a.get("/sites/open-door/visits").wants(503).has("does not count visits")
	w.visits.Last = []seedbed.Visit{{URI: "/\xff\x1b", From: "192.0.2.1", Agent: "x"}}
	w.visits.Minutes = []seedbed.VisitCount{{Requests: 3}}
	w.visits.known = true
	if body := a.get("/sites/open-door/visits").wants(200).has(`"requests":3`, `"from":"192.0.2.1"`).body; strings.Contains(body, "\x1b") {
		w.Errorf("a control character is in %q", body)
	}
}

// restarts gives a site that is told its address another main name.
func restarts(w *world, a *caller) {
	w.Helper()
	w.finish(in[wire.Deployment](a.post("/sites", `{"template":"wiki","title":"Told"}`).wants(202)).ID)
	d := in[wire.Deployment](a.do("PATCH", "/sites/told/visitors", `{"hosts":["told.example.org"]}`).wants(202))
	if d.Kind != "change" || d.Site != "told" {
		w.Errorf("started %+v", d)
	}
	w.finish(d.ID)
}

// pauses stops the site "guide" and has it run again.
func pauses(w *world, a, reader *caller) {
	w.Helper()
	w.finish(w.number(`SELECT max(d.id) FROM deployments d JOIN sites s ON s.id = d.site_id WHERE s.name = 'guide'`))
	reader.post("/sites/guide/pause", "").wants(403)
	reader.post("/sites/guide/resume", "").wants(403)
	a.post("/sites/none/pause", "").wants(404)
	a.post("/sites/none/resume", "").wants(404)
	a.post("/sites/guide/resume", "").wants(409).has("is not paused")
	d := in[wire.Deployment](a.post("/sites/guide/pause", "").wants(202).has(`"kind":"pause"`))
	w.finish(d.ID)
	if again := in[wire.Deployment](a.post("/sites/guide/pause", "").wants(202)); again.ID != d.ID {
		w.Errorf("paused twice: %+v", again)
	}
	a.post("/sites/guide/backups", "").wants(409).has("Resume it first")
	w.finish(in[wire.Deployment](a.post("/sites/guide/resume", "").wants(202).has(`"kind":"resume"`)).ID)
}
