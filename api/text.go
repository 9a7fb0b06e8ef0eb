package api

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// checkText refuses what is no text in UTF-8 (RFC 8259, section 8.1), and halves
// of a character written as escapes (RFC 7493, section 2.1): read as they are,
// both would silently become another character.
func checkText(body []byte) error {
	for at := 0; at < len(body); {
		r, size := utf8.DecodeRune(body[at:])
		if r == utf8.RuneError && size == 1 {
			return malformed(fmt.Sprintf("The body is not UTF-8: at byte %d it cannot be read.", at+1))
		}
		if r == '\\' {
			if size = escape(body[at:]); size == 0 {
				return malformed(fmt.Sprintf("At byte %d there is half of a character.", at+1))
			}
		}
		at += size
	}
	return nil
}

// escape is the length of what begins with a backslash, and 0 if it is half of a
// character. What is wrong otherwise is left to who reads the JSON.
func escape(b []byte) int {
	first, ok := unit(b)
	if !ok {
		return min(2, len(b))
	}
	if !utf16.IsSurrogate(first) {
		return 6
	}
	second, ok := unit(b[6:])
	if !ok || utf16.DecodeRune(first, second) == utf8.RuneError {
		return 0
	}
	return 12
}

// unit reads an escape such as “\u00e9”.
func unit(b []byte) (rune, bool) {
	if len(b) < 6 || !bytes.HasPrefix(b, []byte(`\u`)) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[2:6]), 16, 16)
	return rune(n), err == nil
}
