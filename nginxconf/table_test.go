package nginxconf

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

// one returns a passing entry of a workload on a port of 10.0.0.1.
func one(app string, port int, labels ...string) entry {
	meta := map[string]string{metaBridge: "seedbed", metaApp: app, metaPort: "0", metaHealth: "passing"}
	for i := 0; i+1 < len(labels); i += 2 {
		meta[labels[i]] = labels[i+1]
	}
	return entry{ID: fmt.Sprintf("%s-%d", app, port), Meta: meta, Address: "10.0.0.1", Port: port}
}

func at(port int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(port))
}

// made makes the table of entries alone.
func made(entries []entry, last table) (table, []refusal) {
	return newTable(view{entries: entries}, last, false)
}

func compare(t *testing.T, got, want any) {
	t.Helper()
	sameAddress := cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
	if diff := cmp.Diff(want, got, sameAddress, cmp.AllowUnexported(refusal{}, entry{})); diff != "" {
		t.Errorf("differs (-want +got):\n%s", diff)
	}
}

func TestNewTable_GathersInstancesOfAWorkload(t *testing.T) {
	sick := one("/sites/wiki", 31002, "domain", "wiki.localhost")
	sick.Meta[metaHealth] = "critical"
	second := one("/sites/wiki", 31009, "domain", "wiki.localhost")
	second.Meta[metaPort] = "1"
	got, refused := made([]entry{
		one("/sites/wiki", 31003, "domain", "wiki.localhost www.example.org"),
		sick,
		one("/sites/wiki", 31001, "domain", "wiki.localhost"),
		second,
		one("/services/postgres", 31004, "SEEDBED_SERVICE_PORT", "5432"),
	}, table{})
	compare(t, refused, []refusal(nil))
	compare(t, got, table{
		Sites:    []site{{Workload: "/sites/wiki", Hosts: []seedbed.HostName{"wiki.localhost", "www.example.org"}, Instances: []netip.AddrPort{at(31001), at(31003)}}},
		Services: []service{{"/services/postgres", 5432, []netip.AddrPort{at(31004)}}},
	})
}

func TestNewTable_LeadsEachServicePortToItsOwnPort(t *testing.T) {
	first := one("/services/rabbitmq", 31001, "SEEDBED_SERVICE_PORT", "8453", "SEEDBED_SERVICE_PORT_1", "8468")
	second := one("/services/rabbitmq", 31002, "SEEDBED_SERVICE_PORT", "8453", "SEEDBED_SERVICE_PORT_1", "8468")
	second.Meta[metaPort] = "1"
	third := one("/services/rabbitmq", 31003, "SEEDBED_SERVICE_PORT", "8453", "SEEDBED_SERVICE_PORT_1", "8468")
	third.Meta[metaPort] = "2" // has no service port
	foreign := one("/services/rabbitmq", 31004, "SEEDBED_SERVICE_PORT", "8453")
	foreign.Meta[metaPort] = "01"
	got, refused := made([]entry{second, third, foreign, first}, table{})
	compare(t, refused, []refusal(nil))
	compare(t, got, table{Services: []service{
		{"/services/rabbitmq", 8453, []netip.AddrPort{at(31001)}},
		{"/services/rabbitmq", 8468, []netip.AddrPort{at(31002)}},
	}})
}

func TestNewTable_KeepsASiteWhoseInstancesAreAllCritical(t *testing.T) {
	sick := one("/sites/wiki", 31002, "domain", "wiki.localhost")
	sick.Meta[metaHealth] = "critical"
	got, _ := made([]entry{sick}, table{})
	compare(t, got, table{Sites: []site{{Workload: "/sites/wiki", Hosts: []seedbed.HostName{"wiki.localhost"}}}})
}

func TestNewTable_NeverMixesWorkloadsOfOneServiceName(t *testing.T) {
	got, refused := made([]entry{
		one("/a-b", 31001, "domain", "one.localhost"),
		one("/a/b", 31002, "domain", "two.localhost"),
	}, table{})
	compare(t, refused, []refusal(nil))
	compare(t, got, table{Sites: []site{
		{Workload: "/a-b", Hosts: []seedbed.HostName{"one.localhost"}, Instances: []netip.AddrPort{at(31001)}},
		{Workload: "/a/b", Hosts: []seedbed.HostName{"two.localhost"}, Instances: []netip.AddrPort{at(31002)}},
	}})
}

func TestNewTable_GivesAHostNameToWhoHadIt(t *testing.T) {
	older := one("/sites/zebra", 31001, "domain", "shared.localhost zebra.localhost")
	newer := one("/sites/ant", 31002, "domain", "shared.localhost ant.localhost")
	before, _ := made([]entry{older}, table{})

	got, refused := made([]entry{older, newer}, before)
	compare(t, got.hostsOf("/sites/zebra"), []seedbed.HostName{"shared.localhost", "zebra.localhost"})
	compare(t, got.hostsOf("/sites/ant"), []seedbed.HostName{"ant.localhost"})
	compare(t, refused, []refusal{
		{"/sites/ant", "shared.localhost is not led here: it belongs to /sites/zebra, which had it first."},
		{"/sites/zebra", "shared.localhost is wanted by /sites/ant as well. It stays here, because this had it first."},
	})

	got, _ = made([]entry{older, newer}, table{})
	compare(t, got.hostsOf("/sites/ant"), []seedbed.HostName{"ant.localhost", "shared.localhost"})

	got, _ = made([]entry{newer}, before)
	compare(t, got.hostsOf("/sites/ant"), []seedbed.HostName{"ant.localhost", "shared.localhost"})
}

func (t table) hostsOf(id seedbed.WorkloadID) []seedbed.HostName {
	for _, s := range t.Sites {
		if s.Workload == id {
			return s.Hosts
		}
	}
	return nil
}

func TestNewTable_GivesAServicePortToOneWorkload(t *testing.T) {
	got, refused := made([]entry{
		one("/services/b", 31001, "SEEDBED_SERVICE_PORT", "5432"),
		one("/services/a", 31002, "SEEDBED_SERVICE_PORT", "5432"),
	}, table{Services: []service{{Workload: "/services/b", Port: 5432}}})
	compare(t, got.Services, []service{{"/services/b", 5432, []netip.AddrPort{at(31001)}}})
	compare(t, refused, []refusal{
		{"/services/a", "The service port 5432 is not led here: it belongs to /services/b, which had it first."},
		{"/services/b", "The service port 5432 is wanted by /services/a as well. It stays here, because this had it first."},
	})
}

// hostileHosts are values of the label "domain" of which none is a host name
// that a site can have.
func hostileHosts(t testing.TB) (all []string) {
	t.Helper()
	for _, value := range hostile(t, "domain") {
		if _, err := readHosts(value, " "); err != nil {
			all = append(all, value)
		}
	}
	return all
}

func TestReadHosts_RefusesWhatIsNoHostName(t *testing.T) {
	for _, s := range hostile(t, "domain") {
		if hosts, err := readHosts(s, " "); err == nil && !slices.Equal(hosts, []seedbed.HostName{"good.localhost"}) {
			t.Errorf("%q is taken as %q", s, hosts)
		}
	}
}

func TestReadHosts_TakesHostNames(t *testing.T) {
	hosts, err := readHosts("  wiki.localhost   WWW.Example.org xn--bcher-kva.example ", " ")
	if err != nil {
		t.Fatal(err)
	}
	compare(t, hosts, []seedbed.HostName{"wiki.localhost", "www.example.org", "xn--bcher-kva.example"})
}

func TestNewTable_LeavesOutOnlyTheBadSite(t *testing.T) {
	for _, bad := range hostileHosts(t) {
		got, refused := made([]entry{
			one("/sites/bad", 31001, "domain", bad),
			one("/sites/good", 31002, "domain", "good.localhost"),
		}, table{})
		compare(t, got, table{Sites: []site{{Workload: "/sites/good", Hosts: []seedbed.HostName{"good.localhost"}, Instances: []netip.AddrPort{at(31002)}}}})
		if len(refused) != 1 || refused[0].workload != "/sites/bad" {
			t.Errorf("%q: refused %v", bad, refused)
		}
	}
}

func TestReadInstance_RefusesAddressesThatAreNoMachine(t *testing.T) {
	for _, address := range []string{"", "example.org", "0.0.0.0", "::", "224.0.0.1", "ff02::1", "169.254.169.254", "fe80::1",
		"fe80::1%eth0", "::ffff:169.254.169.254", "255.255.255.255", "10.0.0.1;", "10.0.0.1 backup", "010.0.0.1"} {
		if got, err := readInstance(address, 80); err == nil {
			t.Errorf("%q is taken as %v", address, got)
		}
	}
	for _, port := range []int{-1, 0, 65536, 1 << 20} {
		if got, err := readInstance("10.0.0.1", port); err == nil {
			t.Errorf("port %d is taken as %v", port, got)
		}
	}
}

func TestReadServicePort_TakesOnlyPortsOfServices(t *testing.T) {
	for _, s := range []string{"80", "1023", "65536", "05432", "+5432", " 5432", "5432;", "x", "-1", "99999999999999999999"} {
		if got, err := readServicePort(s); err == nil {
			t.Errorf("%q is taken as %d", s, got)
		}
	}
	if got, err := readServicePort("5432"); err != nil || got != 5432 {
		t.Errorf("5432 is %d, %v", got, err)
	}
}
