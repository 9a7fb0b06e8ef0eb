// Package traefik tries Traefik's provider for Marathon.
package traefik

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/traefik/traefik/provider"
	"github.com/traefik/traefik/provider/marathon"
	"github.com/traefik/traefik/safe"
	"github.com/traefik/traefik/types"
)

// target is the Marathon of the environment.
type target struct {
	t                   *testing.T
	url, user, password string
	group               string
}

func openTarget(t *testing.T) *target {
	t.Helper()
	m := &target{t: t, url: os.Getenv("SEEDBED_TEST_MARATHON_URL"), user: os.Getenv("SEEDBED_TEST_MARATHON_USER")}
	if m.url == "" {
		t.Fatal("SEEDBED_TEST_MARATHON_URL names no Marathon")
	}
	if file := os.Getenv("SEEDBED_TEST_MARATHON_PASSWORD_FILE"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m.password = strings.TrimSpace(string(text))
	}
	m.group = fmt.Sprintf("traefik-%d", time.Now().UnixNano())
	t.Cleanup(func() { m.do("DELETE", "/v2/apps/"+m.group+"/web?force=true", "") })
	return m
}

func (m *target) do(method, path, body string) (int, map[string]any) {
	m.t.Helper()
	req, err := http.NewRequest(method, m.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		m.t.Fatal(err)
	}
	req.SetBasicAuth(m.user, m.password)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		m.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	out := map[string]any{}
	_ = json.Unmarshal(text, &out) // an empty answer has no fields
	return res.StatusCode, out
}

// provide starts the provider and returns what it sends. It runs until the
// process ends: its go-marathon panics if it is stopped while events come.
func (m *target) provide() <-chan types.ConfigMessage {
	m.t.Helper()
	pool := safe.NewPool(context.Background())
	p := &marathon.Provider{
		BaseProvider: provider.BaseProvider{Watch: true}, Endpoint: m.url, Domain: "example.org", ExposedByDefault: true,
		GroupsAsSubDomains: true, RespectReadinessChecks: true,
		Basic: &marathon.Basic{HTTPBasicAuthUser: m.user, HTTPBasicPassword: m.password},
	}
	if err := p.Init(nil); err != nil {
		m.t.Fatal(err)
	}
	sent := make(chan types.ConfigMessage, 1000)
	if err := p.Provide(sent, pool); err != nil {
		m.t.Fatal(err)
	}
	return sent
}

// servers are the addresses of our app in a configuration, with their weights.
func (m *target) servers(c *types.Configuration) map[string]int {
	out := map[string]int{}
	for name, backend := range c.Backends {
		if strings.Contains(name, m.group) {
			for _, s := range backend.Servers {
				out[s.URL] = s.Weight
			}
		}
	}
	return out
}

// tasks are the addresses of the tasks of our app that run.
func (m *target) tasks() map[string]int {
	_, out := m.do("GET", "/v2/apps/"+m.group+"/web/tasks", "")
	list, _ := out["tasks"].([]any)
	addresses := map[string]int{}
	for _, v := range list {
		task := v.(map[string]any)
		if ports := task["ports"].([]any); task["state"] == "TASK_RUNNING" && len(ports) > 0 {
			addresses[fmt.Sprintf("http://%v:%v", task["host"], ports[0])] = 1
		}
	}
	return addresses
}

// The provider sees an app come, grow and go by events alone.
func TestTraefik_RoutesToTheTasksThatThereAre(t *testing.T) {
	m := openTarget(t)
	sent := m.provide()
	define := fmt.Sprintf(`{"id":"/%s/web","cpus":0.01,"mem":32,"instances":1,"networks":[{"mode":"container/bridge"}],
		"labels":{"traefik.frontend.rule":"Host:web.example.org","traefik.weight":"1"},
		"container":{"type":"DOCKER","docker":{"image":%q},"portMappings":[{"containerPort":8080}]}}`, m.group, image())
	if status, out := m.do("POST", "/v2/apps", define); status != 201 {
		t.Fatalf("%d %v", status, out)
	}
	last := m.follow(sent, 1)
	rules := 0
	for _, frontend := range last.Frontends {
		for _, route := range frontend.Routes {
			if route.Rule == "Host:web.example.org" {
				rules++
			}
		}
	}
	if rules != 1 {
		t.Errorf("%d frontends have our rule", rules)
	}
	if status, out := m.do("PUT", "/v2/apps/"+m.group+"/web?force=true", `{"instances":3}`); status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	m.follow(sent, 3)
	if status, out := m.do("DELETE", "/v2/apps/"+m.group+"/web", ""); status != 200 {
		t.Fatalf("%d %v", status, out)
	}
	m.follow(sent, 0)
}

// follow waits until the provider sends a configuration with just the servers
// that Marathon lists, which are so many.
func (m *target) follow(sent <-chan types.ConfigMessage, count int) *types.Configuration {
	m.t.Helper()
	var last map[string]int
	limit := time.After(time.Minute)
	for {
		select {
		case message := <-sent:
			last = m.servers(message.Configuration)
			if want := m.tasks(); len(last) == count && fmt.Sprint(last) == fmt.Sprint(want) {
				return message.Configuration
			}
		case <-limit:
			m.t.Fatalf("waited in vain for %d servers; the last were %v, the tasks are %v", count, last, m.tasks())
		}
	}
}

// image is what tasks are made from; an engine that starts nothing takes any.
func image() string {
	if i := os.Getenv("SEEDBED_TEST_MARATHON_IMAGE"); i != "" {
		return i
	}
	return "busybox:1"
}
