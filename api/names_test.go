package api

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"seedbed/api/wire"
)

// deep has whatever a shape can be made of.
type deep struct {
	Title string                     `json:"title"`
	Inner *deep                      `json:"inner,omitempty"`
	All   []deep                     `json:"all"`
	Named map[string]deep            `json:"named"`
	Maybe optional[map[string]*deep] `json:"maybe"`
	Free  json.RawMessage            `json:"free"`
}

func TestNames_AreRightToTheLetter(t *testing.T) {
	for body, field := range map[string]string{
		`{"title":"a","TITLE":"b"}`:                    "TITLE",
		`{"TITLE":"b"}`:                                "TITLE",
		`{"title":"a","title":"b"}`:                    "title",
		"{\"title\":\"a\",\"ti\u017flE\":\"b\"}":       "tiſlE",
		`{"inner":{"title":"a","Title":"b"}}`:          "inner.Title",
		`{"all":[{"title":"a"},{"tItle":"b"}]}`:        "all..tItle",
		`{"named":{"x":{"title":"a"},"X":{"a":1}}}`:    "named.X.a",
		`{"named":{"x":{},"x":{}}}`:                    "named.x",
		`{"maybe":{"x":{"inner":{"INNER":null}}}}`:     "maybe.x.inner.INNER",
		`{"free":{"anything":1,"anything":2}}`:         "free.anything",
		`{"":"x"}`:                                     "",
		`{"inner":{"inner":{"\u0054itle":"escaped"}}}`: "inner.inner.Title",
	} {
		var v deep
		var refused *refusal
		err := decodeJSON([]byte(body), &v)
		if !errors.As(err, &refused) || refused.status != 422 || len(refused.errors) != 1 || refused.errors[0].Field != field {
			t.Errorf("%s: %+v", body, err)
		}
	}
	var v deep
	fine := `{"\u0074itle":"a","inner":{"title":"b"},"all":[{"title":"c"}],"named":{"x":{"title":"d"},"X":{}},"maybe":{"y":null},"free":{"Any":1,"any":2}}`
	if err := decodeJSON([]byte(fine), &v); err != nil || v.Title != "a" || v.Inner.Title != "b" || v.All[0].Title != "c" || v.Named["x"].Title != "d" {
		t.Errorf("%+v: %v", v, err)
	}
}

func TestNames_OfAScopeInCapitalsGiveNoWiderOne(t *testing.T) {
	for _, body := range []string{`{"scope":"read","SCOPE":"admin"}`, `{"SCOPE":"admin","scope":"read"}`, `{"Scope":"admin"}`} {
		var wish wire.NewToken
		if err := decodeJSON([]byte(body), &wish); err == nil || !strings.Contains(strings.ToLower(err.Error()), "scope") {
			t.Errorf("%s: %+v %v", body, wish, err)
		}
	}
}
