package api_test

import (
	"testing"

	"seedbed"
	"seedbed/control"
)

func TestVariables_AreForThoseWhoMayChangeThem(t *testing.T) {
	var cast map[string]seedbed.User
	w := newWorldOf(t, func(w *world) error {
		cast = w.store.Cast()
		return nil
	})
	wish := control.SiteWish{Template: "own-container", Title: "Shop", Project: "main", Answers: map[string]string{"health_path": "/healthy", "variables": "PAY_KEY=of-the-shop"}}
	if _, err := w.control.CreateSite(t.Context(), control.Person(cast["owner"], ""), wish); err != nil {
		t.Fatal(err)
	}
	paths := []string{"/sites", "/sites/shop", "/sites/shop/revisions"}
	for _, path := range paths {
		for _, scope := range []string{"read", "write", "admin"} {
			w.program(cast["viewer"], scope).get(path).wants(200).has("/healthy").lacks("of-the-shop", "PAY_KEY")
			w.program(cast["operator"], scope).get(path).lacks("of-the-shop", "/healthy")
		}
		w.program(cast["owner"], "read").get(path).wants(200).has("/healthy").lacks("of-the-shop")
		for _, role := range []string{"editor", "owner", "administrator"} {
			w.program(cast[role], "write").get(path).wants(200).has("PAY_KEY=of-the-shop")
		}
	}
	editor := w.program(cast["editor"], "write")
	editor.do("PATCH", "/sites/shop", `{"settings":{"health_path":"/well"}}`).wants(202)
	editor.get("/sites/shop").has("/well", "PAY_KEY=of-the-shop") // what was not named stays
}
