package control

import (
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"seedbed"
)

// hostForm reads host names in any script, as registries take them (RFC 5891).
var hostForm = idna.New(
	idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(true), idna.ValidateLabels(true),
	idna.CheckHyphens(true), idna.CheckJoiners(true), idna.BidiRule(), idna.VerifyDNSLength(true))

// privateEnds are what no name in the public DNS ends with, besides names that
// would lead a machine to itself (RFC 6761, RFC 6762, RFC 7686).
var privateEnds = []string{"localhost", "internal", "local", "invalid", "onion", "consul", "arpa"}

// readHost reads a host name as a person typed it, in any script, and returns it
// as DNS has it: "müller.example" becomes "xn--mller-kva.example". Names of the
// installation's domain are refused: they are made from the names of sites.
// Errors are Invalid, beside the field "hosts".
func (c *Control) readHost(text string) (seedbed.HostName, error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), ".")
	if strings.ContainsAny(text, "/:?#@*") {
		return "", wrongHost(text, "is more than a name. Write the name alone, for example “wiki.example.org”.")
	}
	plain, err := hostForm.ToASCII(text)
	if err != nil || plain == "" {
		return "", wrongHost(text, "is no host name. One looks like “wiki.example.org”.")
	}
	host, err := seedbed.ParseHostName(plain)
	if err != nil {
		return "", wrongHost(text, "is no host name. One looks like “wiki.example.org”.")
	}
	return host, c.checkHost(host)
}

// checkHost refuses names that no site may have.
func (c *Control) checkHost(host seedbed.HostName) error {
	name := string(host)
	last := name[strings.LastIndexByte(name, '.')+1:]
	_, notNumber := netip.ParseAddr(name)
	switch {
	case name == c.domain, strings.HasSuffix(name, "."+c.domain):
		return wrongHost(name, "ends with “"+c.domain+"”. Names there are made from the names of sites, one for each.")
	case notNumber == nil, strings.Trim(last, "0123456789") == "":
		return wrongHost(name, "is a number, and visitors come by a name.")
	case !strings.Contains(name, "."):
		return wrongHost(name, "has one part only. A name has at least two, as in “wiki.example.org”.")
	case strings.HasSuffix(c.domain, "."+name):
		return wrongHost(name, "belongs to the installation itself.")
	}
	for _, end := range privateEnds {
		if last == end {
			return wrongHost(name, "ends with “."+end+"”, where no names are given out.")
		}
	}
	return nil
}

func wrongHost(text, why string) error {
	const most = 80
	if r := []rune(text); len(r) > most {
		text = string(r[:most]) + "…"
	}
	return seedbed.Mistake("hosts", "“"+text+"” "+why)
}

// HostShown is a host name as people read it: in its own script.
func HostShown(host seedbed.HostName) string {
	shown, err := idna.Display.ToUnicode(string(host))
	if err != nil {
		return string(host)
	}
	return shown
}
