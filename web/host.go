package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// refuseForeignHosts answers only to the portal's own names. Another site's
// page can make a name of its own lead to this machine and would then be taken
// for a page of the portal (DNS rebinding); it cannot do so with an address in
// digits or with our names.
func (p *portal) refuseForeignHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isOwnHost(r.Host, p.Domain) {
			http.Error(w, "The portal does not answer to this name. Use the address that Seedbed printed when it was started.", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isOwnHost reports whether a Host header, with a port or without, is an
// address in digits, "localhost", the domain or a name below it.
func isOwnHost(header, domain string) bool {
	host, _, err := net.SplitHostPort(header)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(header, "["), "]")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	host, domain = strings.ToLower(strings.TrimSuffix(host, ".")), strings.ToLower(domain)
	return host == "localhost" || host == domain || strings.HasSuffix(host, "."+domain)
}
