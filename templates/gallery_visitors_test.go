package templates

import (
	"strings"
	"time"

	"seedbed"
)

func visited() VisitsPart {
	part := VisitsPart{Lines: true, Visits: seedbed.Visits{Minutes: []seedbed.VisitCount{{Requests: 214, Errors: 1, Slow: 3, Bytes: 3_100_000}}}}
	for hour := range 24 {
		part.Hours = append(part.Hours, seedbed.VisitCount{Requests: int64(hour * hour * 7 % 400), Errors: int64(hour % 7), Bytes: 2_000_000})
	}
	for i := range 20 {
		part.Last = append(part.Last, seedbed.Visit{At: before(time.Duration(i) * time.Minute), From: "192.0.2.7", Method: "GET", Host: "guide.example.org", URI: "/" + strings.Repeat(long, i%3) + hostile + "\x1b[31m\u202e" + arabic, Status: 200, Bytes: 5120, Took: time.Duration(i*i) * 17 * time.Millisecond, Agent: "Mozilla/5.0 (X11; Linux x86_64)"})
	}
	return part
}

func visitorsExhibits(f Frame) []exhibit {
	site := seedbed.Site{ID: 1, Name: "clinic-guide", Project: "long", ProjectTitle: "Health", Title: "Clinic Guide", Template: "wiki"}
	live := SiteFrame{site, wiki(), "http://clinic-guide.localhost:8480/", "clinic-guide.localhost", seedbed.Status{State: seedbed.Live, Word: "Live", Sentence: "Answering in 120 ms."}, administrator(), "visitors"}
	values := map[string]string{"main": "clinic-guide.health.example", "upload": "0", "patience": "0"}
	plain := VisitorsPage{SiteFrame: live, Form: Form{Values: values}, Names: []SiteName{{"clinic-guide.health.example", "clinic-guide.health.example", true}}, Domain: "health.example", Visits: VisitsPart{Nothing: "The router here does not count visits."}}
	full := plain
	full.Restarts, full.HTTPS, full.Visits, full.Notice = true, true, visited(), "Saved."
	full.Visiting = seedbed.Visiting{Effect: seedbed.OnItsWay, Refused: []string{"wiki.example.org is not led here: it belongs to “" + arabic + "”."}}
	full.Names = []SiteName{{"xn--mgbh0fb.example", "مثال.example", false}, {"clinic-guide.health.example", "clinic-guide.health.example", true}, {seedbed.HostName(strings.Repeat("a", 60) + ".example.org"), strings.Repeat("a", 60) + ".example.org", false}}
	full.Visitors = seedbed.Visitors{Version: 4, Keys: []seedbed.VisitorKey{{Name: "joseph"}, {Name: strings.Repeat("n", 40)}}, Audience: seedbed.KeyHolders, Maintenance: true}
	full.Form.Values = map[string]string{"main": "xn--mgbh0fb.example", "to_main": "on", "audience": "keys", "upload": "300", "patience": "900", "language": "sw", "maintenance": "on", "words": "Tutarudi saa sita mchana.\n\n" + arabic, "https": "on", "strict": "off"}
	full.Site.Title = "Mwongozo wa Wauguzi wa Mkoa wa Kaskazini"
	seen := full
	seen.Visiting, seen.Notice, seen.Preview = seedbed.Visiting{Effect: seedbed.InEffect}, "", true
	wrong := full
	wrong.Notice, wrong.Site.Title = "", arabic
	wrong.Form.Values = map[string]string{"hosts": hostile + " " + long, "words": hostile, "audience": "keys", "keys": hostile, "main": "xn--mgbh0fb.example"}
	wrong.Form.Mistakes = []Mistake{{"hosts", "“" + long + "” is no host name. One looks like “wiki.example.org”."}, {"audience", "Choose who may visit the site."}, {"keys", "A name that visitors type has up to 40 letters."}, {"words", "This text has 1,200 characters; 1,000 is the most."}, {"upload", "Too much."}, {"strict", "Switch on “HTTPS only” as well."}}
	looks := full
	looks.Standing, looks.Visits.Lines = seedbed.Standing{Project: seedbed.Viewer, Scope: seedbed.PersonScope}, false
	return []exhibit{
		{"visitors", Visitors(f, plain)},
		{"visitors-full", Visitors(f, full)},
		{"visitors-preview", Visitors(f, seen)},
		{"visitors-wrong", Visitors(f, wrong)},
		{"visitors-viewer", Visitors(f, looks)},
		{"site-refused", Site(f, SitePage{SiteFrame: tab2(live, "overview"), Visiting: full.Visiting})},
	}
}

func routingExhibits(f Frame) []exhibit {
	f.Place = RoutingPlace
	well := &seedbed.BridgeReport{Role: seedbed.BridgeActs, SnapshotAt: before(8 * time.Second), ComparedAt: before(8 * time.Second), Instances: 412}
	well.Lag.Add(20 * time.Millisecond)
	ill := &seedbed.BridgeReport{Role: seedbed.BridgeActs, Instances: 412, HeldCount: 60, Found: seedbed.BridgeDrift{Missing: 3, Extra: 1}, Trouble: hostile + long, Clashes: []string{"“/a/b” and “/a-b” have one name in Consul."}}
	for range 30 {
		ill.Held = append(ill.Held, seedbed.HeldRemoval{Workload: "/sites/clinic-guide", Instance: "sites_clinic-guide." + long, Since: before(time.Minute)})
	}
	certificates := []Certificate{
		{Host: "مثال.example", Status: seedbed.Status{State: seedbed.Attention, Word: "Not renewed"}, NotAfter: now().Add(9 * 24 * time.Hour), Next: now().Add(time.Hour), Trouble: "مثال.example does not lead to this installation: its address is 203.0.113.7."},
		{Host: strings.Repeat("a", 60) + ".example.org", Status: seedbed.Status{State: seedbed.Live, Word: "Good"}, NotAfter: now().Add(80 * 24 * time.Hour)},
		{Host: "new.example.org", Status: seedbed.Status{State: seedbed.AtWork, Word: "On its way"}},
	}
	refused := []Refusal{{"/other/" + hostile, "", []string{"wiki.example.org is not led here: it belongs to “" + arabic + "”."}}, {arabic, "x", []string{"One thing.", "Another."}}}
	down := []seedbed.PartStatus{{Name: "Consul", OK: true}, {Name: "nginx", Trouble: "nginx does not serve, so visitors reach no site. We are starting it again.", Words: long}}
	return []exhibit{
		{"routing", Routing(f, RoutingPage{Bridge: well, Sites: 12, Told: true})},
		{"routing-ill", Routing(f, RoutingPage{Bridge: ill, Parts: down, Sites: 12, Told: true, Late: []SiteLink{{"a", long}, {"b", arabic}}, Refused: refused, HTTPS: true, Certificates: certificates})},
		{"routing-elsewhere", Routing(f, RoutingPage{HTTPS: true})},
	}
}
