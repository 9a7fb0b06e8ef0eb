package nginxconf

import (
	"maps"
	"strings"
	"testing"
)

// TestFacts_SeeWhatIsSaidOfEachSite holds that the second look at a
// configuration, which knows nothing of how it was written, sees every change
// that would lead a visitor elsewhere or let them in.
func TestFacts_SeeWhatIsSaidOfEachSite(t *testing.T) {
	routes, listeners := someTable()
	s := allSettings()
	s.certificates["wiki.localhost"] = "wiki-1"
	c, err := generate(routes, s, listeners)
	if err != nil {
		t.Fatal(err)
	}
	shut, wiki := idHash("/sites/shut"), idHash("/sites/wiki")
	for what, change := range map[string][2]string{
		"another site's host":      {"www.shut.example " + shut, "www.shut.example " + wiki},
		"no such host":             {"\tnew.localhost ", "\tother.localhost "},
		"an open door":             {shut + " maintenance;", ""},
		"for everybody":            {"\"$seedbed_inside\" {\n\t\tdefault \"\";\n\t\t" + shut + " 1;", "\"$seedbed_inside\" {\n\t\tdefault \"\";"},
		"other passwords":          {shut + " " + keysOf(routes)[0].name, shut + " none"},
		"no password":              {shut + " shut.localhost;", ""},
		"another main name":        {"www.shut.example shut.localhost", "www.shut.example wiki.localhost"},
		"more to send":             {"client_max_body_size 8m", "client_max_body_size 9m"},
		"another server":           {"server_name shut.localhost", "server_name shut.example"},
		"another certificate":      {"wiki.localhost wiki-1", "wiki.localhost good-1"},
		"another instance":         {"server 10.0.0.1:31001", "server 10.0.0.1:31002"},
		"another upstream":         {wiki + " site_" + wiki, wiki + " site_" + shut},
		"another language":         {shut + " pt;", shut + " fr;"},
		"another part of a host":   {"localhost/shop(/|$)", "localhost/(/|$)"},
		"a part of another":        {"/shop(/|$)\" " + idHash("/sites/shop"), "/shop(/|$)\" " + wiki},
		"another service":          {"server 10.0.0.1:31004", "server 10.0.0.1:31005"},
		"a port for everybody":     {"listen 172.17.0.1:5432", "listen 0.0.0.0:5432"},
		"words of somebody else's": {shut + " maintenance-", shut + " paused-"},
		"a site that nobody knows": {"map \"$seedbed_site\" \"$seedbed_to\" {", "map \"$seedbed_site\" \"$seedbed_to\" { 00 10.0.0.1:1;"},
	} {
		text := strings.Replace(c.text, change[0], change[1], 1)
		if text == c.text {
			t.Errorf("%s: %q is not in the configuration", what, change[0])
			continue
		}
		read, err := parse(text)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if maps.Equal(factsIn(read), factsOf(routes, s, listeners)) {
			t.Errorf("%s is not seen", what)
		}
	}
}
