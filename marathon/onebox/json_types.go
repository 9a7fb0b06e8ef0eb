package onebox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// severalKinds is a type that takes more than one kind of JSON value.
type severalKinds interface{ jsonKinds() []string }

func (portRef) jsonKinds() []string             { return []string{"number", "string"} }
func (limit) jsonKinds() []string               { return []string{"number", "string"} }
func (unreachableStrategy) jsonKinds() []string { return []string{"object", "string"} }

// decodeJSON decodes a client's text into value, a pointer. Broken text is a
// 400; values of the wrong type are a 422 that names every place, as Play's
// validation does in Marathon. Unknown fields and nulls are nothing.
func decodeJSON(body []byte, value any) error {
	var loose any
	var err error
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err = decoder.Decode(&loose); err != nil {
		return &apiError{Status: http.StatusBadRequest, Message: "Invalid JSON", Details: err.Error()}
	}
	if !utf8.Valid(body) {
		return &apiError{Status: http.StatusBadRequest, Message: "Invalid JSON", Details: "the text is not valid UTF-8"}
	}
	if whole, changed := wholeNumbers(loose); changed {
		loose = whole
		if body, err = json.Marshal(whole); err != nil {
			return fmt.Errorf("write numbers anew: %w", err)
		}
	}
	m := mistakes{}
	m.ofType(loose, reflect.TypeOf(value).Elem(), "")
	if len(m) > 0 {
		return &apiError{Status: http.StatusUnprocessableEntity, Message: "Invalid JSON", Details: m.details()}
	}
	if err := json.Unmarshal(body, value); err != nil {
		return jsonMistake(err)
	}
	return nil
}

// wholeNumbers returns a JSON value in which numbers such as 1.0 and 1e2 are
// written as 1 and 100, as Play's validation reads them where it wants integers.
func wholeNumbers(value any) (_ any, changed bool) {
	switch value := value.(type) {
	case json.Number:
		f, err := value.Float64()
		if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 || !strings.ContainsAny(value.String(), ".eE") {
			return value, false
		}
		return json.Number(strconv.FormatInt(int64(f), 10)), true
	case []any:
		for i, v := range value {
			whole, some := wholeNumbers(v)
			value[i], changed = whole, changed || some
		}
	case map[string]any:
		for name, v := range value {
			whole, some := wholeNumbers(v)
			value[name], changed = whole, changed || some
		}
	}
	return value, changed
}

// ofType adds every place in value that does not have the kind that t wants.
func (m mistakes) ofType(value any, t reflect.Type, path string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	kind := kindOf(value)
	if kind == "null" || t == reflect.TypeFor[json.RawMessage]() || t.Kind() == reflect.Interface {
		return
	}
	if several, ok := reflect.Zero(t).Interface().(severalKinds); ok {
		if !slices.Contains(several.jsonKinds(), kind) {
			m.add(defaulted(path, "/"), "error.expected.js%s", several.jsonKinds()[0])
		}
		return
	}
	if wanted := wantedKind(t); kind != wanted {
		m.add(defaulted(path, "/"), "error.expected.js%s", wanted)
		return
	}
	m.inside(value, t, path)
}

func (m mistakes) inside(value any, t reflect.Type, path string) {
	switch value := value.(type) {
	case []any:
		for i, v := range value {
			m.ofType(v, t.Elem(), fmt.Sprintf("%s(%d)", path, i))
		}
	case map[string]any:
		for name, v := range value {
			if field := fieldType(t, name); field != nil {
				m.ofType(v, field, path+"/"+name)
			}
		}
	case json.Number:
		if _, err := value.Int64(); t.Kind() == reflect.Int && err != nil {
			m.add(path, "error.expected.int")
		}
	}
}

// fieldType returns the type of a field by its name in JSON, also of embedded
// structs, or nil; that of a map is the same for every name.
func fieldType(t reflect.Type, name string) reflect.Type {
	if t.Kind() == reflect.Map {
		return t.Elem()
	}
	var inherited reflect.Type
	for i := range t.NumField() {
		f := t.Field(i)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name {
			return f.Type
		}
		if f.Anonymous && tag == "" && inherited == nil {
			inherited = fieldType(f.Type, name)
		}
	}
	return inherited
}

// kindOf returns the kind of a JSON value.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		return "number"
	case []any:
		return "array"
	default:
		return "object"
	}
}

// wantedKind returns the kind of JSON value that a Go type is read from.
func wantedKind(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice:
		return "array"
	case reflect.Struct, reflect.Map:
		return "object"
	default:
		return "number"
	}
}
