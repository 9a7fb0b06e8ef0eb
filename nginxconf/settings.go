package nginxconf

import (
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"seedbed"
)

// privateNetworks are those of this machine and of RFC 1918, 6598 (carriers'),
// 4193 and link-local addresses.
func privateNetworks() (all []netip.Prefix) {
	for _, s := range []string{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"} {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}

// fixedSettings reads what the operator has decided, besides the addresses.
func (c Config) fixedSettings() (s settings, err error) {
	if !isLanguage(c.Language) {
		return s, fmt.Errorf("there are no pages in the language %q; there are %s", c.Language, strings.Join(languages, ", "))
	}
	s.language = c.Language
	if s.trusted, err = networksOf(c.TrustedProxies); err != nil {
		return s, fmt.Errorf("read the networks of trusted proxies: %w", err)
	}
	if s.inside, err = networksOf(c.Inside); err != nil {
		return s, fmt.Errorf("read the networks inside: %w", err)
	}
	if c.ChallengeAddr != "" {
		if s.challenges, err = netip.ParseAddrPort(c.ChallengeAddr); err != nil {
			return s, fmt.Errorf("read the address that answers challenges: %w", err)
		}
	}
	return s, c.readTLS(&s)
}

func (c Config) readTLS(s *settings) (err error) {
	if c.ListenTLS == "" {
		return nil
	}
	if s.tls, err = netip.ParseAddrPort(c.ListenTLS); err != nil {
		return fmt.Errorf("read the address of HTTPS: %w", err)
	}
	if s.certDir, err = filepath.Abs(c.CertDir); err != nil || c.CertDir == "" || strings.ContainsFunc(s.certDir, notInPath) {
		return errors.Join(err, fmt.Errorf("the folder of certificates cannot be %q", c.CertDir))
	}
	return nil
}

// networksOf puts networks in order. nginx refuses one that has bits behind its
// length, and one that comes twice.
func networksOf(all []netip.Prefix) (tidy []netip.Prefix, _ error) {
	for _, p := range all {
		if !p.IsValid() {
			return nil, errors.New("one of them is none")
		}
		tidy = append(tidy, p.Masked())
	}
	slices.SortFunc(tidy, func(a, b netip.Prefix) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(tidy), nil
}

var baseForm = regexp.MustCompile(`^[a-z0-9-]{1,128}$`)

// settings are those of a configuration of a table now: certificates of hosts
// that are not in it are left out.
func (r *Router) settings(t table) settings {
	s := r.nginx.settings()
	if !s.tls.IsValid() || r.Certificates == nil {
		return s
	}
	all := r.Certificates()
	s.certificates = map[seedbed.HostName]string{}
	for host := range t.hosts() {
		if base, has := all[host]; has && baseForm.MatchString(base) {
			s.certificates[host] = base
		}
	}
	return s
}

// hosts are all host names of a table.
func (t table) hosts() map[seedbed.HostName]bool {
	all := map[seedbed.HostName]bool{}
	for _, s := range t.served() {
		for _, host := range s.Hosts {
			all[host] = true
		}
		for _, p := range s.Below {
			all[p.Host] = true
		}
	}
	return all
}
