package nginxconf

import (
	"cmp"
	"slices"
	"strconv"
)

// pageMaps choose the page for a request that is not led to a site, by the site's
// language or, where there is no site, by the visitor's.
func pageMaps(sites []served, s settings) []directive {
	all := []directive{
		bySite(sites, "$seedbed_spoken_here", s.language, func(one served) string { return one.Options.Language }),
		mapping("$seedbed_site", "$seedbed_language", fixed("default", "$seedbed_spoken_here", "", "$seedbed_spoken")...),
		bySite(sites, "$seedbed_own_page", "", func(one served) string {
			p, has := one.ownPage(s.language)
			if !has {
				return ""
			}
			return p.file().name
		}),
		waitingMap(s),
		mapping("$seedbed_own_page", "$seedbed_page_waiting", fixed("default", "$seedbed_own_page", "", "$seedbed_page_usual")...),
		mapping("$uri", "$seedbed_page", fixed("default", "", `~^/\.seedbed/(?<seedbed_kind>[a-z-]+)-[0-9a-f]{16}\.html$`, "$seedbed_kind")...),
		retryMap(),
	}
	for _, kind := range []pageKind{unknownPage, failingPage, insidePage, keyPage, busyPage} {
		all = append(all, byLanguage("$seedbed_page_"+string(kind), page{kind: kind}, s))
	}
	for _, upload := range uploadsOf(sites) {
		all = append(all, byLanguage(largeVariable(upload), page{kind: largePage, upload: upload}, s))
	}
	return all
}

func largeVariable(upload int) string { return "$seedbed_page_large_" + strconv.Itoa(upload) }

func uploadsOf(sites []served) (all []int) {
	for _, p := range profilesOf(sites) {
		all = append(all, p.upload)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func byLanguage(variable string, p page, s settings) directive {
	p.language = s.language
	d := mapping("$seedbed_language", variable, line(literal("default"), word(p.file().name)))
	for _, p.language = range languages {
		d.body = append(d.body, line(word(p.language), word(p.file().name)))
	}
	return d
}

func waitingMap(s settings) directive {
	d := mapping("$seedbed_door $seedbed_language", "$seedbed_page_usual",
		line(literal("default"), word(page{kind: startingPage, language: s.language}.file().name)))
	for _, kind := range waitingPages {
		for _, l := range languages {
			d.body = append(d.body, line(literal(string(kind)+" "+l), word(page{kind: kind, language: l}.file().name)))
		}
	}
	return d
}

func retryMap() directive {
	d := mapping("$seedbed_page", "$seedbed_retry", fixed("default", "")...)
	for _, kind := range append(slices.Clone(waitingPages), failingPage, busyPage) {
		d.body = append(d.body, fixed(string(kind), strconv.Itoa(kind.again()))...)
	}
	return d
}

// pagesOf returns all files of pages that a configuration names, in order.
func pagesOf(t table, s settings) (all []file) {
	sites := t.served()
	for _, l := range languages {
		for kind := range pageTexts {
			if kind != largePage {
				all = append(all, page{kind: kind, language: l}.file())
			}
		}
		for _, upload := range uploadsOf(sites) {
			all = append(all, page{kind: largePage, language: l, upload: upload}.file())
		}
	}
	for _, one := range sites {
		if p, has := one.ownPage(s.language); has {
			all = append(all, p.file())
		}
	}
	slices.SortFunc(all, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	return slices.Compact(all)
}

// profilesOf returns the profiles of all sites in order, the usual one first.
func profilesOf(sites []served) []profile {
	found := map[profile]bool{}
	var others []profile
	for _, one := range sites {
		if p := one.profile(); p != usualProfile && !found[p] {
			found[p] = true
			others = append(others, p)
		}
	}
	slices.SortFunc(others, func(a, b profile) int { return cmp.Or(a.upload-b.upload, a.patience-b.patience) })
	return append([]profile{usualProfile}, others...)
}
