package nginxconf

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

var gallery = flag.String("gallery", "", "a folder to write all pages to, to look at them")

// allPages are all pages in all languages, and some with words of a site's own.
func allPages() (all []page) {
	for _, l := range languages {
		for kind := range pageTexts {
			all = append(all, page{kind: kind, language: l, upload: 512})
		}
	}
	return append(all,
		page{kind: maintenancePage, language: "sw", words: "نعود غدًا في التاسعة صباحًا.\n\nAsante kwa subira yako."},
		page{kind: pausedPage, language: "en", words: strings.Repeat("Donaudampfschifffahrtsgesellschaft", 5) + "\n\nSecond line,\nthird line. <b>"})
}

func TestPages_AreWholeInEveryLanguage(t *testing.T) {
	for _, p := range allPages() {
		text := pageTexts[p.kind][p.language]
		if text.title == "" || text.words == "" {
			t.Errorf("%s has no words in %s", p.kind, p.language)
		}
		if strings.Contains(p.html(), "%!") || p.kind == largePage && !strings.Contains(p.html(), "512") {
			t.Errorf("%s in %s: %s", p.kind, p.language, p.html())
		}
		if _, err := html.Parse(strings.NewReader(p.html())); err != nil {
			t.Error(err)
		}
		if *gallery != "" {
			name := filepath.Join(*gallery, string(p.kind)+"-"+p.language+map[bool]string{true: "-own"}[p.words != ""]+".html")
			if err := os.WriteFile(name, []byte(p.html()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestPages_ShowWordsAsWordsOnly holds that no words make an element, besides
// paragraphs and ends of lines.
func TestPages_ShowWordsAsWordsOnly(t *testing.T) {
	plain := elements(t, page{kind: maintenancePage, language: "en"}.html())
	for _, words := range hostile(t, "words") {
		got := elements(t, page{kind: maintenancePage, language: "en", words: words}.html())
		delete(got, "p")
		delete(got, "br")
		for name, n := range got {
			if plain[name] != n {
				t.Errorf("%q makes %d of <%s>", words, n, name)
			}
		}
	}
}

func elements(t *testing.T, text string) map[string]int {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			counts[n.Data]++
		}
	}
	return counts
}
