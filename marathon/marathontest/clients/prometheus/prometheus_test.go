// Package prometheus tries Prometheus' discovery of targets in Marathon.
package prometheus

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/discovery/marathon"
	"github.com/prometheus/prometheus/discovery/targetgroup"
)

// target is the Marathon of the environment.
type target struct {
	t    *testing.T
	url  string
	auth *config.BasicAuth
	id   string // of our app
}

func openTarget(t *testing.T) *target {
	t.Helper()
	m := &target{t: t, url: os.Getenv("SEEDBED_TEST_MARATHON_URL"), id: fmt.Sprintf("/prometheus-%d/web", time.Now().UnixNano())}
	if m.url == "" {
		t.Fatal("SEEDBED_TEST_MARATHON_URL names no Marathon")
	}
	if file := os.Getenv("SEEDBED_TEST_MARATHON_PASSWORD_FILE"); file != "" {
		m.auth = &config.BasicAuth{Username: os.Getenv("SEEDBED_TEST_MARATHON_USER"), PasswordFile: file}
	}
	t.Cleanup(func() { m.do("DELETE", "/v2/apps"+m.id+"?force=true", "") })
	return m
}

func (m *target) do(method, path, body string) (int, string) {
	m.t.Helper()
	transport, err := config.NewClientFromConfig(m.http(), "test")
	if err != nil {
		m.t.Fatal(err)
	}
	req, err := http.NewRequest(method, m.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		m.t.Fatal(err)
	}
	res, err := transport.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func (m *target) http() config.HTTPClientConfig {
	c := config.DefaultHTTPClientConfig
	c.BasicAuth = m.auth
	return c
}

// discover runs the discovery and returns what it sends.
func (m *target) discover() <-chan []*targetgroup.Group {
	m.t.Helper()
	cfg := &marathon.SDConfig{Servers: []string{m.url}, RefreshInterval: model.Duration(200 * time.Millisecond), HTTPClientConfig: m.http()}
	registry := prometheus.NewRegistry()
	metrics := cfg.NewDiscovererMetrics(registry, discovery.NewRefreshMetrics(registry))
	d, err := cfg.NewDiscoverer(discovery.DiscovererOptions{Logger: promslog.NewNopLogger(), Metrics: metrics, SetName: "test"})
	if err != nil {
		m.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	m.t.Cleanup(cancel)
	sent := make(chan []*targetgroup.Group)
	go d.Run(ctx, sent)
	return sent
}

// Targets are where tasks listen, with the labels of app and port; they follow
// the app's size, and end with it.
func TestPrometheus_FindsTheTasks(t *testing.T) {
	m := openTarget(t)
	sent := m.discover()
	status, text := m.do("POST", "/v2/apps", fmt.Sprintf(`{"id":%q,"cpus":0.01,"mem":32,"networks":[{"mode":"container/bridge"}],"labels":{"team":"a"},
		"container":{"type":"DOCKER","docker":{"image":"busybox:1"},"portMappings":[{"containerPort":8080,"labels":{"metrics":"/m"}},{"containerPort":9090}]}}`, m.id))
	if status != 201 {
		t.Fatalf("%d %s", status, text)
	}
	group := m.follow(sent, 2)
	for label, want := range map[model.LabelName]string{"__meta_marathon_app": m.id, "__meta_marathon_image": "busybox:1", "__meta_marathon_app_label_team": "a"} {
		if got := string(group.Labels[label]); got != want {
			t.Errorf("%s is %q, want %q", label, got, want)
		}
	}
	first := group.Targets[0]
	if first["__meta_marathon_port_mapping_label_metrics"] != "/m" || first["__meta_marathon_port_index"] != "0" || first["__meta_marathon_task"] == "" {
		t.Errorf("the first target is %v", first)
	}
	if first["__address__"] == group.Targets[1]["__address__"] || first["__address__"] == "" {
		t.Errorf("the targets are %v", group.Targets)
	}
	if status, text := m.do("PUT", "/v2/apps"+m.id+"?force=true", `{"instances":2}`); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	m.follow(sent, 4)
	if status, text := m.do("DELETE", "/v2/apps"+m.id, ""); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	m.follow(sent, 0)
}

// follow waits until our app has so many targets, each with a port.
func (m *target) follow(sent <-chan []*targetgroup.Group, count int) *targetgroup.Group {
	m.t.Helper()
	limit := time.After(time.Minute)
	for {
		select {
		case groups := <-sent:
			for _, g := range groups {
				if g.Source == m.id && len(g.Targets) == count {
					return g
				}
			}
		case <-limit:
			m.t.Fatalf("waited in vain for %d targets", count)
		}
	}
}
