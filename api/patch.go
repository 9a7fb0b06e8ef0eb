package api

import (
	"encoding/json"
	"net/http"
	"reflect"

	"seedbed/control"
)

// readPatch reads a JSON Merge Patch (RFC 7396) of a site: what is missing stays
// as it is, and null takes an answer back, so that the question's default counts.
func readPatch(w http.ResponseWriter, r *http.Request, site control.Site) (control.SiteChange, error) {
	var patch struct {
		Title    optional[string]             `json:"title"`
		Settings optional[map[string]*string] `json:"settings"`
	}
	if err := decode(w, r, &patch, patchType, jsonType); err != nil {
		return control.SiteChange{}, err
	}
	if patch.Title.given && patch.Title.value == nil {
		return control.SiteChange{}, mistaken("title", "A site has a title; it cannot be removed.")
	}
	change := control.SiteChange{Title: patch.Title.value, Answers: map[string]string{}}
	if patch.Settings.given && patch.Settings.value == nil {
		for _, question := range site.Template.Questions {
			change.Answers[question.Name] = question.Default
		}
	}
	if patch.Settings.value != nil {
		for name, answer := range *patch.Settings.value {
			change.Answers[name] = answerOr(answer, defaultOf(site, name))
		}
	}
	return change, nil
}

func answerOr(answer *string, instead string) string {
	if answer == nil {
		return instead
	}
	return *answer
}

func defaultOf(site control.Site, name string) string {
	for _, question := range site.Template.Questions {
		if question.Name == name {
			return question.Default
		}
	}
	return "" // of a question that there is not, which control tells
}

// optional is a member of an object that may be missing, or null.
type optional[T any] struct {
	given bool
	value *T
}

// within is the type of the member itself.
func (optional[T]) within() reflect.Type { return reflect.TypeFor[T]() }

// UnmarshalJSON is called only if the member is there.
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	o.given = true
	return json.Unmarshal(b, &o.value)
}
