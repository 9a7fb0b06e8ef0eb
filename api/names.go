package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"seedbed/api/wire"
)

// shape is what may be in a JSON object: its fields, or the one type of all
// values if any name will do. encoding/json takes a name also in other capitals,
// so that of "scope" and "SCOPE" the last one would count; here a name is right
// to the letter, or there is no such field.
type shape struct {
	fields map[string]reflect.Type
	values reflect.Type // nil if nothing is known of them
	anyone bool         // any name will do
}

// wrapped is a type that is in JSON what is in it.
type wrapped interface{ within() reflect.Type }

// shapeOf is the shape of what is read into a value of type t; nil is a type of
// which nothing is known.
func shapeOf(t reflect.Type) shape {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return shape{anyone: true}
	}
	if w, ok := reflect.Zero(t).Interface().(wrapped); ok {
		return shapeOf(w.within())
	}
	switch {
	case t.Kind() == reflect.Map:
		return shape{anyone: true, values: t.Elem()}
	case t.Kind() != reflect.Struct, reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()):
		return shape{anyone: true}
	}
	return shape{fields: fieldsOf(t)}
}

// fieldsOf are the fields of a struct by the names in their tags, which all
// shapes of requests have.
func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for _, field := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = field.Type
		}
	}
	return fields
}

// of is the type of what stands under a name, and whether there is such a field.
func (s shape) of(name string) (reflect.Type, bool) {
	if s.anyone {
		return s.values, true
	}
	t, ok := s.fields[name]
	return t, ok
}

// element is the type of what is in an array that is read into a t.
func element(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil {
		return nil
	}
	if w, ok := reflect.Zero(t).Interface().(wrapped); ok {
		return element(w.within())
	}
	if t.Kind() != reflect.Slice {
		return nil
	}
	return t.Elem()
}

func unknownField(name string) error {
	return &refusal{status: http.StatusUnprocessableEntity, code: "unknown_field", sentence: "There is no field “" + shorten(name) + "” here.",
		errors: []wire.Mistake{{Field: name, Message: "There is no such field here."}}}
}
