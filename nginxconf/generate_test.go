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
	}
}

func someTable() (table, []listener) {
	postgres := service{"/services/postgres", 5432, []netip.AddrPort{at(31004)}}
	return table{
		Sites: []site{
			{"/sites/new", []seedbed.HostName{"new.localhost"}, nil},
			{"/sites/wiki", []seedbed.HostName{"wiki.localhost", "www.example.org"}, []netip.AddrPort{at(31001), at(31003), netip.MustParseAddrPort("[fd00::1]:31000")}},
		},
		Services: []service{postgres},
		Expected: []expected{{"ill.localhost", true}, {"soon.localhost", false}, {"wiki.localhost", true}},
	}, []listener{{netip.MustParseAddrPort("172.17.0.1:5432"), postgres}}
}

func TestGenerate_Golden(t *testing.T) {
	routes, listeners := someTable()
	c, err := generate(routes, someSettings(), listeners)
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
	a, _ := generate(routes, someSettings(), listeners)
	b, _ := generate(routes, someSettings(), listeners)
	compare(t, a.text, b.text)
	routes.Sites[1].Instances = routes.Sites[1].Instances[1:]
	c, err := generate(routes, someSettings(), listeners)
	if err != nil || c.generation == a.generation {
		t.Errorf("another table has the same generation, %v", err)
	}
}

func TestGenerate_RefusesValuesThatGotPastTheTable(t *testing.T) {
	for _, bad := range hostileHosts() {
		if _, err := readHosts(bad); err == nil || !strings.ContainsFunc(bad, notInWord) {
			continue // words of nginx and reserved names are the table's duty
		}
		_, err := generate(table{Sites: []site{{"/sites/bad", []seedbed.HostName{seedbed.HostName(bad)}, nil}}}, someSettings(), nil)
		if err == nil {
			t.Errorf("%q reached the configuration", bad)
		}
	}
}

func TestVerify_SeesEveryDifference(t *testing.T) {
	routes, listeners := someTable()
	good, err := generate(routes, someSettings(), listeners)
	if err != nil {
		t.Fatal(err)
	}
	for old, tampered := range map[string]string{
		"wiki.localhost site_":   "evil.localhost site_",
		"server 10.0.0.1:31001":  "server 10.9.9.9:31001",
		"listen 172.17.0.1:5432": "listen 0.0.0.0:5432",
		"server_tokens off;":     "server_tokens off; autoindex on;",
		"stream {":               "stream { server { listen 1.2.3.4:1; } ",
		"access_log off;":        "",
		"events {":               "events { } events {",
	} {
		c := good
		c.text = strings.Replace(good.text, old, tampered, 1)
		if c.text == good.text {
			t.Fatalf("%q is not in the configuration", old)
		}
		if c.verify(someSettings()) == nil {
			t.Errorf("%q for %q is not seen", tampered, old)
		}
	}
}

func TestPages_FitIntoAnArgument(t *testing.T) {
	for _, p := range []page{unknownPage, startingPage, failingPage, largePage} {
		text, err := quoted(literal(p.html()))
		if err != nil || len(text) > 4000 || strings.Contains(text, "$") {
			t.Errorf("page %s: %d bytes, %v", p.name, len(text), err)
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
				t, refused := newTable(entries, table{})
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
