package seedbed_test

import (
	"strings"
	"testing"

	"seedbed"
)

func TestSecret_IsNeverPrinted(t *testing.T) {
	s := struct{ Password seedbed.Secret }{"hunter2"}
	for _, text := range []string{sprint("%v", s), sprint("%+v", s), sprint("%#v", s), sprint("%s", s.Password), sprint("%q", s.Password), sprint("%x", s.Password), asJSON(t, s), asLog(s.Password)} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "68756e746572") {
			t.Errorf("the secret is in %q", text)
		}
	}
}
