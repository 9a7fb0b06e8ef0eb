package main

import (
	"strings"
	"testing"
)

func TestEngineOptions_AskForAPasswordUnlessOnLoopback(t *testing.T) {
	for name, c := range map[string]struct {
		o    engineOptions
		want string
	}{
		"password":            {engineOptions{listen: "10.0.0.1:8080", password: "x"}, ""},
		"none":                {engineOptions{listen: "127.0.0.1:8080"}, "needs a password"},
		"none, loopback":      {engineOptions{listen: "127.0.0.1:8080", noPassword: true}, ""},
		"none, loopback of 6": {engineOptions{listen: "[::1]:8080", noPassword: true}, ""},
		"none, everywhere":    {engineOptions{listen: "0.0.0.0:8080", noPassword: true}, "only for the loopback"},
		"none, a name":        {engineOptions{listen: "localhost:8080", noPassword: true}, "only for the loopback"},
		"both":                {engineOptions{listen: "127.0.0.1:8080", noPassword: true, password: "x"}, "which of them"},
		"no port":             {engineOptions{listen: "127.0.0.1", password: "x"}, "-engine-listen"},
	} {
		err := c.o.checkPassword()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestPrefixes(t *testing.T) {
	got, err := prefixes("10.0.0.0/24, 192.168.7.7,::1")
	if err != nil || len(got) != 3 || got[1].String() != "192.168.7.7/32" || got[2].String() != "::1/128" {
		t.Errorf("%v %v", got, err)
	}
	if _, err := prefixes("10.0.0.0/24,host"); err == nil {
		t.Error("a name is taken for a network")
	}
}
