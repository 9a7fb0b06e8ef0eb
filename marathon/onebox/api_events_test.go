package onebox

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestAPI_StreamsEvents(t *testing.T) {
	f := newFixture(t)
	req, err := http.NewRequestWithContext(t.Context(), "GET", f.server.URL+"/v2/events?event_type=event_stream_attached&event_type=deployment_info", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := f.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	next := func() string {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return line
	}
	if got := next(); got != "event: event_stream_attached\r\n" {
		t.Fatalf("the first line is %q", got)
	}
	if got := next(); !strings.HasPrefix(got, `data: {`) || next() != "\r\n" {
		t.Fatalf("the second line is %q", got)
	}
	f.expect(201, "POST", "/v2/apps", guide)
	if got := next(); got != "event: deployment_info\r\n" {
		t.Errorf("the next event is %q", got)
	}
	var data struct {
		EventType   string
		Timestamp   string
		Plan        struct{ Steps []step }
		CurrentStep step
	}
	if err := json.Unmarshal([]byte(strings.TrimPrefix(next(), "data: ")), &data); err != nil {
		t.Fatal(err)
	}
	if data.EventType != "deployment_info" || data.Timestamp == "" || len(data.Plan.Steps) != 2 ||
		data.CurrentStep.Actions[0] != (action{startApplication, "/sites/guide"}) {
		t.Errorf("%+v", data)
	}
}

func TestHub_CutsOffWhoDoesNotListen(t *testing.T) {
	h := newHub(time.Now)
	slow, other := h.listen("slow", nil), h.listen("other", []string{"nothing"})
	for range maxQueued + 1 {
		h.publish(event{Type: "status_update_event"})
	}
	n := 0
	for range slow.queue { // ends, because the queue was closed
		n++
	}
	if n != maxQueued {
		t.Errorf("%d events were kept", n)
	}
	h.leave(slow, "slow")
	h.close()
	if _, open := <-other.queue; !open {
		t.Error("the first event is the attachment")
	}
	if _, open := <-other.queue; open {
		t.Error("closing ends all streams")
	}
}

// However many listeners there are, an event is written out once.
func TestHub_WritesAnEventOnceForAll(t *testing.T) {
	h := newHub(time.Now)
	one, other := h.listen("one", []string{"x"}), h.listen("other", []string{"x"})
	<-one.queue
	<-other.queue
	h.publish(event{"x", map[string]any{"appId": "/a"}})
	first, err := (<-one.queue).frame()
	if err != nil || !strings.Contains(string(first), `"appId":"/a"`) {
		t.Fatalf("%q, %v", first, err)
	}
	if second, err := (<-other.queue).frame(); err != nil || &second[0] != &first[0] {
		t.Errorf("it was written again: %q, %v", second, err)
	}
}
