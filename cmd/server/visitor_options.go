package main

import (
	"flag"
	"fmt"
	"net/netip"

	"seedbed/nginxconf"
)

// visitorOptions say what holds for visitors of all sites. They are texts until
// they are read, because they may come from the environment.
type visitorOptions struct {
	proxies, networks, language string
	labels                      bool

	trusted, inside []netip.Prefix
}

func (o *visitorOptions) flags(f *flag.FlagSet) {
	textFlag(f, &o.proxies, "trusted-proxies", "", "addresses or networks of proxies before nginx, which are believed where visitors come from: 10.0.0.9,10.1.0.0/24")
	textFlag(f, &o.networks, "inside-networks", "", "networks from which visitors come to sites that are for people inside (default: all private ones)")
	textFlag(f, &o.language, "page-language", "en", "language of the pages that visitors get in place of a site: en, fr, pt or sw")
	f.BoolVar(&o.labels, "read-labels", fromEnv("read-labels", "") == "1", "lead visitors to apps of other programs by their labels for HAProxy and Traefik too")
}

func (o *visitorOptions) read() (err error) {
	if o.trusted, err = readNetworks("trusted-proxies", o.proxies); err != nil {
		return err
	}
	o.inside, err = readNetworks("inside-networks", o.networks)
	return err
}

// readNetworks reads addresses and networks; an address is a network of one.
func readNetworks(option, text string) (all []netip.Prefix, _ error) {
	for _, one := range words(text) {
		if addr, err := netip.ParseAddr(one); err == nil {
			all = append(all, netip.PrefixFrom(addr.WithZone(""), addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(one)
		if err != nil {
			return nil, fmt.Errorf("-%s: %q is neither an address nor a network such as 10.1.0.0/24", option, one)
		}
		all = append(all, prefix)
	}
	return all, nil
}

// forVisitors adds to a router's configuration what holds for visitors.
func (o visitorOptions) forVisitors(c nginxconf.Config) nginxconf.Config {
	c.TrustedProxies, c.Inside, c.ReadLabels, c.Language = o.trusted, o.inside, o.labels, o.language
	return c
}
