package marathontest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// shape is which fields a JSON value has, and of which kinds: the place of each,
// with "[]" for the elements of lists, and its kind. Nulls, and lists and objects
// without anything in them, are no part of it: they say no more than an absence.
func shape(value any) map[string]string {
	out := map[string]string{}
	addShape(out, "", value)
	return out
}

func addShape(out map[string]string, place string, value any) {
	switch value := value.(type) {
	case map[string]any:
		for name, v := range value {
			addShape(out, strings.TrimPrefix(place+"."+name, "."), v)
		}
	case []any:
		for _, v := range value {
			addShape(out, place+"[]", v)
		}
	case string:
		out[place] = "string"
	case bool:
		out[place] = "boolean"
	case float64, json.Number:
		out[place] = "number"
	}
}

// sameShape notes every field of the example that the answer lacks, or has as
// another kind. Fields at the places that are named last, and below them, need
// not be there: answers of newer Marathons do not have them.
func (p *probe) sameShape(what string, got, example any, except ...string) {
	is := shape(got)
	want := shape(example)
	for _, place := range slices.Sorted(maps.Keys(want)) {
		gone := slices.ContainsFunc(except, func(e string) bool {
			rest, below := strings.CutPrefix(place, e)
			return below && (rest == "" || rest[0] == '.' || rest[0] == '[')
		})
		if !gone && is[place] != want[place] {
			p.errorf("%s: %s is %q in the example, and %q here", what, place, want[place], is[place])
		}
	}
}
