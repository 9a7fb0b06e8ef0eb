package api_test

import "testing"

func TestDryRun_RefusesWhatCannotBeDoneAndChangesNothing(t *testing.T) {
	w := newWorld(t)
	a, reader := w.amina("admin"), w.amina("read")
	a.post("/sites", guide).wants(202)
	a.post("/sites", `{"template":"static-site","title":"Pages"}`).wants(202)
	a.post("/sites", `{"template":"wiki","title":"Book"}`).wants(202)
	before := w.store.Recorded()
	dryRuns(a, reader)
	for _, c := range []struct {
		method, path, body, tells string
		status                    int
	}{
		{"POST", "/sites", guide, `"field":"title"`, 409},
		{"POST", "/sites", `{"template":"none","title":"New"}`, `"field":"template"`, 422},
		{"POST", "/sites", `{"template":"static-site","title":"New","project":"nonesuch"}`, `"field":"project"`, 422},
		{"POST", "/sites", `{"template":"wiki","title":"Fresh","settings":{"language":"xx"}}`, `"field":"settings.language"`, 422},
		{"PATCH", "/sites/guide", `{"title":"pages"}`, `"field":"title"`, 409},
		{"PATCH", "/sites/book", `{"settings":{"language":"xx"}}`, `"field":"settings.language"`, 422},
		{"POST", "/services", `{"kind":"mongo"}`, `"field":"kind"`, 422},
		{"POST", "/projects", `{"title":"main"}`, `"field":"title"`, 409},
		{"POST", "/projects", `{"title":"<b>"}`, `"field":"title"`, 422},
		{"PATCH", "/projects/main", `{"title":"<b>"}`, `"field":"title"`, 422},
		{"PATCH", "/projects/none", `{"title":"X"}`, "no such project", 404},
	} {
		a.do(c.method, c.path+"?dry_run=true", c.body).wants(c.status).has(c.tells)
	}
	a.post("/sites?dry_run=perhaps", guide).wants(422).has(`"field":"dry_run"`)
	a.do("PATCH", "/sites/guide?dry_run=true", `{"title":"X"}`, "If-Match", `"old"`).wants(412)
	if w.store.Recorded() != before {
		t.Error("something was done")
	}
	a.post("/sites?dry_run=false", `{"template":"static-site","title":"Real"}`).wants(202)
}

// dryRuns are of what can be done by whom has the scope admin, and cannot with
// the scope read.
func dryRuns(a, reader *caller) {
	for _, one := range [][3]string{
		{"POST", "/sites", `{"template":"static-site","title":"Fresh"}`},
		{"PATCH", "/sites/guide", `{"title":"Handbook"}`},
		{"PATCH", "/sites/guide", `{"title":"Guide"}`},
		{"POST", "/services", `{"kind":"redis"}`},
		{"POST", "/projects", `{"title":"New"}`},
		{"PATCH", "/projects/main", `{"title":"Other"}`},
	} {
		a.do(one[0], one[1]+"?dry_run=true", one[2]).wants(204)
		reader.do(one[0], one[1]+"?dry_run=true", one[2]).wants(403)
	}
}
