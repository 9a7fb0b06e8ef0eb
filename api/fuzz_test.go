package api

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"seedbed/api/wire"
)

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"template":"a","title":"b"}`, `{}`, `[]`, `{"a":1}`, `{"title":"a","title":"b"}`, `{"settings":{"a":{"b":[[[[`, "", "null", `{} {}`, "{\"title\":\"\xff\"}", `{"title":"\ud83d"}`, `{"title":"\\\ud83d\ude00"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var wish wire.NewSite
		err := decodeJSON(body, &wish)
		var refused *refusal
		if err != nil {
			if !errors.As(err, &refused) || refused.sentence == "" || refused.status/100 != 4 {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		if !json.Valid(body) {
			t.Errorf("took %q", body)
		}
		meant := strings.Contains(string(body), "\ufffd") || strings.Contains(strings.ToLower(string(body)), `\ufffd`)
		if strings.Contains(wish.Title, "\ufffd") && !meant {
			t.Errorf("changed %q into %q", body, wish.Title)
		}
	})
}

func FuzzCursor(f *testing.F) {
	for _, seed := range []string{"", writeCursor(1), writeCursor(1 << 62), "YWZ0ZXI6MDE", "====", "YWZ0ZXI6LTE"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := readCursor(text)
		if err == nil && (id < 1 || writeCursor(id) != text) {
			t.Errorf("%q is taken for %d", text, id)
		}
	})
}

func FuzzKey(f *testing.F) {
	for _, seed := range []string{"a", `"a"`, `"`, `""`, "a b", "a\x00", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if key, err := readKey([]string{text}); err == nil && (key == "" || len(key) > maxKey) {
			t.Errorf("%q became %q", text, key)
		}
	})
}
