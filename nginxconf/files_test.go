package nginxconf

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"testing"
)

func TestRouter_RemembersTheAddressOfTheServicePorts(t *testing.T) {
	first := newTestRouter(t, "127.0.0.1:1")
	first.ServiceAddr = func(context.Context) (netip.Addr, error) { return netip.MustParseAddr("127.0.0.1"), nil }
	if _, err := first.findServiceAddr(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(first.nginx.temp) })
	if err := errors.Join(first.makeDirs(), first.stage(configuration{generation: "one"}), first.link(currentLink, "one")); err != nil {
		t.Fatal(err)
	}
	next := newTestRouter(t, "127.0.0.1:1")
	next.Dir = first.Dir
	next.ServiceAddr = func(context.Context) (netip.Addr, error) { return netip.Addr{}, errors.New("Docker is away") }
	if addr, err := next.findServiceAddr(t.Context()); err == nil {
		t.Errorf("without a memory the address is %v", addr)
	}
	next.restore()
	if addr, err := next.findServiceAddr(t.Context()); err != nil || addr.String() != "127.0.0.1" {
		t.Errorf("with it, it is %v, %v", addr, err)
	}
}

func TestRouter_DoesNotUseARememberedAddressThatIsNotHere(t *testing.T) {
	r := newTestRouter(t, "127.0.0.1:1")
	r.serviceAddr = netip.MustParseAddr("192.0.2.1") // is nobody's: RFC 5737
	r.ServiceAddr = func(context.Context) (netip.Addr, error) { return netip.Addr{}, errors.New("Docker is away") }
	if addr, err := r.findServiceAddr(t.Context()); err == nil {
		t.Errorf("the address is %v", addr)
	}
}
