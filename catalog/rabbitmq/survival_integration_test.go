//go:build integration

package rabbitmq_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"seedbed"
	"seedbed/catalog/images/imagestest"
	"seedbed/catalog/rabbitmq"
)

// filled is how many queues a site has.
const filled = 20

// survive kills the server, which takes long to start, and so not often.
func survive(t *testing.T, c *imagestest.Container, e seedbed.Endpoint) {
	b := binding("s20-lasting")
	must(t, rabbitmq.New().Ensure(t.Context(), e, b))
	_, ch := mustOpen(t, e, b)
	queue(t, ch, "mail")
	put(t, ch, "mail", "kept")
	survival := imagestest.Survival{
		Kind: rabbitmq.New(), Server: c, Password: adminPassword, Rounds: 3,
		Fill: func(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) {
			_, ch := mustOpen(t, e, b)
			for n := range filled {
				queue(t, ch, fmt.Sprint("q", n))
			}
		},
		Filled: func(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) {
			conn, _ := mustOpen(t, e, b)
			for n := range filled {
				if _, err := waiting(t, conn, fmt.Sprint("q", n)); err != nil {
					t.Fatalf("%s has no queue %d: %v", b.Name, n, err)
				}
			}
			conn.Close()
		},
		Parts: parts,
	}
	survival.Run(t)
	conn, _ := mustOpen(t, waitForServer(t, c), b)
	if n, err := waiting(t, conn, "mail"); n != 1 || err != nil {
		t.Errorf("a message that was confirmed is lost: %d, %v", n, err)
	}
	c.MustStop(25 * time.Second)
}

// parts lists the virtual hosts, users, rights and queues of sites.
func parts(t *testing.T, e seedbed.Endpoint) (all []string) {
	t.Helper()
	for _, what := range []string{"vhosts", "users", "permissions", "queues"} {
		for _, one := range list(t, e, what) {
			if name := one.Name + one.User + " " + one.VHost; regexp.MustCompile(`s[0-9]`).MatchString(name) {
				all = append(all, what+" "+name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// part is one of the things that the management API lists.
type part struct {
	Name  string `json:"name"`
	User  string `json:"user"`
	VHost string `json:"vhost"`
}

func list(t *testing.T, e seedbed.Endpoint, what string) (parts []part) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+net.JoinHostPort(e.Host, strconv.Itoa(e.AdminPort))+"/api/"+what, nil)
	must(t, err)
	request.SetBasicAuth("seedbed", adminPassword)
	answer, err := http.DefaultClient.Do(request)
	must(t, err)
	defer answer.Body.Close()
	must(t, json.NewDecoder(answer.Body).Decode(&parts))
	return parts
}
