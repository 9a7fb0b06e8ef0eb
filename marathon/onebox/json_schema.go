package onebox

import (
	"encoding/json"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// schemaRules are what Marathon's schema asks of a field besides its type, as words
// in the field's tag "must"; those of a list are asked of each element.
//
//	min=N, max=N    the range of a number
//	whole           seconds, which in Marathon are a number of 32 bits
//	required        it has to be there
//	minLength=N     of a text
//	pattern=NAME    of a text; see schemaPatterns
//	enum=A|B        the words that a text may be, in capitals or not
//	enum?=A|B       the same, or nothing
//
// What only this engine asks for is in app.validate, which has sentences for it.
type schemaRules string

// schemaPatterns are those of Marathon's schema, by name.
var schemaPatterns = map[string]*regexp.Regexp{
	"portName": regexp.MustCompile(`^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$`),
	"executor": regexp.MustCompile(`^(//cmd|/?[^/]+(/[^/]+)*|)$`),
}

func (r schemaRules) has(word string) bool { return slices.Contains(strings.Fields(string(r)), word) }

// value returns what follows "name=", and whether the rule is there.
func (r schemaRules) value(name string) (string, bool) {
	for _, word := range strings.Fields(string(r)) {
		if value, ok := strings.CutPrefix(word, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// number returns a limit; without a rule the fallback.
func (r schemaRules) number(name string, fallback float64) float64 {
	text, _ := r.value(name)
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fallback
	}
	return n
}

// words returns the words that a text may be, and whether there is such a rule.
func (r schemaRules) words() (list []string, there bool) {
	words, strict := r.value("enum")
	lax, other := r.value("enum?")
	if other {
		return append(strings.Split(lax, "|"), ""), true
	}
	return strings.Split(words, "|"), strict
}

// wrongKind is Marathon's word for a value of another kind than the wanted one.
func (r schemaRules) wrongKind(wanted string) string {
	if _, enum := r.words(); enum {
		return unknownWord
	}
	return "error.expected.js" + wanted
}

// unknownWord is Marathon's word for a text that is none of an enumeration.
const unknownWord = "error.unknown.enum.literal"

// number returns a number as t wants it: as Play does, 1.0 and 1e2 are 1 and 100
// where integers are wanted, and -0 is 0.
func (m mistakes) number(n json.Number, t reflect.Type, rules schemaRules, path string) any {
	f, err := n.Float64()
	switch {
	case err != nil && f > 0:
		m.add(path, "error.max")
	case err != nil:
		m.add(path, "error.min")
	case isInt(t) && f != math.Trunc(f), (t.Kind() == reflect.Int || rules.has("whole")) && math.Abs(f) > math.MaxInt32, isInt(t) && math.Abs(f) > 1<<53:
		m.add(path, "error.expected.int")
	case f < rules.number("min", math.Inf(-1)):
		m.add(path, "error.min")
	case f > rules.number("max", math.Inf(1)):
		m.add(path, "error.max")
	case f == math.Trunc(f) && math.Abs(f) <= 1<<53:
		return json.Number(strconv.FormatInt(int64(f), 10))
	}
	return n
}

func isInt(t reflect.Type) bool { return t.Kind() == reflect.Int || t.Kind() == reflect.Int64 }

// text returns a text as the rules want it: a word in the spelling of the schema.
func (m mistakes) text(s string, rules schemaRules, path string) string {
	if words, enum := rules.words(); enum {
		n := slices.IndexFunc(words, func(word string) bool { return strings.EqualFold(word, s) })
		if n < 0 {
			m.add(path, unknownWord)
			return s
		}
		return words[n]
	}
	if float64(len(s)) < rules.number("minLength", 0) {
		m.add(path, "error.minLength")
	}
	if name, there := rules.value("pattern"); there && !schemaPatterns[name].MatchString(s) {
		m.add(path, "error.pattern")
	}
	return s
}

// form takes a number or a name.
func (portRef) form(value any) (reflect.Type, string) {
	switch value.(type) {
	case json.Number:
		return reflect.TypeFor[int](), ""
	case string:
		return reflect.TypeFor[string](), ""
	}
	return nil, "error.expected.jsnumber"
}

// form takes a number or "unlimited".
func (limit) form(value any) (reflect.Type, string) {
	if _, isText := value.(string); isText && value != unlimited {
		return nil, unknownWord
	}
	if value == unlimited {
		return reflect.TypeFor[string](), ""
	}
	return reflect.TypeFor[float64](), ""
}

// form takes the two times or "disabled".
func (unreachableStrategy) form(value any) (reflect.Type, string) {
	if _, isText := value.(string); isText && value != disabled {
		return nil, unknownWord
	}
	if value == disabled {
		return reflect.TypeFor[string](), ""
	}
	return reflect.TypeFor[unreachableTimes](), ""
}
