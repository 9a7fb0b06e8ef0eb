package fetcher

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

const (
	connectPatience = 30 * time.Second
	headPatience    = time.Minute
	maxRedirects    = 5
)

// errPrivate does not say which address it was: that is not for everyone to know.
var errPrivate = errors.New("its host is in a private network; the engine's operator can allow it with -fetch-allow")

// get asks for a file. Whoever sends it elsewhere is followed a few times.
func (f *Fetcher) get(ctx context.Context, u *url.URL, left *budget) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New("the address has invalid syntax")
	}
	res, err := f.client.Do(req)
	if err != nil {
		return nil, withoutAddress(err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("the server answered %s", res.Status), res.Body.Close())
	}
	if err := left.takes(res.ContentLength); err != nil {
		return nil, errors.Join(err, res.Body.Close())
	}
	return res.Body, nil
}

// withoutAddress takes the address off an error of net/http, for it may hold
// what is secret.
func withoutAddress(err error) error {
	var about *url.Error
	if errors.Is(err, errPrivate) {
		return errPrivate
	}
	if errors.As(err, &about) {
		return about.Err
	}
	return err
}

// newClient returns a client that connects only where it may. It asks no proxy,
// for then the proxy would choose the address.
func newClient(may *allowed) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:           may.dial,
			TLSHandshakeTimeout:   connectPatience,
			ResponseHeaderTimeout: headPatience,
			DisableKeepAlives:     true,
			DisableCompression:    true, // an archive is to come as it is
		},
		CheckRedirect: func(next *http.Request, before []*http.Request) error {
			switch {
			case len(before) > maxRedirects:
				return errors.New("the server sends it from place to place")
			case next.URL.Scheme != "http" && next.URL.Scheme != "https":
				return fmt.Errorf("the server sends it to a %q address", next.URL.Scheme)
			}
			next.Header.Del("Referer") // it has the address with its query
			return nil
		},
	}
}

// allowed are the hosts that may be asked besides those of the internet.
type allowed struct {
	names    []string
	networks []netip.Prefix
}

func newAllowed(list []string) (*allowed, error) {
	a := &allowed{}
	for _, one := range list {
		if p, err := netip.ParsePrefix(one); err == nil {
			a.networks = append(a.networks, p.Masked())
		} else if addr, err := netip.ParseAddr(one); err == nil {
			a.networks = append(a.networks, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
		} else if one == "" || strings.ContainsAny(one, "/:@ ") {
			return nil, fmt.Errorf("%q is neither a host nor a network such as 10.0.0.0/24", one)
		} else {
			a.names = append(a.names, strings.ToLower(one))
		}
	}
	return a, nil
}

// dial connects to a host. Unless its name is trusted, each address is looked at
// just before it is connected to: what the name has led to before says nothing.
func (a *allowed) dial(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: connectPatience}
	if host, _, err := net.SplitHostPort(address); err != nil || !slices.Contains(a.names, strings.ToLower(host)) {
		dialer.Control = a.control
	}
	return dialer.DialContext(ctx, network, address)
}

func (a *allowed) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !a.may(to.Addr()) {
		return errPrivate
	}
	return nil
}

func (a *allowed) may(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return isPublic(addr) || slices.ContainsFunc(a.networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// notPublic are networks, by IANA's registries of special addresses, that are not
// the internet, or through which others are reached.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("100::/64"),
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("fec0::/10"), netip.MustParsePrefix("::/96"),
}

func isPublic(addr netip.Addr) bool {
	return addr.IsGlobalUnicast() && !addr.IsPrivate() && !addr.IsLinkLocalUnicast() &&
		!slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(addr) })
}
