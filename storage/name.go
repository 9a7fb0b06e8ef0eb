package storage

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"seedbed"
)

// What names of files may be at most. The file system itself allows 255 bytes
// a part.
const (
	maxPart  = 200 // bytes
	maxPath  = 1000
	maxDepth = 20
)

// field is the form field that trouble with an upload belongs beside.
const field = "file"

func refuse(format string, values ...any) error {
	return seedbed.Mistake(field, fmt.Sprintf(format, values...))
}

// checkName accepts the name of a file as visitors will ask for it: plain parts
// in any script, with single slashes between them. Errors are Invalid.
func checkName(name string) error {
	switch {
	case name == "":
		return refuse("One file has no name.")
	case !utf8.ValidString(name):
		return refuse("The name of one file cannot be read. Give it a plain name and try again.")
	case strings.ContainsFunc(name, isHidden):
		return refuse("The name %s has characters that cannot be seen. Give the file a plain name and try again.", show(name))
	case strings.HasPrefix(name, "/") || strings.Contains(name, `\`) || hasDrive(name):
		return refuse("The name %s leads to a place outside of the site. Use names like “css/site.css”.", show(name))
	case len(name) > maxPath || strings.Count(name, "/") >= maxDepth:
		return refuse("The name %s is too long, or in too many folders.", show(name))
	}
	for part := range strings.SplitSeq(name, "/") {
		if err := checkPart(name, part); err != nil {
			return err
		}
	}
	return nil
}

func checkPart(name, part string) error {
	switch {
	case part == "..":
		return refuse("The name %s leads to a place outside of the site. Use names like “css/site.css”.", show(name))
	case part == "" || part == ".":
		return refuse("The name %s is not one of a file. Use names like “css/site.css”.", show(name))
	case strings.HasPrefix(part, "."):
		return refuse("The name %s begins with a dot. Such files are never shown to visitors; leave it out.", show(name))
	case len(part) > maxPart:
		return refuse("The name %s is too long.", show(name))
	}
	return nil
}

// isHidden reports whether a character cannot be seen in a name, or changes how
// the rest of it looks. Joiners belong to the writing of several languages.
func isHidden(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = '\u200c', '\u200d'
	if r == zeroWidthNonJoiner || r == zeroWidthJoiner {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}

// hasDrive reports whether a name begins like "C:" on other systems.
func hasDrive(name string) bool {
	return len(name) >= 2 && name[1] == ':' && (name[0]|0x20 >= 'a' && name[0]|0x20 <= 'z')
}

// show makes any name fit for a sentence.
func show(name string) string {
	visible := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || isHidden(r) {
			return '�'
		}
		return r
	}, name)
	if runes := []rune(visible); len(runes) > 80 {
		visible = string(runes[:80]) + "…"
	}
	return "“" + visible + "”"
}

// isRubbish reports whether a well-formed entry of a zip is something that an
// operating system has put there beside what people meant to pack.
func isRubbish(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != ".." && part != "." || part == "__MACOSX" {
			return true
		}
	}
	base := strings.ToLower(path.Base(name))
	return base == "thumbs.db" || base == "desktop.ini"
}
