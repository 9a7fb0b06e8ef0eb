package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"seedbed"
	"seedbed/api/wire"
)

// wrongSettings says which of the settings are of another type than they are to
// be, because the decoder names only all of them. It is nil if the trouble is
// elsewhere.
func wrongSettings(body []byte, trouble error) error {
	var wrongType *json.UnmarshalTypeError
	var given struct {
		Settings map[string]any `json:"settings"`
	}
	if !errors.As(trouble, &wrongType) || wrongType.Field != "settings" || json.Unmarshal(body, &given) != nil {
		return nil
	}
	var mistakes []wire.Mistake
	for _, name := range slices.Sorted(maps.Keys(given.Settings)) {
		if kind := jsonKind(given.Settings[name]); kind != "string" && kind != "null" {
			mistakes = append(mistakes, wire.Mistake{Field: "settings." + name, Message: fmt.Sprintf("“settings.%s” is to be a string, and is %s.", shorten(name), article(kind))})
		}
	}
	switch len(mistakes) {
	case 0:
		return nil
	case 1:
		return mistaken(mistakes[0].Field, mistakes[0].Message)
	}
	return &refusal{status: http.StatusUnprocessableEntity, code: string(seedbed.Invalid), sentence: fmt.Sprintf("%d things need another look.", len(mistakes)), errors: mistakes}
}

func jsonKind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "bool"
	case float64:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
