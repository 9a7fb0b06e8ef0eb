package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
)

// Media types of what is taken.
const (
	jsonType  = "application/json"
	patchType = "application/merge-patch+json" // RFC 7396
)

// decode reads a request's body into v. Anything but one JSON object with the
// fields of v, each once, is told with a sentence.
func decode(w http.ResponseWriter, r *http.Request, v any, types ...string) error {
	if err := checkType(w, r, types...); err != nil {
		return err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return unread(err)
	}
	return decodeJSON(body, v)
}

// checkType refuses a body that is said to be of none of the types.
func checkType(w http.ResponseWriter, r *http.Request, types ...string) error {
	given, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && contains(types, given) && isUTF8(parameters["charset"]):
		return nil
	case err == nil && contains(types, given):
		return &refusal{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type", sentence: "JSON is in UTF-8 here; say nothing else in “charset”."}
	}
	header := "Accept-Post"
	if r.Method == http.MethodPatch {
		header = "Accept-Patch"
	}
	w.Header().Set(header, strings.Join(types, ", "))
	return &refusal{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type", sentence: "Send the header “Content-Type: " + types[0] + "”."}
}

func isUTF8(charset string) bool { return charset == "" || strings.EqualFold(charset, "utf-8") }

func contains(types []string, one string) bool {
	for _, t := range types {
		if strings.EqualFold(t, one) {
			return true
		}
	}
	return false
}

// unread is trouble with receiving a body.
func unread(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return malformed("The body did not arrive whole.")
}

func decodeJSON(body []byte, v any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return malformed("There is no body; it is to be a JSON object.")
	}
	if err := checkText(body); err != nil {
		return err
	}
	if err := checkNames(body, nil); err != nil { // what is no JSON is told first
		return err
	}
	if err := checkNames(body, reflect.TypeOf(v)); err != nil {
		return err
	}
	if err := json.Unmarshal(body, v); err != nil {
		return firstError(wrongSettings(body, err), wrongJSON(err))
	}
	return nil
}

// checkNames reads all of the body, and refuses what is not JSON, what stands
// behind it, a name that a value of type t, if one is given, does not have to the letter, and one
// that an object has twice, of which readers take one or the other (RFC 8259,
// section 4).
func checkNames(body []byte, t reflect.Type) error {
	d := json.NewDecoder(bytes.NewReader(body))
	first, err := d.Token()
	if err != nil {
		return wrongJSON(err)
	}
	if first != json.Delim('{') {
		return malformed("The body is to be a JSON object, “{ … }”.")
	}
	if err := checkObject(d, "", shapeOf(t)); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return malformed("There is something behind the JSON object.")
	}
	return nil
}

func checkObject(d *json.Decoder, path string, s shape) error {
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return wrongJSON(err)
		}
		name, _ := token.(string)
		if seen[name] {
			return mistaken(path+name, "“"+shorten(path+name)+"” is there twice.")
		}
		seen[name] = true
		t, known := s.of(name)
		if !known {
			return unknownField(path + name)
		}
		if err := checkValue(d, path+name+".", t); err != nil {
			return err
		}
	}
	return closing(d)
}

func checkValue(d *json.Decoder, path string, t reflect.Type) error {
	token, err := d.Token()
	if err != nil {
		return wrongJSON(err)
	}
	switch token {
	case json.Delim('{'):
		if strings.Count(path, ".") > maxDepth {
			return malformed("This is nested too deeply.")
		}
		return checkObject(d, path, shapeOf(t))
	case json.Delim('['):
		if strings.Count(path, ".") > maxDepth {
			return malformed("This is nested too deeply.")
		}
		for d.More() {
			if err := checkValue(d, path+".", element(t)); err != nil {
				return err
			}
		}
		return closing(d)
	}
	return nil
}

// maxDepth is more than any body needs.
const maxDepth = 16

func closing(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return wrongJSON(err)
	}
	return nil
}

// wrongJSON says what is wrong with a body.
func wrongJSON(err error) error {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		return mistaken(wrongType.Field, fmt.Sprintf("“%s” is to be %s, and is %s.", shorten(wrongType.Field), kindOf(wrongType.Type.String()), article(wrongType.Value)))
	case errors.As(err, &syntax):
		return malformed(fmt.Sprintf("The body is not JSON: at byte %d it cannot be read.", syntax.Offset))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return malformed("The body is not JSON: it ends in the middle.")
	}
	return malformed("The body is not JSON.")
}

func kindOf(goType string) string {
	switch {
	case strings.HasPrefix(goType, "map"), strings.HasPrefix(goType, "wire."):
		return "an object"
	case strings.HasPrefix(goType, "[]"):
		return "an array"
	case strings.HasPrefix(goType, "int"):
		return "a whole number"
	case strings.HasPrefix(goType, "bool"):
		return "true or false"
	}
	return "a string"
}

func article(kind string) string {
	if strings.HasPrefix(kind, "a") || strings.HasPrefix(kind, "o") {
		return "an " + kind
	}
	return "a " + kind
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
