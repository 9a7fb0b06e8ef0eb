package marathon

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

func TestErrors_KeepAllThatMarathonSaid(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		want   APIError
		code   seedbed.Code
		words  string // in the sentence for people
	}{
		"places":  {422, `{"message":"Object is not valid","details":[{"path":"/cpus","errors":["got 0","x"]}]}`, APIError{Status: 422, Message: "Object is not valid"}, seedbed.Invalid, "/cpus: got 0, x"},
		"text":    {400, `{"message":"Invalid JSON","details":"Unexpected"}`, APIError{Status: 400, Message: "Invalid JSON"}, seedbed.Invalid, "(Unexpected)"},
		"locked":  {409, `{"message":"locked","deployments":[{"id":"d"}]}`, APIError{Status: 409, Message: "locked"}, seedbed.Conflict, "still busy"},
		"crowded": {403, `{"message":"Max number (100) of running deployments is achieved."}`, APIError{Status: 403, Message: "Max number (100) of running deployments is achieved."}, seedbed.Unavailable, "as many changes"},
		"page":    {502, "<html>Bad Gateway</html>\n", APIError{Status: 502, Message: "<html>Bad Gateway</html>", Foreign: true}, seedbed.Unavailable, "does not answer"},
		"proxy":   {413, "<html>Too Large</html>\n", APIError{Status: 413, Message: "<html>Too Large</html>", Foreign: true}, seedbed.Unavailable, "does not answer"},
		"busy":    {429, `{"message":"slow down"}`, APIError{Status: 429, Message: "slow down"}, seedbed.Unavailable, "does not answer"},
		"signin":  {401, "", APIError{Status: 401, Foreign: true}, seedbed.Unavailable, "does not let the portal in"},
		"fault":   {500, `{"message":"java.lang.NullPointerException"}`, APIError{Status: 500, Message: "java.lang.NullPointerException"}, seedbed.Unavailable, "does not answer"},
	} {
		err := clientFor(t, answers(c.status, c.body)).Apply(t.Context(), testWorkload())
		var got *APIError
		if !errors.As(err, &got) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, *got); diff != "" || seedbed.CodeOf(err) != c.code || !strings.Contains(seedbed.MessageOf(err), c.words) {
			t.Errorf("%s: code %s, %q %s", name, seedbed.CodeOf(err), seedbed.MessageOf(err), diff)
		}
		if !strings.Contains(err.Error(), c.want.Message) {
			t.Errorf("%s: for the log it is %q", name, err)
		}
	}
}

// Programs tell errors apart by their types.
func TestErrors_AreFoundByTheirTypes(t *testing.T) {
	apply := func(status int, body string) error {
		return clientFor(t, answers(status, body)).Apply(t.Context(), testWorkload())
	}
	var refused *RefusedError
	if err := apply(422, `{"message":"m","details":[{"path":"/a/b(0)","errors":["x","y"]},{"path":"/","errors":["z"]}]}`); !errors.As(err, &refused) {
		t.Errorf("a definition that is refused: %v", err)
	} else if diff := cmp.Diff([]Place{{"/a/b(0)", []string{"x", "y"}}, {"/", []string{"z"}}}, refused.Places); diff != "" {
		t.Error(diff)
	}
	var locked *LockedError
	if err := apply(409, `{"message":"m","deployments":[{"id":"1"},{"id":"2"}]}`); !errors.As(err, &locked) || !cmp.Equal(locked.Deployments, []string{"1", "2"}) {
		t.Errorf("a locked app: %v", err)
	}
	var missing *NotFoundError
	if err := apply(404, `{"message":"Group '/sites' does not exist"}`); !errors.As(err, &missing) || seedbed.CodeOf(err) != seedbed.NotFound {
		t.Errorf("what is not there: %v", err)
	}
	var unreachable *UnreachableError
	if err := apply(503, ``); !errors.As(err, &unreachable) || len(unreachable.Failures) != 1 {
		t.Errorf("what does not answer: %v", err)
	}
	if errors.As(apply(422, `{"message":"m"}`), &unreachable) || errors.As(apply(404, `<html>`), &missing) || errors.As(apply(409, `{"message":"m"}`), &locked) {
		t.Error("an error is of a type that it is not")
	}
}

// "Gone" is believed only of Marathon itself.
func TestRemove_DoesNotTakeAStrangersNotFoundForGone(t *testing.T) {
	for _, body := range []string{``, `<html>404 Not Found</html>`, `{}`, `{"message":"Not Found"}`, `{"message":"no Route matched with those values"}`, `{"message":"URI not found: /v2/apps/a"}`} {
		c := clientFor(t, answers(http.StatusNotFound, body))
		if err := c.Remove(t.Context(), "/a"); seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("%q: Remove gives %v", body, err)
		}
		if tasks, err := c.livingTasks(t.Context(), "/a"); seedbed.CodeOf(err) != seedbed.Unavailable {
			t.Errorf("%q: there are tasks %v, %v", body, tasks, err)
		}
	}
}

// A page to sign in, or an empty answer, is no confirmation.
func TestChanges_AreOnlyDoneIfMarathonSaysSo(t *testing.T) {
	for _, body := range []string{``, `<html>Sign in</html>`, `{}`, `null`, `[]`, `{"version":"x"}`, `{"deploymentId":"d"`, `"pong `} {
		c := clientFor(t, answers(200, body))
		for what, err := range map[string]error{
			"Apply": c.Apply(t.Context(), testWorkload()), "Remove": c.Remove(t.Context(), "/a"),
		} {
			if seedbed.CodeOf(err) != seedbed.Unavailable {
				t.Errorf("%q: %s gives %v", body, what, err)
			}
		}
	}
	for body, well := range map[string]bool{"pong": true, "\"pong\"": true, "pong\n": true, "<html>": false, "{}": false} {
		if err := clientFor(t, answers(200, body)).Check(t.Context()); (err == nil) != well {
			t.Errorf("ping is answered by %q: %v", body, err)
		}
	}
}

func FuzzErrorOf(f *testing.F) {
	f.Add(422, []byte(`{"message":"m","details":[{"path":"/","errors":["e"]}]}`))
	f.Add(409, []byte(`{"message":"m","deployments":[{"id":"e"}]}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		err := errorOf(status, body)
		var e *APIError
		if !errors.As(err, &e) || err.Error() == "" || seedbed.MessageOf(forPeople(err)) == "" {
			t.Error("an error without words")
		}
	})
}
