package web_test

import (
	"net/http"
	"testing"

	"seedbed"
)

func TestPause_IsOfferedAndTakenBack(t *testing.T) {
	s := newTheatre(t)
	s.as("viewer").get("/sites/pages").lacks("Pause the site")
	owner := s.as("owner")
	owner.get("/sites/pages").has("Pause the site", "until you resume it").lacks(">Resume<")
	owner.post("/sites/pages/resume").wants(http.StatusConflict)
	owner.post("/sites/pages/pause").next().has("Pausing <bdi>Pages</bdi>")
	owner.post("/sites/pages/backups").wants(http.StatusConflict)
	spec := s.pages()
	if spec.Deployment.Kind != seedbed.Pause {
		t.Fatalf("it is %+v", spec.Deployment)
	}
	s.finish(spec.Deployment.ID)
	owner.get("/sites/pages").has(">Resume<").lacks("Pause the site")
	owner.post(visitors, visitorsForm("hosts", "wiki.example.org")...).to(visitors + "?did=visitors")
	owner.post("/sites/pages/resume").next().has("Resuming <bdi>Pages</bdi>")
	s.as("viewer").get("/activity").has("paused Pages", "resumed Pages")
}
