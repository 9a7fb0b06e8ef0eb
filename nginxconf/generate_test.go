package nginxconf

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"seedbed"
)

var update = flag.Bool("update", false, "write the golden files anew")

func someSettings() settings {
	return settings{
		dir: "/var/lib/seedbed/nginx", temp: "/var/lib/seedbed/nginx/temp", user: "www-data",
		streamModule: "/usr/lib/nginx/modules/ngx_stream_module.so",
		listen:       netip.MustParseAddrPort("127.0.0.1:8480"),
		log:          "/var/lib/seedbed/nginx/access.log",
		language:     "en",
		inside:       []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fc00::/7")},
	}
}

// allSettings are those of an installation that uses all there is.
func allSettings() settings {
	s := someSettings()
	s.tls, s.certDir = netip.MustParseAddrPort("127.0.0.1:8443"), "/var/lib/seedbed/certs"
	s.certificates = map[seedbed.HostName]string{"good.localhost": "good-1"}
	s.challenges = netip.MustParseAddrPort("127.0.0.1:8402")
	s.trusted = []netip.Prefix{netip.MustParsePrefix("10.0.0.9/32")}
	return s
}

func someTable() (table, []listener) {
	postgres := service{"/services/postgres", 5432, []netip.AddrPort{at(31004)}}
	return table{
		Sites: []site{
			{Workload: "/sites/new", Hosts: []seedbed.HostName{"new.localhost"}, Instances: nil},
			{
				Workload: "/sites/shut", Hosts: []seedbed.HostName{"shut.localhost", "www.shut.example"}, Instances: []netip.AddrPort{at(31007)},
				Options: options{Main: "shut.localhost", Door: seedbed.Maintenance, Words: "Back at <noon>.", Language: "pt", Upload: 8, Patience: 600,
					Inside: true, Keys: []seedbed.VisitorKey{someKey}, HTTPS: true, Strict: true},
			},
			{Workload: "/sites/shop", Below: []place{{"wiki.localhost", "/shop"}, {"wiki.localhost", "/shop.new/~x"}}, Instances: []netip.AddrPort{at(31008)}},
			{Workload: "/sites/wiki", Hosts: []seedbed.HostName{"wiki.localhost", "www.example.org"}, Instances: []netip.AddrPort{at(31001), at(31003), netip.MustParseAddrPort("[fd00::1]:31000")}},
		},
		Services: []service{postgres},
		Expected: []expected{{"ill.localhost", true}, {"soon.localhost", false}, {"wiki.localhost", true}},
	}, []listener{{netip.MustParseAddrPort("172.17.0.1:5432"), postgres}}
}

func TestGenerate_Golden(t *testing.T) {
	routes, listeners := someTable()
	c, err := generate(routes, allSettings(), listeners)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "nginx.conf")
	if *update {
		if err := os.WriteFile(golden, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, c.text, string(want))
	if !strings.Contains(c.text, `return 200 `+c.generation) {
		t.Error("it does not answer with its generation")
	}
}

func TestGenerate_IsRepeatable(t *testing.T) {
	routes, listeners := someTable()
	a, _ := generate(routes, allSettings(), listeners)
	b, _ := generate(routes, allSettings(), listeners)
	compare(t, a.text, b.text)
	routes.Sites[3].Instances = routes.Sites[3].Instances[1:]
	c, err := generate(routes, allSettings(), listeners)
	if err != nil || c.generation == a.generation {
		t.Errorf("another table has the same generation, %v", err)
	}
}

func TestGenerate_RefusesValuesThatGotPastTheTable(t *testing.T) {
	for _, bad := range hostileHosts(t) {
		if _, err := readHosts(bad, " "); err == nil || !strings.ContainsFunc(bad, notInWord) {
			continue // words of nginx and reserved names are the table's duty
		}
		_, err := generate(table{Sites: []site{{Workload: "/sites/bad", Hosts: []seedbed.HostName{seedbed.HostName(bad)}, Instances: nil}}}, someSettings(), nil)
		if err == nil {
			t.Errorf("%q reached the configuration", bad)
		}
	}
}

func TestVerify_SeesEveryDifference(t *testing.T) {
	routes, listeners := someTable()
	good, err := generate(routes, allSettings(), listeners)
	if err != nil {
		t.Fatal(err)
	}
	for old, tampered := range map[string]string{
		"new.localhost f":          "evil.localhost f",
		"wiki\\\\.localhost/shop(": "wiki\\\\.localhost/(",
		"server 10.0.0.1:31001":    "server 10.9.9.9:31001",
		"listen 172.17.0.1:5432":   "listen 0.0.0.0:5432",
		"server_tokens off;":       "server_tokens off; autoindex on;",
		"stream {":                 "stream { server { listen 1.2.3.4:1; } ",
		"gzip on;":                 "",
		"events {":                 "events { } events {",
	} {
		c := good
		c.text = strings.Replace(good.text, old, tampered, 1)
		if c.text == good.text {
			t.Fatalf("%q is not in the configuration", old)
		}
		if c.verify(mainDirectives(routes, allSettings(), listeners), allSettings()) == nil {
			t.Errorf("%q for %q is not seen", tampered, old)
		}
	}
}

// BenchmarkGenerate tells how many times as long a configuration takes, with
// its check, as writing the same table as JSON.
func BenchmarkGenerate(b *testing.B) {
	for _, n := range []int{1000, 5000} {
		b.Run(fmt.Sprintf("%d sites", n), func(b *testing.B) {
			var entries []entry
			for i := range n {
				entries = append(entries, one(fmt.Sprintf("/sites/s%d", i), 20000+i, "domain", fmt.Sprintf("s%d.localhost s%d.example.org", i, i)))
			}
			var ours, plain time.Duration
			for b.Loop() {
				start := time.Now()
				t, refused := made(entries, table{})
				if _, err := generate(t, someSettings(), nil); err != nil || len(refused) > 0 {
					b.Fatal(err, refused)
				}
				middle := time.Now()
				if _, err := json.Marshal(t); err != nil {
					b.Fatal(err)
				}
				ours, plain = ours+middle.Sub(start), plain+time.Since(middle)
			}
			b.ReportMetric(float64(ours)/float64(plain), "times-json")
		})
	}
}
