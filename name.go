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
// that a title may have: what names in the world's languages are written with,
// and nothing that has a meaning to a program.
const titleMarks = ".,'’&()-–—/:!?+·«»“”¿¡،؛؟、。（）：！？"

// Joiners belong to the writing of Persian, Hindi and others, between letters.
const joiners = "\u200c\u200d"

// maxMarks is how many marks may stand on one letter; more only cover the text
// around it.
const maxMarks = 4

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
	if err := checkTitle(s); err != nil {
		return "", err
	}
	return Title(s), nil
}

func checkTitle(s string) error {
	marks, before := 0, rune(' ')
	for i, r := range s {
		switch {
		case i == 0 && !isWordRune(r) && !strings.ContainsRune("¿¡«“（(", r):
			return Mistake("name", "A name begins with a letter or a digit.")
		case unicode.IsMark(r):
			if marks++; marks > maxMarks {
				return Mistake("name", "This name has too many accents on one letter.")
			}
		case strings.ContainsRune(joiners, r) && (isWordRune(before) || unicode.IsMark(before)):
		case !isWordRune(r) && r != ' ' && !strings.ContainsRune(titleMarks, r):
			return Mistake("name", "A name has letters, digits, spaces and . , ' & ( ) - / : ! ? but no “"+printable(r)+"”.")
		default:
			marks = 0
		}
		before = r
	}
	if !strings.ContainsFunc(s, isWordRune) {
		return Mistake("name", "A name needs at least one letter or digit.")
	}
	return nil
}

// isWordRune reports whether a character is a letter or digit that can be seen.
func isWordRune(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !strings.ContainsRune(blankLetters, r)
}

// blankLetters are letters to Unicode, and nothing to the eye.
const blankLetters = "\u115f\u1160\u3164\uffa0"

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

// latinFolds are small letters and what they become in an address.
var latinFolds = map[string]string{
	"a": "àáâãäåāăąǎạảấầẩẫậắằẳẵặ", "b": "ɓ", "c": "çćĉċč", "d": "ďđɗðḍ", "e": "èéêëēĕėęěẹẻẽếềểễệɛəǝ", "g": "ĝğġģǧ", "h": "ĥħḥ",
	"i": "ìíîïĩīĭįıǐịỉ", "j": "ĵ", "k": "ķƙ", "l": "ĺļľŀł", "m": "ṁ", "n": "ñńņňŋ", "o": "òóôõöøōŏőơǒọỏốồổỗộớờởỡợɔ", "r": "ŕŗř",
	"s": "śŝşšșṣ", "t": "ţťŧțṭ", "u": "ùúûüũūŭůűųưǔụủứừửữự", "w": "ŵẁẃẅ", "y": "ýÿŷƴỳỵỷỹ", "z": "źżžẓ",
	"ae": "æ", "oe": "œ", "ss": "ß", "th": "þ",
}

// plainLatin returns what a small letter or digit becomes in an address, or ""
// where it has no plain form.
func plainLatin(r rune) string {
	if isLabel(string(r)) {
		return string(r)
	}
	for plain, letters := range latinFolds {
		if strings.ContainsRune(letters, r) {
			return plain
		}
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
