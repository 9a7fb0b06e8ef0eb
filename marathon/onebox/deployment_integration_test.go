//go:build integration

package onebox

import (
	"fmt"
	"strings"
	"testing"
)

// stack is a group of two apps: web needs db, and db must say that it is ready.
func (r *real) stack(behaviour string) string {
	return fmt.Sprintf(`{"id":"/stack","apps":[
		{"id":"web","cpus":0.1,"mem":32,"dependencies":["db"],"networks":[{"mode":"container/bridge"}],"container":{"docker":{"image":%q}}},
		{"id":"db","cpus":0.1,"mem":32,"networks":[{"mode":"container/bridge"}],"env":{"BEHAVIOUR":%q},
			"container":{"docker":{"image":%q},"portMappings":[{"containerPort":8080,"name":"api"}]},
			"readinessChecks":[{"path":"/health","portName":"api","intervalSeconds":2,"timeoutSeconds":1,"preserveLastResponse":true}]}]}`,
		r.image, behaviour, r.image)
}

// runs returns how many containers there are of an app.
func (r *real) runs(app string) int {
	n := 0
	for _, id := range r.containers() {
		if strings.HasPrefix(r.inspect(id).Name, "/"+app+".") {
			n++
		}
	}
	return n
}

func TestEngine_StartsAGroupInTheOrderOfItsDependencies(t *testing.T) {
	r := newReal(t)
	r.expect(201, "POST", "/v2/groups", r.stack("sick"))
	await(t, "db is asked whether it is ready", func() bool {
		_, text := r.raw("GET", "/v2/deployments", "")
		return strings.Contains(string(text), `"lastResponse":{"status":500,"contentType":"text/plain","body":"not well\n"}`)
	})
	if r.runs("stack_db") != 1 || r.runs("stack_web") != 0 {
		t.Errorf("web did not wait: %v", r.containers())
	}
	r.expect(200, "PUT", "/v2/groups?force=true", r.stack("well"))
	r.idle()
	if r.runs("stack_db") != 1 || r.runs("stack_web") != 1 {
		t.Errorf("there are %v", r.containers())
	}
	r.expect(200, "DELETE", "/v2/groups/stack", "")
	r.idle()
	if left := r.containers(); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}
