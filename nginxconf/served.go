package nginxconf

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"seedbed"
)

// served is a site as a configuration has it.
type served struct {
	site
	id       string // its name in maps and in the log
	to       string // name of an upstream, or an address; "" if nothing runs
	upstream bool   // to is the name of an upstream of its own
}

// fewSites is up to how many sites each has an upstream of its own, whose
// connections are kept open. An upstream costs 20 KiB in every process and 50
// microseconds of every reload, so with more sites those with one instance do
// without.
const fewSites = 500

// served returns the sites of a configuration in order, those that are only
// expected as sites of which nothing runs.
func (t table) served() []served {
	running := 0
	for _, s := range t.Sites {
		if len(s.Instances) > 0 {
			running++
		}
	}
	all := make([]served, 0, len(t.Sites)+len(t.Expected))
	for _, s := range t.Sites {
		if s.Options.Door == seedbed.LetIn && len(s.Hosts) > 0 && t.givenUp(s.Hosts[0]) {
			s.Options.Door = seedbed.GivenUp
		}
		all = append(all, s.served(running <= fewSites))
	}
	for _, e := range t.alone() {
		all = append(all, e.site().served(false))
	}
	return all
}

func (s site) served(alwaysUpstream bool) served {
	one := served{site: s, id: idHash(s.Workload)}
	switch {
	case len(s.Instances) == 0:
	case len(s.Instances) > 1 || alwaysUpstream:
		one.to, one.upstream = "site_"+one.id, true
	default:
		one.to = s.Instances[0].String()
	}
	return one
}

// door is the page that visitors get in place of the site, or "".
func (s served) door() pageKind {
	switch door := s.Options.Door; {
	case door == seedbed.Paused:
		return pausedPage
	case door == seedbed.Maintenance:
		return maintenancePage
	case door == shutDoor, door == seedbed.GivenUp && s.to == "":
		return givenUpPage
	case s.to == "":
		return startingPage
	default:
		return ""
	}
}

// ownPage is the page with the site's own words, if there is one to show.
func (s served) ownPage(language string) (p page, has bool) {
	door := s.Options.Door
	if strings.TrimSpace(s.Options.Words) == "" || door == seedbed.LetIn || door == shutDoor || s.door() == "" {
		return page{}, false
	}
	if s.Options.Language != "" {
		language = s.Options.Language
	}
	return page{kind: s.door(), language: language, words: s.Options.Words}, true
}

// keyFile is the file of names and passwords.
func (s served) keyFile() file {
	var b strings.Builder
	for _, k := range s.Options.Keys {
		b.WriteString(k.Name + ":" + k.Hash + "\n")
	}
	sum := sha256.Sum256([]byte(b.String()))
	return file{hex.EncodeToString(sum[:12]), b.String()}
}

// keysOf returns all files of names and passwords.
func keysOf(t table) (all []file) {
	for _, s := range t.served() {
		if len(s.Options.Keys) > 0 {
			all = append(all, s.keyFile())
		}
	}
	return all
}

// profile is what nginx takes for a whole server block only.
type profile struct{ upload, patience int }

func (s served) profile() profile {
	p := profile{s.Options.Upload, s.Options.Patience}
	if p.upload == 0 {
		p.upload = usualUpload
	}
	if p.patience == 0 {
		p.patience = usualPatience
	}
	return p
}

var usualProfile = profile{usualUpload, usualPatience}
