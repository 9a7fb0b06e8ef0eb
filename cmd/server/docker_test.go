package main

import (
	"os"
	"slices"
	"testing"

	"seedbed"
)

func TestDockers_StaysWithTheOneThatWasUsed(t *testing.T) {
	c := config{Dir: t.TempDir()}
	t.Setenv("DOCKER_HOST", "")
	if got, err := c.dockers(); err != nil || len(got) != 2 {
		t.Errorf("at first it looks at %v (%v), want its own and the machine's", got, err)
	}
	if err := c.rememberDocker("unix:///one.sock"); err != nil {
		t.Fatal(err)
	}
	if got, err := c.dockers(); err != nil || !slices.Equal(got, []string{"unix:///one.sock"}) {
		t.Errorf("later it looks at %v (%v), want only the one that was used", got, err)
	}
	t.Setenv("DOCKER_HOST", "unix:///two.sock")
	if _, err := c.dockers(); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("another DOCKER_HOST gives %v, want a conflict", err)
	}
	if err := os.Remove(c.dockerFile()); err != nil {
		t.Fatal(err)
	}
	if got, err := c.dockers(); err != nil || !slices.Equal(got, []string{"unix:///two.sock"}) {
		t.Errorf("after the move it looks at %v (%v)", got, err)
	}
}

func TestOwnDocker_SocketsFitIntoAnyFolder(t *testing.T) {
	for _, dir := range []string{"/v", "/a/very/long/folder/that/somebody/has/made/for/reasons/of/their/own/and/put/the/checkout/into/var/docker"} {
		if got := len(ownDocker{dir}.run() + "/containerd/containerd-debug.sock"); got > 107 {
			t.Errorf("in %s a socket's name has %d bytes", dir, got)
		}
	}
}

func TestParseConfig(t *testing.T) {
	t.Setenv("SEEDBED_PORT", "9000")
	c, err := parseConfig("serve", nil)
	if err != nil || c.siteAddress() != "127.0.0.1:9080" || c.portalURL() != "http://localhost:9000" {
		t.Errorf("with SEEDBED_PORT=9000: %+v, %v", c, err)
	}
	if c, err = parseConfig("serve", []string{"-port", "9500", "-domain", "example.org"}); err != nil || c.siteURL("a.example.org") != "http://a.example.org:9580" {
		t.Errorf("a flag does not win over the environment: %+v, %v", c, err)
	}
	if c, err = parseConfig("serve", []string{"-site-port", "80", "-domain", "example.org"}); err != nil || c.siteURL("a.example.org") != "http://a.example.org" || c.siteAddress() != "127.0.0.1:80" {
		t.Errorf("with a port of its own for sites: %+v, %v", c, err)
	}
	for _, wrong := range [][]string{{"-port", "80"}, {"-port", "x"}, {"-port", "65530"}, {"-site-port", "0"}, {"-site-port", "x"}, {"-listen", "localhost"}, {"-domain", "a;b"}, {"-task-ports", "9-5"}, {"-task-ports", "x"}, {"more"}} {
		if _, err := parseConfig("serve", wrong); err == nil {
			t.Errorf("%v is accepted", wrong)
		}
	}
}
