//go:build integration

package nginxconf

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"seedbed"
)

// BenchmarkConfiguration tells what a reload costs with this package's
// configuration, and, in the same run, with the usual one of an upstream and a
// server block for each site: testing it, HUP until it is served, and the memory
// of master and one worker.
//
//	go test -tags integration -run '^$' -bench Configuration -benchtime 3x ./nginxconf
func BenchmarkConfiguration(b *testing.B) {
	for _, n := range []int{100, 500, 1000, 5000} {
		for _, shape := range []string{"ours", "upstreams", "blocks"} {
			b.Run(fmt.Sprintf("%s/%d", shape, n), func(b *testing.B) { benchConfiguration(b, n, shape) })
		}
	}
}

func benchConfiguration(b *testing.B, n int, shape string) {
	dir := filepath.Join(b.TempDir(), "nginx")
	for at := filepath.Dir(dir); strings.Contains(at, "Benchmark"); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o711); err != nil {
			b.Fatal(err)
		}
	}
	r, err := New(Config{Dir: dir, ConsulAddr: "127.0.0.1:1", Listen: freeAddress(b), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := r.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	}()
	if err := r.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	var generated, tested, served time.Duration
	round := 0
	for b.Loop() {
		round++
		start := time.Now()
		c := benchText(b, r, n, shape, round)
		generated += time.Since(start)
		start = time.Now()
		if err := r.stage(c); err != nil {
			b.Fatal(err)
		}
		if err := r.nginx.test(b.Context(), r.generationFile(c.generation)); err != nil {
			b.Fatal(err)
		}
		tested += time.Since(start)
		start = time.Now()
		if err := r.bringUp(b.Context(), c.generation); err != nil {
			b.Fatal(err)
		}
		served += time.Since(start)
	}
	b.ReportMetric(float64(generated.Milliseconds())/float64(round), "ms-generate")
	b.ReportMetric(float64(tested.Milliseconds())/float64(round), "ms-test")
	b.ReportMetric(float64(served.Milliseconds())/float64(round), "ms-until-served")
	b.ReportMetric(float64(memory(b, r.nginx.pid()))/1024, "MB-master")
	b.ReportMetric(float64(memory(b, r.nginx.workers()[0].ID()))/1024, "MB-worker")
}

// benchText is a configuration of n sites with two names and one instance each.
// Each round another one has moved.
func benchText(b *testing.B, r *Router, n int, shape string, round int) configuration {
	t := table{}
	for i := range n {
		at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), uint16(31000+(i+round)%1000))
		s := site{Workload: seedbed.WorkloadID(fmt.Sprintf("/sites/s%d", i)), Instances: []netip.AddrPort{at},
			Hosts: []seedbed.HostName{seedbed.HostName(fmt.Sprintf("s%d.example.org", i)), seedbed.HostName(fmt.Sprintf("s%d.localhost", i))}}
		if shape == "upstreams" {
			s.Instances = append(s.Instances, netip.AddrPortFrom(at.Addr(), 30999))
		}
		t.Sites = append(t.Sites, s)
	}
	if shape != "blocks" {
		c, err := generate(t, r.nginx.settings(), nil)
		if err != nil {
			b.Fatal(err)
		}
		return c
	}
	c, err := generate(table{}, r.nginx.settings(), nil)
	if err != nil {
		b.Fatal(err)
	}
	return withBlocks(b, c, t, r.nginx.settings(), round)
}

// withBlocks is the usual shape: an upstream and a server block for each site,
// with the same directives for visitors.
func withBlocks(b *testing.B, c configuration, t table, s settings, round int) configuration {
	generation := fmt.Sprintf("%032x", round)
	all := mainDirectives(table{}, s, nil)
	var blocks []directive
	for _, one := range t.served() {
		one.to = "site_" + one.id
		block := siteServer(usualProfile, s, []directive{words("server_name", string(one.Hosts[0]), string(one.Hosts[1]))})
		blocks = append(blocks, siteUpstreamOf(one), block)
	}
	all[len(all)-1].body = append(all[len(all)-1].body, blocks...)
	text, err := printed(all)
	if err != nil {
		b.Fatal(err)
	}
	c.text, c.generation = strings.Replace(text, placeholder, generation, 1), generation
	return c
}

// memory is the resident memory of a process, in KiB.
func memory(b *testing.B, pid int) int {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := bytes.Cut(text, []byte("VmRSS:"))
	kib, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
	if err != nil {
		b.Fatal(err)
	}
	return kib
}
