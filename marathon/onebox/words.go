package onebox

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"seedbed"
)

// How much of what a container printed last is told to people.
const (
	maxWordLines = 15
	maxWordBytes = 2048
)

// cleanWords returns the last lines of an output as text that is safe to show:
// valid UTF-8 without control characters, at most 15 lines and 2 kB.
func cleanWords(output []byte) string {
	text := strings.ReplaceAll(string(bytes.ToValidUTF8(output, []byte("�"))), "\r\n", "\n")
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if line = seedbed.PlainLine(line); line != "" {
			lines = append(lines, line)
		}
	}
	lines = lines[max(0, len(lines)-maxWordLines):]
	return lastBytes(strings.Join(lines, "\n"), maxWordBytes)
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
