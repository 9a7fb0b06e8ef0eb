package onebox

import (
	"encoding/json"
	"reflect"
)

// envInput is a variable as clients send it: a text, or an object that names a
// secret.
type envInput struct {
	text   string
	secret json.RawMessage // nil if it is a text
}

// UnmarshalJSON reads a text or an object.
func (v *envInput) UnmarshalJSON(b []byte) error {
	*v = envInput{}
	if len(b) > 0 && b[0] == '{' {
		v.secret = append(v.secret, b...)
		return nil
	}
	return json.Unmarshal(b, &v.text)
}

// secretName is the object that stands in the place of a variable's text.
type secretName struct {
	Secret string `json:"secret" must:"required"`
}

// form takes a text or the name of a secret.
func (envInput) form(value any) (reflect.Type, string) {
	switch value.(type) {
	case string:
		return reflect.TypeFor[string](), ""
	case map[string]any:
		return reflect.TypeFor[secretName](), ""
	}
	return nil, "error.expected.jsstring"
}

// variables returns the variables that are texts; the others are refused.
func (in *appInput) variables() map[string]string {
	if in.Env == nil {
		return nil
	}
	out := map[string]string{}
	for name, v := range in.Env {
		out[name] = v.text
	}
	return out
}
