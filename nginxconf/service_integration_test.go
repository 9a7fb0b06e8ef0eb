//go:build integration

package nginxconf_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"seedbed"
)

func TestRouter_LeadsToASharedService(t *testing.T) {
	w := newWorld(t)
	first, second := echo(t, "first"), echo(t, "second")
	service := func(id string, port int) seedbed.Instance {
		return seedbed.Instance{ID: id, Workload: "/services/postgres", Host: "127.0.0.1", Ports: []int{port}, Healthy: true,
			Labels: map[string]string{"SEEDBED_SERVICE_PORT": strconv.Itoa(w.servicePort)}}
	}
	says := func(word string) func() string {
		return func() string {
			if got := call(w.servicePort); got != word {
				return "the port says " + got
			}
			return ""
		}
	}
	w.engine.set(service("postgres.1", first))
	eventually(t, "led to the service", func() string {
		if routes, err := w.router.Routes(t.Context()); err != nil || routes.Ports[w.servicePort].Instances != 1 {
			return fmt.Sprint(routes, err)
		}
		return says("first")()
	})
	w.engine.set(service("postgres.2", second))
	eventually(t, "led to the new one", says("second"))

	sick := service("postgres.2", second)
	sick.Healthy = false
	w.engine.set(sick)
	eventually(t, "refused", func() string {
		routes, err := w.router.Routes(t.Context())
		if route, known := routes.Ports[w.servicePort]; err != nil || !known || route.Instances != 0 {
			return fmt.Sprint(routes, err)
		}
		return says("nothing")()
	})
}

func TestRouter_OpensAServicePortOnceItIsFree(t *testing.T) {
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(w.servicePort))
	if err != nil {
		t.Fatal(err)
	}
	_, port := backend(t, "the wiki")
	w.engine.set(
		instance("wiki.1", "/sites/wiki", "wiki.localhost", port),
		seedbed.Instance{ID: "p.1", Workload: "/services/postgres", Host: "127.0.0.1", Ports: []int{echo(t, "open")}, Healthy: true,
			Labels: map[string]string{"SEEDBED_SERVICE_PORT": strconv.Itoa(w.servicePort)}},
	)
	eventually(t, "others are served", w.answers("wiki.localhost", "the wiki"))
	eventually(t, "the port is named", func() string {
		if err := w.router.Check(t.Context()); strings.Contains(seedbed.MessageOf(err), strconv.Itoa(w.servicePort)+" is in use by another program") {
			return ""
		}
		return "Check does not name it"
	})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "opened", func() string {
		if got := call(w.servicePort); got != "open" {
			return got
		}
		return ""
	})
}

func TestRouter_KeepsServicePortsOpenWhileNobodyKnowsTheirAddress(t *testing.T) {
	w := newWorld(t)
	service := func(id, word string) seedbed.Instance {
		return seedbed.Instance{ID: id, Workload: "/services/postgres", Host: "127.0.0.1", Ports: []int{echo(t, word)}, Healthy: true,
			Labels: map[string]string{"SEEDBED_SERVICE_PORT": strconv.Itoa(w.servicePort)}}
	}
	says := func(word string) func() string {
		return func() string {
			if got := call(w.servicePort); got != word {
				return "the port says " + got
			}
			return ""
		}
	}
	w.engine.set(service("postgres.1", "first"))
	eventually(t, "led to the service", says("first"))
	w.config.ServiceAddr = func(context.Context) (netip.Addr, error) { return netip.Addr{}, errors.New("Docker is away") }
	for _, word := range []string{"second", "third"} { // what the first restart wrote must do for another one
		w.stopRouter()
		w.startRouter()
		if why := says(map[string]string{"second": "first", "third": "second"}[word])(); why != "" {
			t.Error("after the restart", why)
		}
		w.engine.set(service("postgres."+word, word))
		eventually(t, "led to the new one", says(word))
	}
}

// echo is a service that says a word to who calls.
func echo(t *testing.T, word string) (port int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(conn, word)
			conn.Close()
		}
	}()
	return l.Addr().(*net.TCPAddr).Port
}

// call connects to a port and returns what is said there.
func call(port int) string {
	conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", "127.0.0.1:"+strconv.Itoa(port))
	if err != nil {
		return "nothing"
	}
	defer conn.Close()
	text, err := io.ReadAll(conn)
	if err != nil || len(text) == 0 {
		return "nothing"
	}
	return string(text)
}
