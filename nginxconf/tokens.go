package nginxconf

import (
	"errors"
	"strings"
)

// token is a word of a configuration, quoted or not, or one of ";", "{", "}".
type token struct {
	text string
	mark bool // ";", "{" or "}" outside quotes
}

// errSyntax means that a text is not of the form that printed gives.
var errSyntax = errors.New("the configuration does not read as it was meant")

// parse reads a configuration as nginx does, without includes, comments and
// escapes that printed never writes.
func parse(text string) ([]directive, error) {
	tokens, err := tokenize(text)
	if err != nil {
		return nil, err
	}
	directives, rest, err := parseBody(tokens)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 {
		return nil, errSyntax
	}
	return directives, nil
}

// parseBody reads directives up to the end or the "}" that closes a block.
func parseBody(tokens []token) (directives []directive, rest []token, _ error) {
	for len(tokens) > 0 && !(tokens[0].mark && tokens[0].text == "}") {
		var d directive
		var err error
		if d, tokens, err = parseDirective(tokens); err != nil {
			return nil, nil, err
		}
		directives = append(directives, d)
	}
	return directives, tokens, nil
}

func parseDirective(tokens []token) (d directive, rest []token, _ error) {
	var head []string
	for len(tokens) > 0 && !tokens[0].mark {
		head, tokens = append(head, tokens[0].text), tokens[1:]
	}
	if len(head) == 0 || len(tokens) == 0 {
		return directive{}, nil, errSyntax
	}
	d.name = head[0]
	for _, text := range head[1:] {
		d.args = append(d.args, arg{text: text})
	}
	if tokens[0].text == ";" {
		return d, tokens[1:], nil
	}
	if tokens[0].text != "{" {
		return directive{}, nil, errSyntax
	}
	return parseBlock(d, tokens[1:])
}

func parseBlock(d directive, tokens []token) (_ directive, rest []token, err error) {
	d.block = true
	if d.body, tokens, err = parseBody(tokens); err != nil {
		return directive{}, nil, err
	}
	if len(tokens) == 0 {
		return directive{}, nil, errSyntax
	}
	return d, tokens[1:], nil
}

func tokenize(text string) (tokens []token, _ error) {
	for {
		text = strings.TrimLeft(text, " \t\n")
		if text == "" {
			return tokens, nil
		}
		switch c := text[0]; {
		case strings.IndexByte(";{}", c) >= 0:
			tokens, text = append(tokens, token{string(c), true}), text[1:]
		case c == '"':
			value, rest, err := quotedToken(text[1:])
			if err != nil {
				return nil, err
			}
			tokens, text = append(tokens, token{text: value}), rest
		default:
			end := strings.IndexAny(text, " \t\n;{}\"'#\\$\r")
			if end <= 0 || strings.IndexByte("\"'#\\$\r", text[end]) >= 0 {
				return nil, errSyntax
			}
			tokens, text = append(tokens, token{text: text[:end]}), text[end:]
		}
	}
}

// quotedToken reads up to the closing quote. After it a word must end.
func quotedToken(text string) (value, rest string, _ error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && strings.IndexByte(`\"`, text[i+1]) >= 0:
			i++
			b.WriteByte(text[i])
		case text[i] == '\\':
			return "", "", errSyntax
		case text[i] == '"':
			rest = text[i+1:]
			if rest == "" || strings.IndexByte(" \t\n;{}", rest[0]) < 0 {
				return "", "", errSyntax
			}
			return b.String(), rest, nil
		default:
			b.WriteByte(text[i])
		}
	}
	return "", "", errSyntax
}
