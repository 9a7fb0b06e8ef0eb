package templates

import (
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"seedbed"
)

// Form is what a person typed, and what is wrong with it.
type Form struct {
	Values   map[string]string
	Mistakes []Mistake // in the order of the fields
}

// Mistake is one sentence about one field. With an empty Field it concerns the
// whole form.
type Mistake struct {
	Field   string
	Message string
}

// Value returns what was typed into a field.
func (f Form) Value(field string) string { return f.Values[field] }

// Wrong returns the sentence to be shown beside a field, "" if it is all right.
func (f Form) Wrong(field string) string {
	for _, m := range f.Mistakes {
		if m.Field == field {
			return m.Message
		}
	}
	return ""
}

// Ok reports whether nothing is wrong.
func (f Form) Ok() bool { return len(f.Mistakes) == 0 }

// First reports whether field is the first one with a mistake, which gets the
// focus.
func (f Form) First(field string) bool {
	return !f.Ok() && f.Mistakes[0].Field == field
}

// Fail adds what is wrong by err, each beside its field. Trouble that no change
// of the form would mend is not a mistake: err is returned again.
func (f *Form) Fail(err error) error {
	mistakes := seedbed.Mistakes(err)
	if mistakes == nil {
		return err
	}
	for _, e := range mistakes {
		f.Mistakes = append(f.Mistakes, Mistake{e.Field, e.Message})
	}
	return nil
}

// Keep puts what is wrong with fields that the form does not have where it is
// seen: on top of the form.
func (f *Form) Keep(fields ...string) {
	for i := range f.Mistakes {
		if !slices.Contains(fields, f.Mistakes[i].Field) {
			f.Mistakes[i].Field = ""
		}
	}
}

// summary is the line at the top of a form that was not accepted.
func (f Form) summary() string {
	if len(f.Mistakes) == 1 {
		return "One thing needs another look."
	}
	return strconv.Itoa(len(f.Mistakes)) + " things need another look."
}

// general returns the sentences that belong beside no field.
func (f Form) general() []string {
	var messages []string
	for _, m := range f.Mistakes {
		if m.Field == "" {
			messages = append(messages, m.Message)
		}
	}
	return messages
}

// Field is one line of text that a form asks for.
type Field struct {
	Name         string // also its id
	Label        string
	Help         string
	Type         string // of the input; empty means text
	Autocomplete string
	Suffix       string // shown behind the input, as ".localhost"
	Suggests     string // name of the field that the script fills from this one
	Mode         string // of the keyboard of a phone: "numeric"
	Optional     bool
	Code         bool // spelling, capitals and direction are not a person's
}

func (f Field) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// describedBy names the elements that explain a field.
func describedBy(name string, help bool, wrong bool) string {
	switch {
	case help && wrong:
		return name + "-mistake " + name + "-help"
	case wrong:
		return name + "-mistake"
	case help:
		return name + "-help"
	}
	return ""
}

// explained are the attributes that tie a field to its help and its mistake.
func explained(name string, help, wrong, first bool) templ.Attributes {
	attributes := templ.Attributes{"autofocus": first}
	if by := describedBy(name, help, wrong); by != "" {
		attributes["aria-describedby"] = by
	}
	if wrong {
		attributes["aria-invalid"] = "true"
	}
	return attributes
}

// SettingField is the name of the form field that asks a template's question.
func SettingField(question string) string { return "setting." + question }

// codeField is the field of a question whose answer a program reads.
func codeField(q seedbed.Question) Field {
	f := Field{Name: SettingField(q.Name), Label: q.Label, Help: q.Help, Optional: !q.Required && q.Type != seedbed.NumberQuestion, Code: true}
	if q.Type == seedbed.NumberQuestion {
		f.Mode = "numeric"
	}
	return f
}

// isPrivate reports whether answers to a template's questions may hold what must
// not stand in an address, where histories and logs keep it.
func isPrivate(t seedbed.Template) bool { return t.MoreEnv != "" }

// reviewMethod is how the form for a new site is sent: so that it can be gone
// back to, unless that would put into the address what does not belong there.
func reviewMethod(t seedbed.Template) string {
	if isPrivate(t) {
		return "post"
	}
	return "get"
}
