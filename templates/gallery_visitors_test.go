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
