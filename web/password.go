package web

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"seedbed"
)

// Lengths of user names and passwords, in characters.
const (
	maxUserName = 40
	minPassword = 10
	maxPassword = 200
)

// parseUserName reads a name that somebody will sign in with.
func parseUserName(s string) (string, error) {
	s = strings.TrimSpace(s)
	switch {
	case s == "":
		return "", seedbed.Mistake("user", "Choose a name to sign in with, for example “Amina”.")
	case utf8.RuneCountInString(s) > maxUserName:
		return "", seedbed.Mistake("user", fmt.Sprintf("This name is too long; %d characters is the most.", maxUserName))
	case strings.ContainsFunc(s, notInUserName):
		return "", seedbed.Mistake("user", "A user name has letters, digits and . - _ but no spaces.")
	}
	return s, nil
}

func notInUserName(r rune) bool {
	return r == utf8.RuneError || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune(".-_", r)
}

// checkPassword refuses passwords that are guessed first.
func checkPassword(password, user string) error {
	plain := strings.ToLower(password)
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return seedbed.Mistake("password", fmt.Sprintf("This password has %d characters; it needs at least %d.", n, minPassword))
	case n > maxPassword:
		return seedbed.Mistake("password", fmt.Sprintf("This password has %d characters; %d is the most.", n, maxPassword))
	case isMonotonous(plain):
		return seedbed.Mistake("password", "This password repeats few characters, so it is guessed soon. Choose several words in a row.")
	case isCommon(plain), user != "" && strings.Trim(plain, "0123456789!?.-_") == strings.ToLower(user):
		return seedbed.Mistake("password", "This password is one of those that are guessed first. Choose several words in a row.")
	}
	return nil
}

// isMonotonous reports whether there are fewer than five different characters.
func isMonotonous(password string) bool {
	different := map[rune]bool{}
	for _, r := range password {
		different[r] = true
	}
	return len(different) < 5
}

// isCommon knows the long ones among the passwords that are used most, and
// those with a year or a few digits behind them.
func isCommon(password string) bool {
	if strings.Contains("01234567890123456789", password) || strings.Contains("98765432109876543210", password) {
		return true
	}
	switch strings.TrimRight(password, "0123456789!?.-_") {
	case "password", "passw0rd", "p@ssword", "p@ssw0rd", "passwort", "motdepasse", "contraseña", "administrator", "admin", "administrateur",
		"qwerty", "qwertyuiop", "qwertyuio", "qwerty123qwerty", "qazwsxedc", "azertyuiop", "qwertzuiop", "asdfghjkl", "1q2w3e4r5t", "1q2w3e4r5t6y",
		"1qaz2wsx3edc", "q1w2e3r4t5", "q1w2e3r4t5y6", "zaq12wsxcde", "abcdefghij", "abcdefgh", "abcd", "abc", "iloveyou", "ilovejesus", "letmein",
		"letmeinplease", "welcome", "changeme", "changemenow", "secret", "topsecret", "football", "basketball", "baseball", "liverpool", "manchester",
		"sunshine", "princess", "superman", "spiderman", "chocolate", "butterfly", "jesuschrist", "michaeljackson", "computer", "internet", "mypassword",
		"thisismypassword", "password1password", "passwordpassword", "seedbed", "seedbedseedbed", "marathon", "wordpress", "mediawiki", "zaqwsxcderfv":
		return true
	}
	return false
}
