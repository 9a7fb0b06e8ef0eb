package certs

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/net/publicsuffix"

	"seedbed"
)

const (
	routePatience = 10 * time.Second // for one address
	maxAddresses  = 8
)

// route tests whether a host name leads visitors to this installation, in the
// way in which an authority does. An authority counts each proof that it does
// not find, and we do not.
type route struct {
	Authority
	lookup     func(context.Context, seedbed.HostName) ([]netip.Addr, error)
	challenges *challenges
	random     io.Reader
}

// check returns nil if every address of the host name leads here, and else a
// setback whose sentence says what to do.
func (r route) check(ctx context.Context, name seedbed.HostName) error {
	if !r.private() && !isPublic(name) {
		return &setback{message: fmt.Sprintf("No public authority certifies %s, because it is in no domain of the internet. Give the site an address in a domain of yours, or upload a certificate.", name)}
	}
	if r.TrustRoute {
		return nil
	}
	addresses, err := r.addresses(ctx, name)
	if err != nil {
		return err
	}
	token, err := newToken(r.random)
	if err != nil {
		return err
	}
	answer, err := newToken(r.random)
	if err != nil {
		return err
	}
	r.challenges.put(name, token, answer)
	defer r.challenges.take(name, token)
	return r.checkAll(ctx, name, addresses, token, answer)
}

// isPublic reports whether a name is below one that the internet's registries
// give away.
func isPublic(name seedbed.HostName) bool {
	suffix, registry := publicsuffix.PublicSuffix(string(name))
	return (registry || strings.Contains(suffix, ".")) && suffix != string(name)
}

func (r route) addresses(ctx context.Context, name seedbed.HostName) ([]netip.Addr, error) {
	ctx, cancel := context.WithTimeout(ctx, routePatience)
	defer cancel()
	addresses, err := r.lookup(ctx, name)
	var dns *net.DNSError
	switch {
	case err != nil && (!errors.As(err, &dns) || !dns.IsNotFound):
		return nil, &setback{message: "The DNS does not say where " + string(name) + " leads. It is asked again.", err: err}
	case len(addresses) == 0:
		return nil, &setback{message: string(name) + " has no address in the DNS yet. Whoever looks after its domain adds a record that leads it to this installation.", err: err}
	case len(addresses) > maxAddresses:
		return nil, &setback{message: fmt.Sprintf("%s has %d addresses in the DNS; %d is the most.", name, len(addresses), maxAddresses)}
	}
	for i, a := range addresses {
		if addresses[i] = a.Unmap(); !r.private() && isInside(a.Unmap()) {
			return nil, &setback{message: fmt.Sprintf("%s leads to %s, which is not reached from the internet, so no public authority can certify it.", name, a.Unmap())}
		}
	}
	return addresses, nil
}

// newToken is a word that nobody can guess.
func newToken(random io.Reader) (string, error) {
	word := make([]byte, 20)
	if _, err := io.ReadFull(random, word); err != nil {
		return "", fmt.Errorf("make a word for the test of a route: %w", err)
	}
	return hex.EncodeToString(word), nil
}

func isInside(a netip.Addr) bool { return !a.IsGlobalUnicast() || a.IsPrivate() }

// checkAll asks at every address. One of a kind that this machine has no way to
// does not count, if another was proved.
func (r route) checkAll(ctx context.Context, name seedbed.HostName, addresses []netip.Addr, token, answer string) error {
	var noWay error
	proved := 0
	for _, a := range addresses {
		err := r.checkOne(ctx, name, a, token, answer)
		switch {
		case err == nil:
			proved++
		case errors.Is(err, syscall.ENETUNREACH) || errors.Is(err, syscall.EADDRNOTAVAIL):
			noWay = err
		default:
			return err
		}
	}
	if proved == 0 {
		return noWay
	}
	return nil
}

func (r route) checkOne(ctx context.Context, name seedbed.HostName, at netip.Addr, token, answer string) error {
	got, err := r.ask(ctx, name, at, token)
	switch {
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return &setback{err: err, message: fmt.Sprintf("%s leads to %s, and nothing answers there at port %d. If that is this installation, open the port to the internet; else change the record in the DNS.", name, at, r.Port)}
	case got != answer:
		return &setback{message: fmt.Sprintf("%s does not lead to this installation: its address is %s. Whoever looks after its domain changes that in the DNS.", name, at)}
	}
	return nil
}

// ask asks one address as an authority would, but follows nothing.
func (r route) ask(ctx context.Context, name seedbed.HostName, at netip.Addr, token string) (string, error) {
	address := netip.AddrPortFrom(at, uint16(r.Port)).String()
	client := http.Client{
		Timeout:       routePatience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DisableKeepAlives: true, MaxResponseHeaderBytes: 16 << 10,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, address)
			},
		},
	}
	host := string(name)
	if r.Port != 80 {
		host = net.JoinHostPort(host, strconv.Itoa(r.Port))
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+challengePath+token, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	return string(body), err
}

// lookup asks the DNS as this machine does.
func lookup(ctx context.Context, name seedbed.HostName) ([]netip.Addr, error) {
	return (&net.Resolver{PreferGo: true}).LookupNetIP(ctx, "ip", string(name)+".") // the dot: no search list
}
