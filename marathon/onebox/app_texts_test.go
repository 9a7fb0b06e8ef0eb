package onebox

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestLabelVariables_AreThoseOfMarathon(t *testing.T) {
	a := &app{Labels: map[string]string{
		"a.b": "1", "A-B": "2", "a..b": "3", "traefik.http/rule": "x", "long": strings.Repeat("v", 512), "almost": strings.Repeat("v", 511),
		strings.Repeat("k", 493): "no", strings.Repeat("l", 492): "yes", "ä": "y",
	}}
	env := map[string]string{}
	names := labelVariables(a, env)
	want := []string{"ALMOST", "A_B", strings.Repeat("L", 492), "TRAEFIK_HTTP_RULE", "_"}
	if !slices.Equal(names, want) || len(env) != len(want) {
		t.Errorf("the names are %v", names)
	}
	if env["MARATHON_APP_LABEL_A_B"] != "1" || env["MARATHON_APP_LABEL_TRAEFIK_HTTP_RULE"] != "x" {
		t.Errorf("%v", env)
	}
}

func TestAPI_RefusesWhatNoProgramCanBeStartedWith(t *testing.T) {
	f := newFixture(t, dry)
	text := func(n int) string { return strings.Repeat("x", n) }
	var many, labels []string
	for n := range 16 {
		many = append(many, fmt.Sprintf(`"V%d":%q`, n, text(120<<10)))
	}
	for n := range 1000 {
		labels = append(labels, fmt.Sprintf(`"%s%d":""`, text(200), n))
	}
	for name, c := range map[string][3]string{
		"a variable":           {fmt.Sprintf(`"env":{"A":%q}`, text(128<<10)), "/env", "the variable A has 131074 bytes with its name; Linux takes 131071 at most"},
		"all variables":        {`"env":{` + strings.Join(many, ",") + `}`, "/env", "bytes in all"},
		"names of labels":      {`"labels":{` + strings.Join(labels, ",") + `}`, "/labels", "MARATHON_APP_LABELS"},
		"an argument":          {fmt.Sprintf(`"args":["a",%q]`, text(128<<10)), "/", "an argument of the command has 131072 bytes"},
		"a command":            {fmt.Sprintf(`"cmd":%q`, text(128<<10)), "/", "an argument of the command"},
		"a check's command":    {fmt.Sprintf(`"healthChecks":[{"protocol":"COMMAND","command":{"value":%q}}]`, text(128<<10)), "/healthChecks(0)/command", "shorter than 131072"},
		"a label's NUL":        {`"labels":{"a":"x\u0000"}`, "/labels", "NUL"},
		"a NUL in its name":    {`"labels":{"a\u0000":"x"}`, "/labels", "NUL"},
		"a label's empty name": {`"labels":{"":"x"}`, "/labels", "must have a name"},
		"a variable's NUL":     {`"env":{"A\u0000":"x"}`, "/env", "is not the name"},
		"= in its name":        {`"env":{"A=B":"x"}`, "/env", "is not the name"},
		"no variable's name":   {`"env":{"":"x"}`, "/env", "is not the name"},
	} {
		status, message, places := f.refusedAt("POST", "/v2/apps", small("/a", c[0]))
		if status != 422 || message != "Object is not valid" || !strings.Contains(places[c[1]], c[2]) || len(fmt.Sprint(places)) > 2000 {
			t.Errorf("%s: %d %s %v", name, status, message, places)
		}
	}
	f.expect(201, "POST", "/v2/apps", small("/a", fmt.Sprintf(`"env":{"A":%q}`, text(128<<10-3))))
	f.idle()
}
