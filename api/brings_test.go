package api_test

import (
	"net/url"
	"strings"
	"testing"
)

func TestRequests_BringNothingThatTheDocumentDoesNotName(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	a.post("/sites", guide).wants(202)
	before := w.store.Recorded()
	for _, operation := range w.contract.operations() {
		method, path, _ := strings.Cut(operation, " ")
		item := w.contract.Paths.Value(path)
		path = strings.NewReplacer("{name}", "guide", "{backup}", "b1", "{id}", "1", "{kind}", "redis").Replace(path)
		a.do(method, path+"?surprise=1", "").wants(422).has(`"field":"surprise"`, "unknown_field")
		a.do(method, path+"?a=%zz", "").wants(400)
		if item.GetOperation(method).RequestBody == nil {
			a.do(method, path, "garbage").wants(400).has("takes no body")
			a.do(method, path, "{}", "Idempotency-Key", "k").wants(400).has("takes no body")
		} else {
			a.do(method, path, "{}", "Content-Encoding", "gzip").wants(415)
		}
	}
	if w.store.Recorded() != before {
		t.Error("something was done")
	}
}

func TestParameters_AreThereOnce(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	a.get("/sites?limit=1&limit=2").wants(422).has(`"field":"limit"`, "twice")
	a.get("/sites?" + url.Values{"limit": {"1"}}.Encode()).wants(200)
	a.do("HEAD", "/sites?surprise=1", "").wants(422)
	a.do("HEAD", "/sites?limit=1", "").wants(200)
	a.post("/sites?dry_run=true&dry_run=false", guide, "Content-Encoding", "identity").wants(422)
	a.post("/sites?dry_run=true", guide, "Content-Encoding", "identity").wants(204)
}
