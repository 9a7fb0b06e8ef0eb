package consul

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"seedbed"
)

const tokenName = "token"

func (a *Agent) configFile() string { return filepath.Join(a.Dir, "consul.json") }
func (a *Agent) tokenFile() string  { return filepath.Join(a.Dir, tokenName) }
func (a *Agent) logFile() string    { return filepath.Join(a.Dir, "consul.log") }
func (a *Agent) dataDir() string    { return filepath.Join(a.Dir, "data") }

// arguments are Consul's arguments, by which its process is known again.
func (a *Agent) arguments() []string { return []string{"agent", "-config-file=" + a.configFile()} }

// settings is the configuration file: a server that is its own cluster, talks
// on 127.0.0.1 alone, and has nothing switched on that Seedbed does not use.
func (a *Agent) settings() map[string]any {
	return map[string]any{
		"node_name":        "seedbed",
		"server":           true,
		"bootstrap_expect": 1,
		"data_dir":         a.dataDir(),
		"pid_file":         filepath.Join(a.Dir, "consul.pid"),
		"log_level":        "WARN",
		"bind_addr":        "127.0.0.1",
		"advertise_addr":   "127.0.0.1",
		"client_addr":      "127.0.0.1",
		"ports": map[string]int{
			"http": a.HTTP, "serf_lan": a.Serf, "server": a.RPC,
			"https": -1, "grpc": -1, "grpc_tls": -1, "dns": -1, "serf_wan": -1,
		},
		"acl": map[string]any{
			"enabled": true, "default_policy": "deny",
			"tokens": map[string]string{"initial_management": a.token.Reveal(), "agent": a.token.Reveal()},
		},
		"performance": map[string]int{"raft_multiplier": 1},
		// A bridge that was killed is to be followed by another within ten seconds.
		"session_ttl_min": "2s",
		// A machine that was switched off for more than a week would otherwise
		// never get its Consul back.
		"server_rejoin_age_max":   "87600h",
		"skip_leave_on_interrupt": true,
		"leave_on_terminate":      false,
		"disable_update_check":    true,
		"disable_remote_exec":     true,
		"enable_script_checks":    false,
		"ui_config":               map[string]bool{"enabled": false},
		"connect":                 map[string]bool{"enabled": false},
		"peering":                 map[string]bool{"enabled": false},
	}
}

// writeConfig writes the configuration file if it is not there as it should be,
// and the token again if somebody removed the folder: the next program must
// find the one that this one and its Consul use. changed is true if there was
// another configuration.
func (a *Agent) writeConfig() (changed bool, _ error) {
	text, err := json.MarshalIndent(a.settings(), "", "  ")
	if err != nil {
		return false, fmt.Errorf("write the configuration of Consul: %w", err)
	}
	if err := os.MkdirAll(a.Dir, 0o700); err != nil {
		return false, fmt.Errorf("make the folder of Consul: %w", err)
	}
	if err := replaceFile(a.tokenFile(), []byte(a.token.Reveal())); err != nil {
		return false, fmt.Errorf("write the token of Consul: %w", err)
	}
	old, err := os.ReadFile(a.configFile())
	if err == nil && bytes.Equal(old, text) {
		return false, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("read the configuration of Consul: %w", err)
	}
	if err := replaceFile(a.configFile(), text); err != nil {
		return false, fmt.Errorf("write the configuration of Consul: %w", err)
	}
	return old != nil, nil
}

// loadToken reads the token of the agent in dir, making it the first time.
func loadToken(dir string) (seedbed.Secret, error) {
	path := filepath.Join(dir, tokenName)
	text, err := os.ReadFile(path)
	if err == nil {
		return seedbed.Secret(text), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the token of Consul: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the folder of Consul: %w", err)
	}
	token := uuid.NewString()
	if err := replaceFile(path, []byte(token)); err != nil {
		return "", fmt.Errorf("write the token of Consul: %w", err)
	}
	return seedbed.Secret(token), nil
}

// replaceFile puts text in place of a file in one step.
func replaceFile(path string, text []byte) error {
	next := path + ".next"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return err
	}
	return os.Rename(next, path)
}
