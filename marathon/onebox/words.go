package onebox

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How much of what a container printed last is told to people.
const (
	maxWordLines = 15
	maxWordBytes = 2048
)

// escapes are the control sequences of terminals: CSI, OSC and two-character
// ones (ECMA-48).
var escapes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b\\][^\x07\x1b]*(?:\x07|\x1b\\\\)?|\x1b[ -/]*[0-~]")

// cleanWords returns the last lines of an output as text that is safe to show:
// valid UTF-8 without control characters, at most 15 lines and 2 kB.
func cleanWords(output []byte) string {
	text := escapes.ReplaceAllString(string(bytes.ToValidUTF8(output, []byte("�"))), "")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = cleanLine(line); line != "" {
			lines = append(lines, line)
		}
	}
	lines = lines[max(0, len(lines)-maxWordLines):]
	return lastBytes(strings.Join(lines, "\n"), maxWordBytes)
}

// cleanLine drops control and format characters (such as those that turn the
// direction of writing) and space at the end; of a line that was written over
// with carriage returns it keeps the last state.
func cleanLine(line string) string {
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

// lastBytes returns at most n bytes from the end of s, beginning with a whole
// character.
func lastBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	for len(s) > 0 && !utf8.RuneStart(s[0]) {
		s = s[1:]
	}
	return s
}

// withWords puts what a container printed last below a sentence.
func withWords(sentence, words string) string {
	if words == "" {
		return sentence
	}
	return sentence + "\n" + words
}
