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
	key   kind // of the name, where it is the key of a map
}

// kind says what an argument may hold.
type kind int

const (
	isWord    kind = iota // a value from outside: characters of host names, addresses and numbers
	isLiteral             // fixed text of this package, where "$" begins a variable
	isPattern             // a regular expression of this package around values from outside
)

// arg is an argument of a directive.
type arg struct {
	text string
	kind kind
}

// word makes an argument of a value from outside.
func word(s string) arg { return arg{s, isWord} }

// literal makes an argument of text of this package. Nothing from outside may be
// part of it, but for the paths that New has checked.
func literal(s string) arg { return arg{s, isLiteral} }

// pattern makes the regular expression of a place. It matches host and path in
// one, "shop.example.org/shop", up to the end of a part of the path.
func pattern(p place) arg {
	text := "~^" + strings.ReplaceAll(string(p.Host)+p.Path, ".", `\.`)
	if !strings.HasSuffix(p.Path, "/") {
		text += patternEnd
	}
	return arg{text, isPattern}
}

const patternEnd = "(/|$)"

// with returns a block with more at its end.
func (d directive) with(more ...directive) directive {
	d.body = append(d.body, more...)
	return d
}

// mapping makes a map from a text with variables to a variable.
func mapping(source, variable string, entries ...directive) directive {
	return block("map", []arg{literal(source), literal(variable)}, entries...)
}

// line makes a line of a map.
func line(key, value arg) directive {
	return directive{name: key.text, key: key.kind, args: []arg{value}}
}

// fixed makes lines of a map of text of this package: keys and values by turns.
func fixed(pairs ...string) (lines []directive) {
	for i := 0; i+1 < len(pairs); i += 2 {
		lines = append(lines, line(literal(pairs[i]), literal(pairs[i+1])))
	}
	return lines
}

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
	name := arg{d.name, d.key}
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

// quoted is the only way of text into a configuration. It refuses what nginx
// could take for something else than it is meant as.
func quoted(a arg) (string, error) {
	if len(a.text) > maxArg || strings.ContainsFunc(a.text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errWord
	}
	switch a.kind {
	case isWord:
		if a.text == "" || strings.ContainsFunc(a.text, notInWord) {
			return "", errWord
		}
		return a.text, nil
	case isPattern:
		if !isPlacePattern(a.text) {
			return "", errWord
		}
	}
	if a.text != "" && !strings.ContainsFunc(a.text, notInPlain) {
		return a.text, nil
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(a.text) + `"`, nil
}

// maxArg is less than nginx's own limit of 4096 bytes, quotes included.
const maxArg = 2000

// isPlacePattern reports whether a text is one that pattern gives: nothing in it
// has a meaning but its beginning and its end.
func isPlacePattern(s string) bool {
	s, begins := strings.CutPrefix(s, "~^")
	s = strings.ReplaceAll(strings.TrimSuffix(s, patternEnd), `\.`, "")
	return begins && strings.Contains(s, "/") && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '~' && notInWord(r) || strings.ContainsRune(".[]:", r)
	})
}

// notInPlain tells what makes a literal need quotes.
func notInPlain(r rune) bool { return notInWord(r) && r != '=' && r != '@' && r != '!' }

func notInWord(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-:/[]", r)
}
