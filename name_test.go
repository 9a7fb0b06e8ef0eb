package seedbed_test

import (
	"strings"
	"testing"

	"seedbed"
)

func TestParseTitle(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"Nurse Handbook", "Nurse Handbook"},
		{"  Nurse \t Handbook ", "Nurse Handbook"},
		{"Руководство медсестры", "Руководство медсестры"},
		{"دليل الممرضات", "دليل الممرضات"},
		{"हिन्दी", "हिन्दी"},
		{"کتاب\u200cخانه ما", "کتاب\u200cخانه ما"},
		{"क्\u200dष", "क्\u200dष"},
		{"¿Qué hay?", "¿Qué hay?"},
		{"TB/HIV", "TB/HIV"},
		{"«Ñandú» — guía", "«Ñandú» — guía"},
		{"護理手冊（第二版）", "護理手冊（第二版）"},
		{"Médecins & Co. (2026): l'été?", "Médecins & Co. (2026): l'été?"},
		{strings.Repeat("é", seedbed.MaxTitle), strings.Repeat("é", seedbed.MaxTitle)},
	} {
		got, err := seedbed.ParseTitle(c.in)
		if err != nil || string(got) != c.want {
			t.Errorf("ParseTitle(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
	}
}

func TestParseTitle_RefusesWhatIsNoName(t *testing.T) {
	for _, in := range []string{
		"", " ", "\u00a0", "-rf", "../etc/passwd", "/etc", "/", "a;b", "Clinic 🙂", "a\x00b", "a\u202eb", "<b>", "$(id)", "a{b}", `a"b`, "a\\b", "a#b", "`id`",
		"\xff\xfe", strings.Repeat("a", seedbed.MaxTitle+1), "…", "!!!", "\u0301a", "¿?", "\u3164\u3164", "a \u200d b", "Z" + strings.Repeat("\u0301", 20),
	} {
		if got, err := seedbed.ParseTitle(in); err == nil {
			t.Errorf("ParseTitle(%q) = %q, want a refusal", in, got)
		} else if seedbed.CodeOf(err) != seedbed.Invalid || !strings.HasSuffix(seedbed.MessageOf(err), ".") {
			t.Errorf("ParseTitle(%q) refuses with %v, which is no sentence", in, err)
		}
	}
}

func TestParseLabel(t *testing.T) {
	for _, in := range []string{"a", "7", "nurse-handbook", "Nurse", " x1 ", strings.Repeat("a", seedbed.MaxLabel)} {
		if _, err := seedbed.ParseLabel(in); err != nil {
			t.Errorf("ParseLabel(%q): %v", in, err)
		}
	}
	for _, in := range []string{"", "-a", "a-", "a.b", "a_b", "a b", "é", "a/b", "..", "localhost", "WWW", "xn--a", strings.Repeat("a", seedbed.MaxLabel+1)} {
		if got, err := seedbed.ParseLabel(in); err == nil {
			t.Errorf("ParseLabel(%q) = %q, want a refusal", in, got)
		}
	}
}

func TestSuggestLabel(t *testing.T) {
	for title, want := range map[seedbed.Title]string{
		"Nurse Handbook":          "nurse-handbook",
		"TB/HIV":                  "tb-hiv",
		"L’été à l'hôpital & Co.": "lete-a-lhopital-co",
		"Straße 7":                "strasse-7",
		"Руководство":             "",
		"Guide для всех":          "guide",
		"!? -":                    "",
		"Ƙofar Ɗan Łódź":          "kofar-dan-lodz",
		"Çeşme Kılavuzu":          "cesme-kilavuzu",
		"Hướng dẫn y tá":          "huong-dan-y-ta",
		"A (b) - c":               "a-b-c",
	} {
		if got := seedbed.SuggestLabel(title); got != want {
			t.Errorf("SuggestLabel(%q) = %q, want %q", title, got, want)
		}
	}
}

// Whatever people type: what comes through is safe in a host name, a path, an
// app id and a configuration file, and comes through again unchanged.
func FuzzNames(f *testing.F) {
	for _, s := range []string{"Nurse Handbook", "a;b", "evil.example.org; location /x/ { alias /etc/; }", "..", "İstanbul", "ﬀ", "a\r\nb"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if title, err := seedbed.ParseTitle(s); err == nil {
			if strings.ContainsAny(string(title), ";{}<>\"$\\#/`\r\n\x00") {
				t.Errorf("title %q", title)
			}
			if again, err := seedbed.ParseTitle(string(title)); err != nil || again != title {
				t.Errorf("title %q becomes %q, %v", title, again, err)
			}
			if suggestion := seedbed.SuggestLabel(title); suggestion != "" {
				if label, err := seedbed.ParseLabel(suggestion); err == nil && string(label) != suggestion {
					t.Errorf("suggestion %q becomes %q", suggestion, label)
				}
			}
		}
		if label, err := seedbed.ParseLabel(s); err == nil {
			if host, err := seedbed.ParseHostName(string(label) + ".localhost"); err != nil {
				t.Errorf("label %q gives host %q: %v", label, host, err)
			}
		}
		if host, err := seedbed.ParseHostName(s); err == nil && strings.Trim(string(host), "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" {
			t.Errorf("host %q", host)
		}
	})
}
