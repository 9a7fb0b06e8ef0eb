package seedbed

import (
	"regexp"
	"strings"
	"unicode"
)

// escapes are the control sequences of terminals: CSI, OSC and two-character
// ones (ECMA-48).
var escapes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|\x1b[ -/]*[0-~]")

// PlainLine returns one line of what a program printed as text that is safe to
// show: valid UTF-8 without control characters, without format characters (such
// as those that turn the direction of writing), and without space at its end.
// Of a line that was written over with carriage returns it keeps the last state.
func PlainLine(line string) string {
	line = escapes.ReplaceAllString(strings.ToValidUTF8(line, "�"), "")
	line = strings.TrimRight(line, "\r")
	line = line[strings.LastIndexByte(line, '\r')+1:]
	line = strings.Map(func(r rune) rune {
		if r == '\t' {
			return ' '
		}
		if unicode.Is(unicode.C, r) {
			return -1
		}
		return r
	}, line)
	return strings.TrimRight(line, " ")
}
