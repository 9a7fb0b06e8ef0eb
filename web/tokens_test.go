package web_test

import (
	"net/http"
	"regexp"
	"testing"
)

func TestTokens_AreShownOnceAndRevoked(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.get("/account/tokens").wants(http.StatusOK).has("No tokens yet", `name="scope"`)
	made := b.post("/account/tokens", "name", "my <laptop>", "scope", "write", "project", "main", "days", "30").next().wants(http.StatusOK).has("We do not show it again", "my &lt;laptop&gt;")
	text := regexp.MustCompile(`sb_1_[A-Z2-7]{26}`).FindString(made.body)
	if text == "" {
		t.Fatalf("no token in %s", made.body)
	}
	b.get("/account/tokens").has("It makes and changes sites.", "Only in the project <bdi>main</bdi>", "Never used", "Good until 5 June 2025").lacks(text)
	b.post("/account/tokens/1/revoke").to("/account/tokens")
	b.post("/account/tokens/1/revoke").wants(http.StatusNotFound)
	b.post("/account/tokens/x/revoke").wants(http.StatusNotFound)
	b.get("/account/tokens").has("No tokens yet")
}

func TestTokens_RefuseBadWishesBesideTheField(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.post("/account/tokens", "name", "", "scope", "all", "days", "900").wants(http.StatusUnprocessableEntity).
		has("3 things", `id="name-mistake"`, `id="scope-mistake"`, `id="days-mistake"`)
	b.post("/account/tokens", "name", "x", "scope", "read", "project", "none", "days", "7").wants(http.StatusUnprocessableEntity).has(`id="project-mistake"`)
	b.post("/account/tokens", "name", "kept", "scope", "read", "days", "x").wants(http.StatusUnprocessableEntity).has(`value="kept"`, `id="days-mistake"`)
	b.get("/account/tokens").has("No tokens yet")
}
