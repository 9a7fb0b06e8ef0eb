//go:build integration

package onebox

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"testing"

	"github.com/moby/moby/client"
)

// onHost is a definition on the machine's own network.
func (r *real) onHost(id, more string) string {
	return fmt.Sprintf(`{"id":%q,"cpus":0.1,"mem":32,"env":{"BEHAVIOUR":"on-host","TEXT":"here"},"backoffSeconds":0.1,
		"container":{"docker":{"image":%q}},"healthChecks":[{"path":"/health","gracePeriodSeconds":20,"intervalSeconds":1}]%s}`, id, r.image, more)
}

func TestEngine_MachinesOwnNetwork(t *testing.T) {
	r := newReal(t, func(c *Config) { c.HostNetwork = true })
	t.Run("ports come from the range and are in the environment", func(t *testing.T) {
		r.expect(201, "POST", "/v2/apps", r.onHost("/free", ""))
		await(t, "it is well", func() bool {
			app := r.expect(200, "GET", "/v2/apps/free", "")["app"].(map[string]any)
			return app["tasksHealthy"] == 1.0 && len(app["deployments"].([]any)) == 0
		})
		task := r.expect(200, "GET", "/v2/apps/free/tasks", "")["tasks"].([]any)[0].(map[string]any)
		port := int(task["ports"].([]any)[0].(float64))
		if port < 39000 || port > 39999 {
			t.Errorf("port %d", port)
		}
		if c := r.inspect(task["id"].(string)); c.HostConfig.NetworkMode != "host" || !slices.Contains(c.Config.Env, fmt.Sprintf("PORT_10000=%d", port)) {
			t.Errorf("%s %v", c.HostConfig.NetworkMode, c.Config.Env)
		}
		if text := fetched(t, fmt.Sprintf("http://127.0.0.1:%d/", port)); text != "here" {
			t.Errorf("it says %q", text)
		}
	})
	t.Run("a port that something else has is waited for", func(t *testing.T) {
		other, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		port := other.Addr().(*net.TCPAddr).Port
		r.expect(201, "POST", "/v2/apps", r.onHost("/fixed", fmt.Sprintf(`,"requirePorts":true,"portDefinitions":[{"port":%d}]`, port)))
		await(t, "it waits", func() bool { return slices.Equal(r.refusedFor("/fixed"), []string{"InsufficientPorts"}) })
		_ = other.Close()
		await(t, "it is well", func() bool { poke(r.engine.wake); return r.healthy("/fixed") == 1 })
		if text := fetched(t, fmt.Sprintf("http://127.0.0.1:%d/", port)); text != "here" {
			t.Errorf("it says %q", text)
		}
		if app := r.expect(200, "GET", "/v2/apps/fixed", "")["app"].(map[string]any); app["lastTaskFailure"] != nil {
			t.Errorf("waiting is no failure: %v", app["lastTaskFailure"])
		}
	})
}

func (f *fixture) healthy(id string) float64 {
	f.t.Helper()
	return f.expect(200, "GET", "/v2/apps"+id, "")["app"].(map[string]any)["tasksHealthy"].(float64)
}

// fetched is what an address answers, once it does: a container that runs need
// not listen yet, and Docker's proxy takes connections all the same.
func fetched(t *testing.T, url string) (text string) {
	t.Helper()
	await(t, url+" answers", func() bool {
		res, err := http.Get(url)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		all, err := io.ReadAll(res.Body)
		text = string(all)
		return err == nil
	})
	return text
}

func TestEngine_LimitsParametersAndNetworks(t *testing.T) {
	const name = "seedbed-test-named"
	r := newReal(t, func(c *Config) { c.Networks = []string{name + c.Installation} })
	made, err := r.docker.NetworkCreate(t.Context(), name+r.installation, client.NetworkCreateOptions{Driver: "bridge"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		r.expect(200, "DELETE", "/v2/apps/sites/guide", "")
		await(t, "the network is free", func() bool {
			_, err := r.docker.NetworkRemove(context.Background(), made.ID, client.NetworkRemoveOptions{})
			return err == nil
		})
	})
	r.put(fmt.Sprintf(`{"resourceLimits":{"mem":64,"cpus":0.5},"networks":[{"mode":"container","name":%q}],
		"container":{"docker":{"image":%q,"parameters":[{"key":"hostname","value":"guide"},{"key":"env","value":"TEXT=hello"},
		{"key":"label","value":"team=web"},{"key":"ulimit","value":"nofile=2048:4096"},{"key":"init","value":"true"},{"key":"user","value":"1000:1000"},
		{"key":"workdir","value":"/tmp"},{"key":"dns","value":"10.1.2.3"},{"key":"cap-drop","value":"CHOWN"},{"key":"read-only","value":"true"}]},
		"portMappings":[{"containerPort":8080,"hostPort":0}]}}`, name+r.installation, r.image))
	r.awaitSettled(1)
	task := r.app().Tasks[0]
	c := r.inspect(task.ID)
	h := c.HostConfig
	switch {
	case h.Memory != 64<<20, h.MemorySwap != h.Memory, h.NanoCPUs != 5e8, h.CPUShares != 102:
		t.Errorf("limits: %+v", h.Resources)
	case c.Config.Hostname != "guide", c.Config.Labels["team"] != "web", c.Config.User != "1000:1000", c.Config.WorkingDir != "/tmp":
		t.Errorf("%+v", c.Config)
	case len(h.Ulimits) != 1, h.Ulimits[0].Hard != 4096, h.Init == nil, !*h.Init, !h.ReadonlyRootfs, h.DNS[0].String() != "10.1.2.3":
		t.Errorf("%+v", h)
	case slices.Contains(h.CapAdd, "CHOWN"), len(h.CapAdd) != len(capabilities)-1:
		t.Errorf("capabilities: %v", h.CapAdd)
	case c.NetworkSettings.Networks[name+r.installation] == nil, task.IPAddresses[0].IPAddress != c.NetworkSettings.Networks[name+r.installation].IPAddress.String():
		t.Errorf("networks: %v, %v", c.NetworkSettings.Networks, task.IPAddresses)
	}
	if text := fetched(t, fmt.Sprintf("http://127.0.0.1:%d/", task.Ports[0])); text != "hello" {
		t.Errorf("it says %q", text)
	}
	r.put(`{"resourceLimits":{"mem":"unlimited","cpus":"unlimited"}}`)
	r.awaitSettled(1)
	_, memory, err := r.engine.runtime.capacity(t.Context())
	if h := r.inspect(r.app().Tasks[0].ID).HostConfig; err != nil || h.Memory != memory || h.NanoCPUs != 0 {
		t.Errorf("limits: %d of %d, %d, %v", h.Memory, memory, h.NanoCPUs, err)
	}
}
