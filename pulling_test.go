package seedbed_test

import (
	"testing"

	"seedbed"
)

func TestPulling_SaysHowFarItIs(t *testing.T) {
	for want, p := range map[string]seedbed.Pulling{
		"Its image is being fetched.":                {},
		"Its image is being fetched: 143 of 210 MB.": {Current: 143_900_000, Total: 209_100_000},
		"Its image is being fetched: 0 of 1 MB.":     {Current: 900, Total: 1000},
		"Its image is being fetched: 210 of 210 MB.": {Current: 210_000_000, Total: 210_000_000},
	} {
		if got := p.Sentence(); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
}
