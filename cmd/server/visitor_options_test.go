package main

import (
	"net/netip"
	"slices"
	"testing"

	"seedbed/nginxconf"
)

func TestVisitorOptions_ReadNetworks(t *testing.T) {
	t.Setenv("SEEDBED_TRUSTED_PROXIES", "10.0.0.9,fd00::/8")
	c, err := parseConfig("serve", []string{"-page-language", "sw", "-read-labels"})
	if err != nil {
		t.Fatal(err)
	}
	r := c.forVisitors(nginxconf.Config{})
	if want := []netip.Prefix{netip.MustParsePrefix("10.0.0.9/32"), netip.MustParsePrefix("fd00::/8")}; !slices.Equal(r.TrustedProxies, want) || r.Inside != nil || !r.ReadLabels || r.Language != "sw" {
		t.Errorf("read as %+v", r)
	}
	for _, bad := range []string{"10.0.0.0/33", "proxy.example.org", "10.0.0.9;"} {
		if _, err := parseConfig("serve", []string{"-inside-networks", bad}); err == nil {
			t.Errorf("%q is taken for a network", bad)
		}
	}
}
