package onebox

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shape returns what a definition becomes, without what every app has.
func shape(t *testing.T, body string) map[string]any {
	t.Helper()
	a, err := decodeApp([]byte(body), "/x")
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"networks", "portDefinitions", "container", "fetch", "healthChecks", "unreachableStrategy", "upgradeStrategy", "requirePorts"} {
		if _, there := out[name]; !there {
			out[name] = nil
		}
	}
	return out
}

func jsonOf(t *testing.T, text string) any {
	t.Helper()
	var out any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDecode_BringsAllFormsIntoThatOf15(t *testing.T) {
	for name, c := range map[string]struct{ body, field, want string }{
		"nothing said about networks": {`{"cmd":"x"}`, "networks", `[{"mode":"host"}]`},
		"one port by default":         {`{"cmd":"x"}`, "portDefinitions", `[{"labels":{},"name":"default","port":0,"protocol":"tcp"}]`},
		"no ports, said so":           {`{"cmd":"x","portDefinitions":[]}`, "portDefinitions", `[]`},
		"old ports":                   {`{"cmd":"x","ports":[80,0]}`, "portDefinitions", `[{"labels":{},"port":80,"protocol":"tcp"},{"labels":{},"port":0,"protocol":"tcp"}]`},
		"no old ports":                {`{"cmd":"x","ports":[]}`, "portDefinitions", `[]`},
		"a null is nothing":           {`{"cmd":"x","ports":null}`, "portDefinitions", `[{"labels":{},"name":"default","port":0,"protocol":"tcp"}]`},
		"old bridge": {`{"container":{"docker":{"image":"i","network":"BRIDGE","portMappings":[{"containerPort":80}]}}}`, "container",
			`{"type":"DOCKER","docker":{"image":"i","forcePullImage":false,"privileged":false,"parameters":[]},"volumes":[],
			"portMappings":[{"containerPort":80,"hostPort":0,"labels":{},"protocol":"tcp","servicePort":0}]}`},
		"old host":             {`{"container":{"docker":{"image":"i","network":"HOST"}},"ports":[1]}`, "networks", `[{"mode":"host"}]`},
		"old user network":     {`{"ipAddress":{"networkName":"n"},"container":{"docker":{"image":"i","network":"USER"}}}`, "networks", `[{"mode":"container","name":"n"}]`},
		"bridge without ports": {`{"networks":[{"mode":"container/bridge"}],"container":{"docker":{"image":"i"}}}`, "container", `{"type":"DOCKER","docker":{"image":"i","forcePullImage":false,"privileged":false,"parameters":[]},"volumes":[],"portMappings":[{"containerPort":0,"hostPort":0,"labels":{},"name":"default","protocol":"tcp","servicePort":0}]}`},
		"bridge, no ports said": {`{"networks":[{"mode":"container/bridge"}],"container":{"type":"MESOS","docker":{"image":"i"},"portMappings":[]}}`, "container",
			`{"type":"MESOS","docker":{"image":"i","forcePullImage":false,"privileged":false,"parameters":[]},"volumes":[],"portMappings":[]}`},
		"old uris":              {`{"cmd":"x","uris":["http://h/a.tar.gz","http://h/b.jar"]}`, "fetch", `[{"uri":"http://h/a.tar.gz","extract":true,"executable":false,"cache":false},{"uri":"http://h/b.jar","extract":false,"executable":false,"cache":false}]`},
		"a check asks port 0":   {`{"cmd":"x","healthChecks":[{}]}`, "healthChecks", `[{"gracePeriodSeconds":300,"ignoreHttp1xx":false,"intervalSeconds":60,"maxConsecutiveFailures":3,"portIndex":0,"protocol":"HTTP","timeoutSeconds":20}]`},
		"a check names a port":  {`{"cmd":"x","healthChecks":[{"protocol":"MESOS_TCP","portIndex":"default"}]}`, "healthChecks", `[{"delaySeconds":15,"gracePeriodSeconds":300,"ignoreHttp1xx":false,"intervalSeconds":60,"maxConsecutiveFailures":3,"portIndex":"default","protocol":"MESOS_TCP","timeoutSeconds":20}]`},
		"never given up":        {`{"cmd":"x","unreachableStrategy":"disabled"}`, "unreachableStrategy", `"disabled"`},
		"only one at a time":    {`{"cmd":"x","labels":{"MARATHON_SINGLE_INSTANCE_APP":"true"}}`, "upgradeStrategy", `{"minimumHealthCapacity":0,"maximumOverCapacity":0}`},
		"a null of labels":      {`{"cmd":"x","labels":null}`, "labels", `{}`},
		"whole numbers":         {`{"cmd":"x","instances":1e1,"portDefinitions":[{"port":80.0}]}`, "portDefinitions", `[{"labels":{},"port":80,"protocol":"tcp"}]`},
		"limits are said again": {`{"cmd":"x","resourceLimits":{"cpus":"unlimited","mem":256}}`, "resourceLimits", `{"cpus":"unlimited","mem":256}`},
	} {
		if diff := cmp.Diff(jsonOf(t, c.want), shape(t, c.body)[c.field]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestDecode_RefusesFormsThatSayTheSameTwice(t *testing.T) {
	for body, want := range map[string]string{
		`{"networks":[{"mode":"host"}],"container":{"docker":{"image":"i","network":"HOST"}}}`:                                 "must not specify both container.docker.network and networks",
		`{"networks":[{"mode":"host"}],"ipAddress":{}}`:                                                                        "must not specify both networks and ipAddress",
		`{"container":{"portMappings":[{"containerPort":1}],"docker":{"image":"i","portMappings":[{"containerPort":1}]}}}`:     "cannot specify both portMappings and docker.portMappings",
		`{"networks":[{"mode":"container/bridge"}],"container":{"docker":{"image":"i","portMappings":[{"containerPort":1}]}}}`: "cannot mix deprecated and canonical network APIs",
		`{"ports":[1],"portDefinitions":[{"port":2}]}`:                                                                         "cannot specify both ports and port definitions",
		`{"ipAddress":{},"ports":[1]}`:                            "cannot specify both an IP address and port",
		`{"uris":["a"],"fetch":[{"uri":"a"}]}`:                    "cannot specify both uris and fetch fields",
		`{"container":{"docker":{"image":"i","network":"NONE"}}}`: "unsupported docker network type NONE",
		`{"args":"x","mem":"1","healthChecks":[{"path":5}],"container":{"portMappings":[{"containerPort":1.5}]},"instances":2.5,"labels":{"a":1}}`: "Invalid JSON",
	} {
		_, err := decodeApp([]byte(body), "/x")
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

func TestDecode_NamesEveryPlaceOfTheWrongType(t *testing.T) {
	_, err := decodeApp([]byte(`{"args":"x","mem":"1","healthChecks":[{},{"path":5}],"instances":2.5,"labels":{"a":1},"env":[],"unreachableStrategy":7,"container":{"docker":{"image":[]}}}`), "/x")
	want := []detail{
		{"/args", []string{"error.expected.jsarray"}}, {"/container/docker/image", []string{"error.expected.jsstring"}},
		{"/env", []string{"error.expected.jsobject"}}, {"/healthChecks(1)/path", []string{"error.expected.jsstring"}},
		{"/instances", []string{"error.expected.int"}}, {"/labels/a", []string{"error.expected.jsstring"}},
		{"/mem", []string{"error.expected.jsnumber"}}, {"/unreachableStrategy", []string{"error.expected.jsobject"}},
	}
	known, ok := err.(*apiError)
	if !ok {
		t.Fatal(err)
	}
	if diff := cmp.Diff(any(want), known.Details); diff != "" {
		t.Error(diff)
	}
}

func TestUpdate_TakesEitherFormOverEither(t *testing.T) {
	bridge, err := decodeApp([]byte(`{"networks":[{"mode":"container/bridge"}],"container":{"docker":{"image":"i"},"portMappings":[{"containerPort":80}]}}`), "/x")
	if err != nil {
		t.Fatal(err)
	}
	host, err := decodeApp([]byte(`{"cmd":"x","ports":[1,2]}`), "/x")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		old   *app
		body  string
		ports int
		mode  string
	}{
		"another image":  {bridge, `{"container":{"docker":{"image":"j"},"portMappings":[{"containerPort":80},{"containerPort":81}]}}`, 2, bridgeNetwork},
		"the old form":   {bridge, `{"container":{"docker":{"image":"j","network":"HOST"}},"ports":[5]}`, 1, hostNetwork},
		"other ports":    {host, `{"ports":[7,8,9]}`, 3, hostNetwork},
		"to a bridge":    {host, `{"networks":[{"mode":"container/bridge"}],"container":{"docker":{"image":"j"}}}`, 1, bridgeNetwork},
		"only instances": {host, `{"instances":3}`, 2, hostNetwork},
	} {
		next, err := updateApp(c.old, []byte(c.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if len(next.portSpecs()) != c.ports || next.Networks[0].Mode != c.mode {
			t.Errorf("%s: %v on %s", name, next.portSpecs(), next.Networks[0].Mode)
		}
	}
}

func TestDecode_NullsInMapsAreAbsent(t *testing.T) {
	a, err := decodeApp([]byte(`{"cmd":"x","env":{"A":null,"B":"1"},"labels":{"c":null,"d":""}}`), "/x")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]map[string]string{{"B": "1"}, {"d": ""}}, []map[string]string{a.Env, a.Labels}); diff != "" {
		t.Error(diff)
	}
}

func TestDecode_TheAddressNamesTheAppAndWhatItsIDIsSeenFromNamesTheRest(t *testing.T) {
	old, err := decodeApp([]byte(`{"cmd":"y"}`), "/shop/front")
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"id":"web","cmd":"x","dependencies":["db","../shop/db","/db"]}`
	for name, c := range map[string]struct {
		read func() (*app, error)
		id   string
		deps []string
	}{
		"POST":             {func() (*app, error) { return decodeApp([]byte(body), "") }, "/web", []string{"/db", "/shop/db"}},
		"PUT":              {func() (*app, error) { return decodeApp([]byte(body), "/shop/front") }, "/shop/front", []string{"/db", "/shop/db"}},
		"PUT of a part":    {func() (*app, error) { return updateApp(old, []byte(body)) }, "/shop/front", []string{"/db", "/shop/db"}},
		"PUT of the group": {func() (*app, error) { return decodeAppIn("/shop", []byte(body)) }, "/shop/web", []string{"/db", "/shop/db"}},
	} {
		a, err := c.read()
		if err != nil || a.ID != c.id {
			t.Errorf("%s: %+v %v", name, a, err)
		} else if diff := cmp.Diff(c.deps, a.Dependencies); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
