//go:build integration

package certs

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"

	"seedbed"
)

// runJob is what this program does where it is started as a process that is to
// be killed: it keeps certificates.
func runJob(job string) int {
	args := strings.Split(job, "\n")
	c := Config{Dir: args[1], Source: OwnCA, Domains: []seedbed.HostName{"sites.example.org"}, Log: slog.New(slog.DiscardHandler)}
	hosts := jobHosts()
	if args[0] == "acme" {
		ca, err := os.ReadFile(args[3])
		if err != nil {
			return 1
		}
		c.Source, c.Authority, c.Lookup = ACME, Authority{Directory: args[2], Email: "ops@example.org", CA: ca, Port: portOf(args[4])}, world{dns: args[5]}.lookup
		hosts = wants("killed.example.org")
	}
	k, err := New(c)
	if err != nil {
		return 1
	}
	if args[0] == "acme" {
		go func() { _ = http.ListenAndServe(args[4], k.Challenges()) }()
	}
	k.Want(hosts)
	if k.Run(context.Background()) != nil {
		return 1
	}
	return 0
}

func jobHosts() map[seedbed.HostName]Source {
	hosts := map[seedbed.HostName]Source{}
	for i := range 60 {
		hosts[seedbed.HostName(fmt.Sprintf("s%d.sites.example.org", i))] = Usual
	}
	return hosts
}

func portOf(address string) (port int) {
	_, _ = fmt.Sscanf(address, "127.0.0.1:%d", &port)
	return port
}
