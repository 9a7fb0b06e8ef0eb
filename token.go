package seedbed

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Token lets a program act in the place of its user. Its secret is shown once,
// when it is made, and only a hash of it is kept.
type Token struct {
	ID     int64
	UserID int64
	Name   string // for people, and for the record of what the program does
	Scope  Scope
	// ProjectID is the project outside of which it sees and does nothing, and
	// Project its name; 0 and empty for a token without that limit.
	ProjectID int64
	Project   Label
	Parent    int64 // the token with which it was made; 0 if a person made it
	Created   time.Time
	Expires   time.Time
	Used      time.Time // last, to the minute; zero if never
	Revoked   time.Time // zero if it was not
}

// How long tokens are good for.
const (
	DefaultTokenDays = 90
	MaxTokenDays     = 365
)

// MaxTokens is how many tokens one user has at most at the same time, without
// those that have ended.
const MaxTokens = 50

// TokenSecretLength is the length of the secret part of a token.
const TokenSecretLength = 26

const tokenPrefix = "sb_"

// TokenText is what a program sends: sb_<id>_<secret>.
func TokenText(id int64, secret Secret) Secret {
	return Secret(tokenPrefix + strconv.FormatInt(id, 10) + "_" + secret.Reveal())
}

// SplitToken takes apart what TokenText made. ok is false for anything else.
func SplitToken(text Secret) (id int64, secret Secret, ok bool) {
	rest, prefixed := strings.CutPrefix(text.Reveal(), tokenPrefix)
	number, word, two := strings.Cut(rest, "_")
	id, err := strconv.ParseInt(number, 10, 64)
	if !prefixed || !two || err != nil || id < 1 || strconv.FormatInt(id, 10) != number || len(word) != TokenSecretLength {
		return 0, "", false
	}
	return id, Secret(word), true
}

// scopeNames are the scopes of tokens as programs write them.
func scopeNames() []string { return []string{"read", "write", "admin"} }

// String is the scope as programs write it.
func (s Scope) String() string {
	if s < SeeScope || s > FullScope {
		return "none"
	}
	return scopeNames()[s-SeeScope]
}

// ParseScope reads the scope of a token. Errors are Invalid, beside the field
// "scope".
func ParseScope(s string) (Scope, error) {
	i := slices.Index(scopeNames(), s)
	if i < 0 {
		return 0, Mistake("scope", "Choose what the token may do: read, write or admin.")
	}
	return SeeScope + Scope(i), nil
}

// MaxTokenName is the length of a token's name, in characters.
const MaxTokenName = 40

// ParseTokenName reads a token's name as a person typed it. Errors are Invalid,
// beside the field "name".
func ParseTokenName(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	switch {
	case s == "":
		return "", Mistake("name", "Give the token a name, for example that of the program which will use it.")
	case !utf8.ValidString(s), strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return "", Mistake("name", "This name has characters that we cannot read. Type it again.")
	case utf8.RuneCountInString(s) > MaxTokenName:
		return "", Mistake("name", fmt.Sprintf("This name has %d characters; %d is the most.", utf8.RuneCountInString(s), MaxTokenName))
	}
	return s, nil
}

// ParseTokenDays checks for how many days a token is to be good; 0 means
// DefaultTokenDays. Errors are Invalid, beside the field "days".
func ParseTokenDays(days int) (time.Duration, error) {
	if days == 0 {
		days = DefaultTokenDays
	}
	if days < 1 || days > MaxTokenDays {
		return 0, Mistake("days", fmt.Sprintf("A token is good for 1 to %d days.", MaxTokenDays))
	}
	return time.Duration(days) * 24 * time.Hour, nil
}
