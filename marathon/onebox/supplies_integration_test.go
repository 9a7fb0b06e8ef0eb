//go:build integration

package onebox

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed/marathon/internal/enginetest"
)

// A site of which there is one container only stays on the air while its new image
// comes over a slow line, and when it cannot be had.
func TestDeployment_ASiteIsOnTheAirWhileItsNewImageComes(t *testing.T) {
	docker := enginetest.Docker(t)
	direct := enginetest.Registry(t, "me", "geheim")
	l := newSlowLine(t, direct)
	slow := private(t, docker, l, direct)
	passwords := filepath.Join(t.TempDir(), "config.json")
	auth := fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, l.host(), base64.StdEncoding.EncodeToString([]byte("me:geheim")))
	if err := os.WriteFile(passwords, []byte(auth), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newMachine(t, func(c *Config) { c.RegistryAuth = passwords })
	r.expect(201, "PUT", "/v2/apps/sites/guide", `{"mem":64,"cpus":0.1,"backoffSeconds":0.1,"cmd":"exec python3 -m http.server $PORT0",`+onlyOne+`}`)
	r.awaitSettled(1)
	old := r.app().Tasks[0]
	r.page("/sites/guide", "/")
	answers := func() {
		t.Helper()
		res, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", old.Ports[0]))
		if err != nil {
			t.Fatalf("the site is off the air: %v", err)
		}
		_ = res.Body.Close()
	}
	update := func(image string) string {
		return fmt.Sprint(r.expect(200, "PUT", "/v2/apps/sites/guide?partialUpdate=false", fmt.Sprintf(`{"mem":64,"cpus":0.1,"backoffSeconds":0.1,"networks":[{"mode":"container/bridge"}],
			"container":{"docker":{"image":%q},"portMappings":[{"containerPort":8080}]},%s}`, image, onlyOne))["deploymentId"])
	}

	gone := update(l.host() + "/nobody:1")
	await(t, "the failure is told", func() bool { answers(); return r.app().LastTaskFailure != nil })
	first := r.app().LastTaskFailure.TaskID
	await(t, "it is tried again", func() bool { answers(); return r.app().LastTaskFailure.TaskID != first })
	a := r.app()
	if len(a.Tasks) != 1 || a.Tasks[0].ID != old.ID || len(a.Deployments) != 1 || !strings.Contains(a.LastTaskFailure.Message, "pulling it failed") {
		t.Errorf("%+v", a)
	}
	r.expect(200, "DELETE", "/v2/deployments/"+gone, "")
	r.awaitSettled(1)
	old = r.app().Tasks[0]
	r.page("/sites/guide", "/")

	update(slow)
	await(t, "the pull is under way", func() bool {
		answers()
		list := r.pulls()
		return len(list) == 1 && list[0].Current > 500<<10
	})
	_, queue := r.raw("GET", "/v2/queue", "")
	if a := r.app(); len(a.Tasks) != 1 || a.Tasks[0].ID != old.ID || len(a.Deployments) != 1 || !strings.Contains(string(queue), `"count":1`) {
		t.Errorf("%+v %s", a, queue)
	}
	l.quick.Store(true)
	r.awaitSettled(1)
	if now := r.app().Tasks[0]; now.ID == old.ID || r.inspect(now.ID).Config.Image != slow {
		t.Errorf("it is still %+v", now)
	}
}

func TestDeployment_ASiteIsOnTheAirWhenItsFilesCannotBeFetched(t *testing.T) {
	r := newReal(t, func(c *Config) { c.FetchAllow = []string{"127.0.0.1"} })
	r.put(`{` + onlyOne + `}`)
	r.awaitSettled(1)
	old := r.app().Tasks[0].ID
	url := serving(t, map[string][]byte{"here": []byte("x")})
	r.put(fmt.Sprintf(`{"fetch":[{"uri":"%s/gone"}],%s}`, url, onlyOne))
	await(t, "the failure is told", func() bool { return r.app().LastTaskFailure != nil })
	if a := r.app(); len(a.Tasks) != 1 || a.Tasks[0].ID != old || !strings.Contains(a.LastTaskFailure.Message, "404") {
		t.Errorf("%+v", a)
	}
	r.put(fmt.Sprintf(`{"fetch":[{"uri":"%s/here"}],%s}`, url, onlyOne))
	r.awaitSettled(1)
	if now := r.app().Tasks[0].ID; now == old {
		t.Error("the old one runs on")
	}
	notes, err := r.engine.logs.store.Notes()
	if err != nil || len(notes) > 2 {
		t.Errorf("what was tried has left something: %+v (%v)", notes, err)
	}
}
