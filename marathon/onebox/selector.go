package onebox

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// selector is a list of conditions on labels, all of which must hold.
type selector []labelTest

type labelTest struct {
	key    string
	not    bool
	any    bool // the label only has to be there
	values []string
}

// label texts: plain characters, any other after a backslash.
const labelText = `((?:[-A-Za-z0-9_.]|\\.)+)`

var (
	testExists = regexp.MustCompile(`^\s*` + labelText + `\s*(?:,|$)`)
	testEquals = regexp.MustCompile(`^\s*` + labelText + `\s*(==|!=)\s*` + labelText + `\s*(?:,|$)`)
	testIn     = regexp.MustCompile(`^\s*` + labelText + `\s+(in|notin)\s*\(\s*((?:[-A-Za-z0-9_.,\s]|\\.)+?)\s*\)\s*(?:,|$)`)
	unescape   = regexp.MustCompile(`\\(.)`)
	separator  = regexp.MustCompile(`(?:[^,\\]|\\.)+`)
)

// parseSelector reads Marathon's label selectors: "a", "a==b", "a!=b",
// "a in (x,y)" and "a notin (x,y)", joined by commas.
func parseSelector(s string) (selector, error) {
	var out selector
	for rest := s; ; {
		test, n := parseTest(rest)
		if n == 0 {
			return nil, unprocessable("Can not parse label selector %s", fmt.Sprintf("%q", s))
		}
		out = append(out, test)
		closed := !strings.HasSuffix(strings.TrimSpace(rest[:n]), ",")
		if rest = rest[n:]; rest == "" && closed {
			return out, nil
		}
	}
}

// parseTest reads one condition, and returns how long it was; 0 is none.
func parseTest(s string) (labelTest, int) {
	if m := testIn.FindStringSubmatch(s); m != nil {
		return labelTest{key: plain(m[1]), not: m[2] == "notin", values: list(m[3])}, len(m[0])
	}
	if m := testEquals.FindStringSubmatch(s); m != nil {
		return labelTest{key: plain(m[1]), not: m[2] == "!=", values: []string{plain(m[3])}}, len(m[0])
	}
	if m := testExists.FindStringSubmatch(s); m != nil {
		return labelTest{key: plain(m[1]), any: true}, len(m[0])
	}
	return labelTest{}, 0
}

func plain(s string) string { return unescape.ReplaceAllString(s, "$1") }

func list(s string) []string {
	var out []string
	for _, v := range separator.FindAllString(s, -1) {
		out = append(out, plain(strings.TrimSpace(v)))
	}
	return out
}

// matches reports whether all conditions hold. "!=" and "notin" need the label
// to be there.
func (s selector) matches(labels map[string]string) bool {
	for _, t := range s {
		value, ok := labels[t.key]
		if !ok || !t.any && slices.Contains(t.values, value) == t.not {
			return false
		}
	}
	return true
}
