package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"seedbed/api"
	"seedbed/api/wire"
)

func TestOnce_TheSameKeyGetsTheSameAnswer(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	first := a.post("/sites", guide, "Idempotency-Key", `"k1"`).wants(202)
	again := a.post("/sites", guide, "Idempotency-Key", "k1").wants(202)
	if again.body != first.body || again.header.Get("Location") != first.header.Get("Location") || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("first %v %s\nagain %v %s", first.header, first.body, again.header, again.body)
	}
	a.post("/sites", `{"template":"wiki","title":"Other"}`, "Idempotency-Key", "k1").wants(422).has("key_reused")
	a.post("/tokens", guide, "Idempotency-Key", "k1").wants(422)
	w.amina("admin").post("/sites", guide, "Idempotency-Key", "k1").wants(409).has("name is taken") // another token's keys are its own
	if len(w.store.Column(`SELECT name FROM sites`)) != 1 {
		t.Error("more than one site")
	}
}

func TestOnce_RefusalsTakeNoRoom(t *testing.T) {
	w := newWorld(t)
	reader, a := w.amina("read"), w.amina("admin")
	for i := range 20 {
		key := fmt.Sprint("k", i)
		reader.post("/sites", guide, "Idempotency-Key", key).wants(403)
		reader.post("/sites", `{`, "Idempotency-Key", key).wants(400)
		reader.post("/sites/none/retry", "", "Idempotency-Key", key).wants(404)
		w.as("sb_1_wrong").post("/sites", guide, "Idempotency-Key", key)
		a.post("/sites", `{"template":"wiki","title":""}`, "Idempotency-Key", key).wants(422)
	}
	if rows := w.store.Column(`SELECT key FROM requests`); len(rows) != 0 {
		t.Errorf("%d requests are kept that changed nothing", len(rows))
	}
	a.post("/sites", guide, "Idempotency-Key", "k1").wants(202) // what was refused may be mended
}

func TestOnce_MakesOneOfManyAtTheSameTime(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	statuses := together(10, func(int) int { return a.post("/sites", guide, "Idempotency-Key", "k1").status })
	if statuses[202] < 1 || statuses[202]+statuses[409] != 10 {
		t.Errorf("statuses %v", statuses)
	}
	if names := w.store.Column(`SELECT name FROM sites`); len(names) != 1 {
		t.Errorf("sites %v", names)
	}
	a.post("/sites", guide, "Idempotency-Key", "k1").wants(202)
}

func TestOnce_AnswersWhatAKilledProcessHadDone(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Store = &killed{Store: c.Store} })
	a := w.amina("admin")
	a.post("/sites", guide, "Idempotency-Key", "k1").wants(202)
	made := in[wire.Token](a.post("/tokens", `{"name":"x","scope":"read"}`, "Idempotency-Key", "k2").wants(201))
	a.post("/tokens", `{"name":"x","scope":"read"}`, "Idempotency-Key", "k2").wants(409).has("under_way")
	w.restart()
	again := in[wire.Deployment](a.post("/sites", guide, "Idempotency-Key", "k1").wants(202))
	if again.Site != "guide" || again.Kind != "make" {
		t.Errorf("again %+v", again)
	}
	a.post("/tokens", `{"name":"x","scope":"read"}`, "Idempotency-Key", "k2").wants(409).has("answer_lost").lacks(made.Token)
	if names := w.store.Column(`SELECT name FROM tokens WHERE name = 'x'`); len(names) != 1 {
		t.Errorf("tokens %v", names)
	}
}

// killed is a store whose process is killed before it can keep an answer.
type killed struct{ api.Store }

func (killed) KeepAnswer(context.Context, int64, []byte) error { return errors.New("killed") }
func (killed) DropRequest(context.Context, int64) error        { return errors.New("killed") }

func TestOnce_DoesWhatAKilledProcessHadOnlyBegun(t *testing.T) {
	w := newWorld(t, func(c *api.Config) { c.Store = &killed{Store: c.Store} })
	a := w.amina("admin")
	wish := `{"template":"wiki","title":""}` // refused, so nothing is changed, and the answer is not kept
	a.post("/sites", wish, "Idempotency-Key", "k1").wants(422)
	a.post("/sites", wish, "Idempotency-Key", "k1").wants(409).has("under_way")
	w.restart()
	if a.post("/sites", wish, "Idempotency-Key", "k1").wants(422).header.Get("Idempotency-Replayed") != "" {
		t.Error("replayed what was never answered")
	}
}

func TestOnce_KeysAreForgottenAfterADay(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	a.post("/sites", guide, "Idempotency-Key", "k1").wants(202)
	w.clock.Advance(25 * time.Hour)
	a.post("/sites", guide, "Idempotency-Key", "k1").wants(http.StatusConflict).has("name is taken")
}

func TestOnce_KeptAnswersHoldNoReadableToken(t *testing.T) {
	w := newWorld(t)
	a := w.amina("admin")
	made := in[wire.Token](a.post("/tokens", `{"name":"x","scope":"read"}`, "Idempotency-Key", "k").wants(201))
	if again := in[wire.Token](a.post("/tokens", `{"name":"x","scope":"read"}`, "Idempotency-Key", "k").wants(201)); again.Token != made.Token {
		t.Errorf("another token: %v", again)
	}
	if rows := w.store.Column(`SELECT id FROM requests WHERE instr(answer, ?) > 0`, made.Token); len(rows) != 0 {
		t.Error("the token can be read in the database")
	}
}
