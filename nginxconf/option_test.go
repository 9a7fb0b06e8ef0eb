package nginxconf

import (
	"strings"
	"testing"
	"time"

	"seedbed"
)

// someKey is a name with the hash of the password "sesame".
var someKey = seedbed.VisitorKey{Name: "ann", Hash: "$6$rounds=5000$saltsaltsalt$" + strings.Repeat("a", 86)}

func aDay(n int) time.Time { return time.Date(2026, 1, n, 12, 0, 0, 0, time.UTC) }

func TestReadVirtualHost_TakesWhatThePortalSays(t *testing.T) {
	hosts, o, refused := readVirtualHost(seedbed.VirtualHost{
		Workload: "/sites/wiki", Hosts: []seedbed.HostName{"wiki.localhost", "www.example.org"}, ToMain: true, Door: seedbed.Maintenance,
		Language: "sw", Words: "Back at noon.\nReally.", Upload: 20, Patience: 61, Inside: true, Keys: []seedbed.VisitorKey{someKey}, HTTPS: true, Strict: true,
	})
	compare(t, refused, []string(nil))
	compare(t, hosts, []seedbed.HostName{"wiki.localhost", "www.example.org"})
	compare(t, o, options{Main: "wiki.localhost", Door: seedbed.Maintenance, Language: "sw", Words: "Back at noon.\nReally.",
		Upload: 32, Patience: 120, Inside: true, Keys: []seedbed.VisitorKey{someKey}, HTTPS: true, Strict: true})
	if err := o.check(hosts); err != nil {
		t.Error(err)
	}
}

func TestReadVirtualHost_LetsNobodyInWhereItCannotReadWhoMay(t *testing.T) {
	for name, h := range map[string]seedbed.VirtualHost{
		"a door that is none":     {Door: "open"},
		"a plain password":        {Keys: []seedbed.VisitorKey{{Name: "ann", Hash: "{PLAIN}sesame"}}},
		"no hash":                 {Keys: []seedbed.VisitorKey{{Name: "ann"}}},
		"a weak hash":             {Keys: []seedbed.VisitorKey{{Name: "ann", Hash: "$1$salt$0123456789012345678901"}}},
		"a second line":           {Keys: []seedbed.VisitorKey{{Name: "ann", Hash: someKey.Hash + "\nbob:"}}},
		"a name with a colon":     {Keys: []seedbed.VisitorKey{{Name: "ann:x", Hash: someKey.Hash}}},
		"a name with a line":      {Keys: []seedbed.VisitorKey{{Name: "ann\nbob", Hash: someKey.Hash}}},
		"a name that is a remark": {Keys: []seedbed.VisitorKey{{Name: "#ann", Hash: someKey.Hash}}},
		"a name twice":            {Keys: []seedbed.VisitorKey{someKey, someKey}},
		"a hash that takes hours": {Keys: []seedbed.VisitorKey{{Name: "ann", Hash: strings.Replace(someKey.Hash, "5000", "999999", 1)}}},
		"a costly bcrypt":         {Keys: []seedbed.VisitorKey{{Name: "ann", Hash: "$2y$19$" + strings.Repeat("a", 53)}}},
		"too many names":          {Keys: make([]seedbed.VisitorKey, seedbed.MaxKeys+1)},
	} {
		if _, o, refused := readVirtualHost(h); o.Door != shutDoor || len(refused) != 1 {
			t.Errorf("%s: the door is %q, refused %q", name, o.Door, refused)
		}
	}
}

func TestReadVirtualHost_PutsTheUsualInPlaceOfWhatCannotBe(t *testing.T) {
	for name, h := range map[string]seedbed.VirtualHost{
		"an upload below nothing": {Upload: -1},
		"an upload without end":   {Upload: seedbed.MaxUpload + 1},
		"no patience at all":      {Patience: -5},
		"patience without end":    {Patience: seedbed.MaxPatience + 1},
		"a language":              {Language: "en;"},
		"words with a bell":       {Words: "a\ab"},
		"words that are no text":  {Words: "\xff"},
		"a book":                  {Words: strings.Repeat("ä", seedbed.MaxWords+1)},
		"a host":                  {Hosts: []seedbed.HostName{"a.example.org; }"}},
	} {
		hosts, o, refused := readVirtualHost(h)
		if len(refused) != 1 || len(hosts) != 0 {
			t.Errorf("%s: refused %q", name, refused)
		}
		compare(t, o, options{})
	}
}

func TestReadVirtualHost_LeadsNobodyToAMainNameThatCannotBe(t *testing.T) {
	_, o, _ := readVirtualHost(seedbed.VirtualHost{Hosts: []seedbed.HostName{"bad", "good.example.org"}, ToMain: true})
	compare(t, o, options{})
}

func TestIsKeyHash_TakesWhatTheMachineKnows(t *testing.T) {
	for hash, want := range map[string]bool{
		someKey.Hash:                         true,
		"$5$salt$" + strings.Repeat("b", 43): true,
		"$2y$10$" + strings.Repeat("a", 53):  true,
		"$2b$11$" + strings.Repeat("a", 53):  false,
		"$apr1$salt$abc":                     false,
		"rqXexS6ZhobKA":                      false,
	} {
		if isKeyHash(hash) != want {
			t.Errorf("%q", hash)
		}
	}
}
