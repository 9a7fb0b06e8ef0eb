package templates

import (
	"time"

	"seedbed"
)

func tokenExhibits(f Frame) []exhibit {
	good := Form{Values: map[string]string{"scope": "read", "days": "90"}}
	wrong := Form{Values: map[string]string{"name": hostile}, Mistakes: []Mistake{{"name", "This name has 52 characters; 40 is the most."}, {"scope", "Choose what the token may do: read, write or admin."}}}
	laptop := seedbed.Token{ID: 3, Name: "my laptop", Scope: seedbed.FullScope, Created: before(time.Hour), Expires: now().Add(90 * 24 * time.Hour), Used: before(time.Minute)}
	ended := seedbed.Token{ID: 2, Name: long, Scope: seedbed.SeeScope, Created: before(900 * time.Hour), Expires: before(time.Hour)}
	other := seedbed.Token{ID: 1, Name: hostile, Scope: seedbed.ChangeScope, ProjectID: 1, Project: "maternal-health", Created: before(time.Hour), Expires: now().Add(time.Hour)}
	return []exhibit{
		{"tokens", Tokens(f, TokensPage{Tokens: []seedbed.Token{laptop, ended, other}, Projects: []seedbed.Project{{Name: "main", Title: "Main"}, {Name: "other", Title: hostile}}, Form: good})},
		{"tokens-none", Tokens(f, TokensPage{Form: good})},
		{"tokens-wrong", Tokens(f, TokensPage{Tokens: []seedbed.Token{laptop}, Form: wrong})},
		{"token-once", TokenOnce(f, TokenOncePage{Token: laptop, Text: "sb_3_ABCDEFGHIJKLMNOPQRSTUVWXYZ"})},
	}
}
