package nginxconf

import (
	"errors"
	"fmt"
	"strings"
)

// directive is one statement of nginx's configuration. A block directive has a
// body, which may be empty; the others end with ";".
type directive struct {
	name  string
	args  []arg
	block bool
	body  []directive
}

// arg is an argument. One that stands for a value from outside is made by word
// and may hold nothing but the characters of host names and addresses; fixed
// text of this package is made by literal.
type arg struct {
	text  string
	quote bool
}

// word makes an argument of a value from outside.
func word(s string) arg { return arg{text: s} }

// literal makes an argument of text of this package, where "$" begins a
// variable. Nothing from outside may be part of it, but for the paths that New
// has checked.
func literal(s string) arg { return arg{text: s, quote: true} }

// words makes a simple directive of words.
func words(name string, args ...string) directive {
	d := directive{name: name}
	for _, a := range args {
		d.args = append(d.args, word(a))
	}
	return d
}

// literals makes a simple directive of literals.
func literals(name string, args ...string) directive {
	d := directive{name: name}
	for _, a := range args {
		d.args = append(d.args, literal(a))
	}
	return d
}

func block(name string, args []arg, body ...directive) directive {
	return directive{name: name, args: args, block: true, body: body}
}

// errWord means that a value from outside got as far as the configuration
// without being what it should be. That is a fault of this package.
var errWord = errors.New("a value has characters that must not be in a configuration")

// printed returns the text of a configuration.
func printed(directives []directive) (string, error) {
	var b strings.Builder
	if err := printTo(&b, directives, ""); err != nil {
		return "", err
	}
	return b.String(), nil
}

func printTo(b *strings.Builder, directives []directive, indent string) error {
	for _, d := range directives {
		b.WriteString(indent)
		if err := printHead(b, d); err != nil {
			return err
		}
		if !d.block {
			b.WriteString(";\n")
			continue
		}
		b.WriteString(" {\n")
		if err := printTo(b, d.body, indent+"\t"); err != nil {
			return err
		}
		b.WriteString(indent + "}\n")
	}
	return nil
}

func printHead(b *strings.Builder, d directive) error {
	name := arg{text: d.name, quote: d.name == ""} // map's key for an empty value
	for i, a := range append([]arg{name}, d.args...) {
		if i > 0 {
			b.WriteByte(' ')
		}
		text, err := quoted(a)
		if err != nil {
			return fmt.Errorf("%w: %q", err, a.text)
		}
		b.WriteString(text)
	}
	return nil
}

// quoted is the only way of text into a configuration.
func quoted(a arg) (string, error) {
	if strings.ContainsFunc(a.text, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }) {
		return "", errWord
	}
	if a.quote && (a.text == "" || strings.ContainsFunc(a.text, notInPlain)) {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.text) + `"`, nil
	}
	if !a.quote && (a.text == "" || strings.ContainsFunc(a.text, notInWord)) {
		return "", errWord
	}
	return a.text, nil
}

// notInPlain tells what makes a literal need quotes.
func notInPlain(r rune) bool { return notInWord(r) && r != '=' && r != '@' && r != '!' }

func notInWord(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-:/[]", r)
}
