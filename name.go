package seedbed

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Lengths of names, in characters.
const (
	MaxTitle = 60
	MaxLabel = 40
	maxHost  = 253
)

// Title is what people call a site: "Nurse Handbook", in any script.
// Only ParseTitle makes one from outside text.
type Title string

// titleMarks are the characters, besides letters, digits, marks and spaces,
// that a title may have. All of them are harmless in every text that Seedbed
// writes.
const titleMarks = ".,'’&()-–:!?"

// ParseTitle reads a site's name as a person typed it. Space around and inside
// is tidied. Errors are Invalid, beside the field "name".
func ParseTitle(s string) (Title, error) {
	if !utf8.ValidString(s) {
		return "", Mistake("name", "This name has characters that we cannot read. Please type it again.")
	}
	s = strings.Join(strings.Fields(s), " ")
	if s == "" {
		return "", Mistake("name", "Give the site a name, for example “Nurse Handbook”.")
	}
	if n := utf8.RuneCountInString(s); n > MaxTitle {
		return "", Mistake("name", fmt.Sprintf("This name has %d characters; %d is the most.", n, MaxTitle))
	}
	for i, r := range s {
		if i == 0 && !isWordRune(r) {
			return "", Mistake("name", "A name begins with a letter or a digit.")
		}
		if !isWordRune(r) && !unicode.IsMark(r) && r != ' ' && !strings.ContainsRune(titleMarks, r) {
			return "", Mistake("name", "A name has letters, digits, spaces and . , ' & ( ) - : ! ? but no “"+printable(r)+"”.")
		}
	}
	return Title(s), nil
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

func printable(r rune) string {
	if unicode.IsPrint(r) {
		return string(r)
	}
	return fmt.Sprintf("%U", r)
}

// Label is a name that machines use: one label of a host name, a to z, 0 to 9
// and "-" inside, at most MaxLabel long. It is safe as a file name, as part of
// a Marathon app id and as a host label. Only ParseLabel makes one from
// outside text.
type Label string

// reservedLabels may not become addresses of sites, because the installation
// itself uses them or people would take them for it.
var reservedLabels = map[string]bool{
	"admin": true, "api": true, "consul": true, "localhost": true, "mail": true, "marathon": true, "mesos": true, "new": true,
	"ns": true, "portal": true, "seedbed": true, "services": true, "setup": true, "sign-in": true, "www": true,
}

// ParseLabel reads an address name as a person typed it; capitals are made
// small. Errors are Invalid, beside the field "address".
func ParseLabel(s string) (Label, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	switch {
	case s == "":
		return "", Mistake("address", "Choose an address, for example “nurse-handbook”.")
	case len(s) > MaxLabel:
		return "", Mistake("address", fmt.Sprintf("This address has %d characters; %d is the most.", utf8.RuneCountInString(s), MaxLabel))
	case !isLabel(s):
		return "", Mistake("address", "An address has the letters a to z, digits, and “-” between them, for example “nurse-handbook”.")
	case strings.HasPrefix(s, "xn--"):
		return "", Mistake("address", "An address cannot begin with “xn--”.")
	case reservedLabels[s]:
		return "", Mistake("address", "“"+s+"” is kept for the portal itself. Please choose another address.")
	}
	return Label(s), nil
}

// isLabel is the grammar of RFC 1123, section 2.1, in small letters.
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// SuggestLabel makes an address name from a title: "Nurse Handbook" becomes
// "nurse-handbook". It is empty when the title has nothing in a to z or 0 to 9
// (another script); the person then chooses one.
func SuggestLabel(t Title) string {
	var b strings.Builder
	for _, r := range strings.ToLower(string(t)) {
		switch plain := plainLatin(r); {
		case plain != "":
			b.WriteString(plain)
		case r == '\'' || r == '’' || unicode.IsMark(r):
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	s := b.String()
	if len(s) > MaxLabel {
		s = s[:MaxLabel]
	}
	return strings.Trim(s, "-")
}

var latinFolds = strings.NewReplacer(
	"à", "a", "á", "a", "â", "a", "ã", "a", "ä", "a", "å", "a", "æ", "ae", "ç", "c", "è", "e", "é", "e", "ê", "e",
	"ë", "e", "ì", "i", "í", "i", "î", "i", "ï", "i", "ñ", "n", "ò", "o", "ó", "o", "ô", "o", "õ", "o", "ö", "o",
	"ø", "o", "œ", "oe", "ß", "ss", "ù", "u", "ú", "u", "û", "u", "ü", "u", "ý", "y", "ÿ", "y")

// plainLatin returns what a small letter or digit becomes in an address, or ""
// where it has no plain form.
func plainLatin(r rune) string {
	s := latinFolds.Replace(string(r))
	if isLabel(s) && s != "-" {
		return s
	}
	return ""
}

// HostName is a full host name, in small letters: labels of RFC 1123 joined by
// dots. Only ParseHostName makes one from outside text.
type HostName string

// ParseHostName reads a host name. The error names the field "address".
func ParseHostName(s string) (HostName, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" || len(s) > maxHost {
		return "", Mistake("address", "A host name has between 1 and 253 characters.")
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isLabel(label) {
			return "", Mistake("address", "This is not a host name. One looks like “guide.example.org”.")
		}
	}
	return HostName(s), nil
}
