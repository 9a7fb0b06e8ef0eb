package onebox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// severalKinds is a type that takes more than one kind of JSON value. form returns
// the type that a value is read as, or Marathon's word for what is wrong with it.
type severalKinds interface {
	form(value any) (as reflect.Type, mistake string)
}

// decodeJSON decodes a client's text into value, a pointer. Broken text is a
// 400; what does not fit the schema is a 422 that names every place, as Play's
// validation does in Marathon. Unknown fields and nulls are nothing.
func decodeJSON(body []byte, value any) error {
	loose, err := looseJSON(body)
	if err != nil {
		return &apiError{Status: http.StatusBadRequest, Message: "Invalid JSON", Details: err.Error()}
	}
	m, wanted := mistakes{}, reflect.TypeOf(value).Elem()
	if loose == nil {
		m.add("/", "error.expected.js%s", wantedKind(wanted))
	}
	clean := m.clean(loose, wanted, "", "")
	if len(m) > 0 {
		return badShape(m.details())
	}
	if body, err = json.Marshal(clean); err != nil {
		return fmt.Errorf("write a definition anew: %w", err)
	}
	if err := json.Unmarshal(body, value); err != nil {
		return jsonMistake(err)
	}
	return nil
}

// looseJSON decodes a text, whatever is in it; the error is for the client.
func looseJSON(body []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if !utf8.Valid(body) {
		return nil, errors.New("the text is not valid UTF-8")
	}
	if at := loneSurrogate(body); at >= 0 {
		return nil, fmt.Errorf("%s at offset %d is half of a character: \\ud800 to \\udbff and \\udc00 to \\udfff only stand for something in pairs", body[at:at+6], at)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more text after the value")
	}
	return value, nil
}

// loneSurrogate returns where a valid JSON text names half of a character, or -1.
// encoding/json would put another character there and say nothing.
func loneSurrogate(text []byte) int {
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		if r := escaped(text[i:]); utf16.IsSurrogate(r) {
			if utf16.DecodeRune(r, escaped(text[i+6:])) == utf8.RuneError {
				return i
			}
			i += 6
		}
		i++ // what follows the backslash is no backslash of its own
	}
	return -1
}

// escaped returns the number of the \uXXXX that text begins with, or 0.
func escaped(text []byte) rune {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	if err != nil {
		return 0
	}
	return rune(n)
}

// clean returns value as t wants it, without the fields that t does not know, and
// adds every place that does not fit. rules are those of the field that it is in.
func (m mistakes) clean(value any, t reflect.Type, rules schemaRules, path string) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if value == nil || t == reflect.TypeFor[json.RawMessage]() || t.Kind() == reflect.Interface {
		return value
	}
	if several, ok := reflect.Zero(t).Interface().(severalKinds); ok {
		as, mistake := several.form(value)
		if mistake != "" {
			m.add(defaulted(path, "/"), "%s", mistake)
			return value
		}
		t = as
	}
	if wanted := wantedKind(t); kindOf(value) != wanted {
		m.add(defaulted(path, "/"), "%s", rules.wrongKind(wanted))
		return value
	}
	return m.cleanInside(value, t, rules, path)
}

func (m mistakes) cleanInside(value any, t reflect.Type, rules schemaRules, path string) any {
	switch value := value.(type) {
	case []any:
		for i, v := range value {
			value[i] = m.clean(v, t.Elem(), rules, fmt.Sprintf("%s(%d)", path, i))
		}
		return value
	case map[string]any:
		for name, v := range value {
			if field, its := fieldType(t, name); v != nil && field != nil {
				value[name] = m.clean(v, field, its, path+"/"+name)
			} else {
				delete(value, name) // null is nothing; and encoding/json would find it under another spelling
			}
		}
		m.missing(value, t, path)
		return value
	case json.Number:
		return m.number(value, t, rules, path)
	case string:
		return m.text(value, rules, path)
	}
	return value
}

// missing adds the fields that have to be there and are not.
func (m mistakes) missing(value map[string]any, t reflect.Type, path string) {
	if t.Kind() != reflect.Struct {
		return
	}
	for f := range t.Fields() {
		if f.Anonymous {
			m.missing(value, f.Type, path)
		}
		if name := jsonName(f); schemaRules(f.Tag.Get("must")).has("required") && value[name] == nil {
			m.add(path+"/"+name, "error.path.missing")
		}
	}
}

// fieldType returns the type of a field by its name in JSON and its rules, also of
// embedded structs, or nil; that of a map is the same for every name.
func fieldType(t reflect.Type, name string) (reflect.Type, schemaRules) {
	if t.Kind() == reflect.Map {
		return t.Elem(), ""
	}
	var inherited reflect.Type
	var rules schemaRules
	for f := range t.Fields() {
		if jsonName(f) == name {
			return f.Type, schemaRules(f.Tag.Get("must"))
		}
		if f.Anonymous && jsonName(f) == "" && inherited == nil {
			inherited, rules = fieldType(f.Type, name)
		}
	}
	return inherited, rules
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
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
