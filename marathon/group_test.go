package marathon

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

// A Marathon with three sites of one name: one in our group, one in the root,
// and one in a group whose name begins as ours.
const sharedApps = `{"apps":[
	{"id":"/team/sites/wiki","instances":1,"deployments":[],"tasks":[{"id":"team_sites_wiki.1","host":"10.0.0.1","ports":[31001],"state":"TASK_RUNNING"}]},
	{"id":"/sites/wiki","instances":2,"deployments":[],"tasks":[{"id":"sites_wiki.1","host":"10.0.0.1","ports":[31002],"state":"TASK_RUNNING"}]},
	{"id":"/teamwork/sites/wiki","instances":3,"deployments":[],"tasks":[]}]}`

func inGroup(t *testing.T, url string) *Client {
	t.Helper()
	c, err := New(Config{URLs: []string{url}, Group: "team"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGroup_SeesOnlyWhatIsInIt(t *testing.T) {
	c := inGroup(t, clientFor(t, engine(sharedApps, `[{"affectedApps":["/team/sites/old","/sites/older"]}]`,
		`{"tasks":[{"id":"a","appId":"/team/sites/oldest","state":"TASK_RUNNING"},{"id":"b","appId":"/sites/elder","state":"TASK_RUNNING"}]}`)).urls[0].String())
	got, err := c.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[seedbed.WorkloadID]seedbed.Observed{
		"/sites/wiki": {ID: "/sites/wiki", Instances: 1, Running: 1, Healthy: 1, Settled: true},
		"/sites/old":  {ID: "/sites/old"}, "/sites/oldest": {ID: "/sites/oldest", Running: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	instances, err := c.Instances(t.Context())
	if err != nil || len(instances) != 1 || instances[0].ID != "team_sites_wiki.1" || instances[0].Workload != "/sites/wiki" {
		t.Errorf("%+v %v", instances, err)
	}
}

func TestGroup_ChangesOnlyWhatIsInIt(t *testing.T) {
	var asked []string
	c := inGroup(t, clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.URL.Path)
		fmt.Fprint(w, `{"deploymentId":"d","tasks":[{"id":"team_sites_wiki.1","state":"TASK_RUNNING"}]}`)
	}).urls[0].String())
	if id := c.group.definition(testWorkload()).ID; id != "/team/services/postgres" {
		t.Errorf("the definition is that of %s", id)
	}
	if err := c.Apply(t.Context(), testWorkload()); err != nil {
		t.Error(err)
	}
	if err := c.Remove(t.Context(), "/sites/wiki"); err != nil {
		t.Error(err)
	}
	tasks, err := c.livingTasks(t.Context(), "/sites/wiki")
	if err != nil || len(tasks) != 1 || tasks[0].Workload != "/sites/wiki" {
		t.Errorf("%+v %v", tasks, err)
	}
	want := []string{"PUT /v2/apps/team/services/postgres", "DELETE /v2/apps/team/sites/wiki", "GET /v2/apps/team/sites/wiki/tasks"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked for %q", asked)
	}
	for task, ours := range map[string]bool{"team_sites_wiki.instance-1": true, "sites_wiki.instance-1": false, "team_sites_wiki-two.1": false} {
		if belongs(task, c.group.app("/sites/wiki")) != ours {
			t.Errorf("whether %s is the site's task: %v", task, !ours)
		}
	}
}

// What others' apps of the same name wait for is not told of ours.
func TestGroup_ExplainsOnlyWhatIsInIt(t *testing.T) {
	apps := `{"apps":[{"id":"/team/sites/wiki","instances":1,"deployments":[{"id":"d"}],"tasks":[]},{"id":"/team/sites/b","instances":1,"deployments":[{"id":"d"}],"tasks":[]}]}`
	lists := engine(apps, "", "")
	waits := func(app, reason string) string {
		return fmt.Sprintf(`{"app":{"id":%q},"processedOffersSummary":{"lastUnusedOfferAt":"2026-01-02T03:04:05.000Z","rejectSummaryLastOffers":[{"reason":%q,"declined":1}]}}`, app, reason)
	}
	c := inGroup(t, clientFor(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v2/queue":
			fmt.Fprintf(w, `{"queue":[%s,%s]}`, waits("/team/sites/wiki", "InsufficientPorts"), waits("/sites/b", "InsufficientDisk"))
		case "/v2/onebox/pulls":
			fmt.Fprint(w, `{"pulls":[{"apps":["/team/sites/wiki"],"currentBytes":3},{"apps":["/sites/b"],"currentBytes":4}]}`)
		default:
			lists(w, r)
		}
	}).urls[0].String())
	got, err := c.Observe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if wiki := got["/sites/wiki"]; wiki.Waiting == nil || wiki.Waiting.For != seedbed.ShortOfPorts || wiki.Pulling == nil || wiki.Pulling.Current != 3 {
		t.Errorf("of ours it says %+v", wiki)
	}
	if b := got["/sites/b"]; b.Waiting != nil || b.Pulling != nil {
		t.Errorf("of ours it says what is so of others': %+v", b)
	}
}

func TestParseGroup_TakesOnlyWhatMarathonTakes(t *testing.T) {
	for text, want := range map[string]group{"": "", "/": "", "team": "/team", "/team/": "/team", "/a/b-2": "/a/b-2"} {
		if got, err := parseGroup(text); err != nil || got != want {
			t.Errorf("%q is read as %q (%v)", text, got, err)
		}
	}
	for _, text := range []string{"Team", "/a//b", "/..", "/a/../b", "a b", "-a", "a-", "/a.b", "/a?x", string(make([]byte, 100))} {
		if got, err := parseGroup(text); err == nil {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}
