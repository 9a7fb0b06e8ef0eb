package web_test

import (
	"net/http"
	"testing"
)

func TestSettings_ChangedMeanwhileAreNotOverwritten(t *testing.T) {
	s := newTheatre(t)
	const form = "/sites/guide/settings"
	owner, editor := s.as("owner"), s.as("editor")
	owner.get(form).has(`name="revision" value="1"`)
	editor.post(form, "revision", "1", "name", "Guide", "setting.language", "fr", "setting.private", "on").wants(http.StatusSeeOther)

	again := owner.post(form, "revision", "1", "name", "Handbook", "setting.language", "ar", "setting.private", "off").wants(http.StatusUnprocessableEntity)
	again.has("editor changed this meanwhile: Language from “English” to “Français”; Only people with an account can read it from “no” to “yes”.",
		`name="revision" value="2"`, `value="Handbook"`, "It is “Français” by now.", "checked")
	if spec, _ := s.store.SiteSpecByName(t.Context(), "guide"); spec.Site.Title != "Guide" || spec.Revision.Settings["language"] != "fr" {
		t.Errorf("saved all the same: %+v", spec.Revision)
	}
	owner.post(form, "revision", "2", "name", "Handbook", "setting.language", "ar", "setting.private", "on").wants(http.StatusSeeOther)
	s.as("viewer").get("/activity").has("changed the settings of Guide", "Name from “Guide” to “Handbook”; Language from “Français” to “العربية”")
	s.as("viewer").get("/sites/guide").has("Name from “Guide” to “Handbook”")
	s.as("operator").get("/activity").has("changed the settings of Guide").lacks("Français", "Handbook”")
}

func TestSettings_OfNobodyKnowsWhenAreNotSaved(t *testing.T) {
	s := newTheatre(t)
	for _, revision := range []string{"", "0", "7", "x"} {
		s.as("owner").post("/sites/guide/settings", "revision", revision, "name", "Kept", "setting.language", "fr", "setting.private", "off").
			wants(http.StatusUnprocessableEntity).has("We cannot tell which settings", `value="Kept"`, `value="1"`)
	}
}

func TestSettings_WithAMistakeStillKnowWhatTheyWereMadeFrom(t *testing.T) {
	s := newTheatre(t)
	const form = "/sites/guide/settings"
	s.as("editor").post(form, "revision", "1", "name", "Guide", "setting.language", "fr", "setting.private", "off").wants(http.StatusSeeOther)
	s.as("editor").post(form, "revision", "2", "name", "Guide", "setting.language", "en", "setting.private", "off").wants(http.StatusSeeOther)
	s.as("owner").post(form, "revision", "1", "name", "!", "setting.language", "en", "setting.private", "off").
		wants(http.StatusUnprocessableEntity).has(`id="name-mistake"`, `name="revision" value="1"`)
}
