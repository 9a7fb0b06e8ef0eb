package onebox

import (
	"net"
	"net/http"
	"strconv"
	"strings"
)

// marathonVersion is the version of Marathon whose ways the engine has.
const marathonVersion = "1.8.222"

// ping handles GET /ping.
func ping(w http.ResponseWriter, r *http.Request) error {
	if accept := r.Header.Get("Accept"); strings.Contains(accept, "application/json") {
		return answer(w, http.StatusOK, "pong")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("pong"))
	return err
}

// showInfo handles GET /v2/info. What has no meaning on one machine is null, as
// what is not set is in Marathon.
func (e *Engine) showInfo(w http.ResponseWriter, r *http.Request) error {
	return answer(w, http.StatusOK, map[string]any{
		"name": "marathon", "version": marathonVersion, "buildref": "onebox",
		"elected": true, "leader": r.Host, "frameworkId": e.frameworkID(),
		"marathon_config":  e.marathonConfig(r),
		"zookeeper_config": nullsFor("zk", "zk_compression", "zk_compression_threshold", "zk_connection_timeout", "zk_hosts", "zk_max_node_size", "zk_max_versions", "zk_path", "zk_session_timeout", "zk_state", "zk_timeout"),
		"http_config":      httpConfig(r),
	})
}

// listPlugins handles GET /v2/plugins. There are none, and Marathon's own pages ask.
func listPlugins(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, map[string]any{"plugins": []any{}})
}

// unsetOptions are options of Marathon that this engine does not have.
var unsetOptions = []string{
	"access_control_allow_origin", "decline_offer_duration", "default_network_name", "env_vars_prefix", "failover_timeout", "launch_token",
	"launch_token_refresh_interval", "leader_proxy_connection_timeout_ms", "leader_proxy_read_timeout_ms", "master", "mesos_heartbeat_failure_threshold",
	"mesos_heartbeat_interval", "mesos_user", "min_revive_offers_interval", "offer_matching_timeout", "on_elected_prepare_timeout",
	"reconciliation_initial_delay", "reconciliation_interval", "store_cache", "task_launch_confirm_timeout", "task_launch_timeout",
	"task_lost_expunge_initial_delay", "task_lost_expunge_interval", "task_reservation_timeout", "webui_url",
}

func (e *Engine) marathonConfig(r *http.Request) map[string]any {
	config := nullsFor(unsetOptions...)
	for name, value := range map[string]any{
		"framework_name": "onebox", "ha": false, "checkpoint": true, "hostname": e.cfg.HostIP, "executor": "//cmd", "features": []string{},
		"local_port_min": servicePortMin, "local_port_max": servicePortMax, "max_instances_per_offer": maxLaunches,
		"mesos_bridge_name": e.cfg.Network, "mesos_role": "*", "mesos_leader_ui_url": masterURL(r), "maintenance_mode": false,
		"new_group_enforce_role": "off", "scale_apps_initial_delay": lookInterval.Milliseconds(), "scale_apps_interval": lookInterval.Milliseconds(),
	} {
		config[name] = value
	}
	return config
}

func httpConfig(r *http.Request) map[string]any {
	config := nullsFor("http_port", "https_port")
	if _, text, err := net.SplitHostPort(r.Host); err == nil {
		port, _ := strconv.Atoi(text)
		config[map[bool]string{false: "http_port", true: "https_port"}[r.TLS != nil]] = port
	}
	return config
}

func nullsFor(names ...string) map[string]any {
	out := make(map[string]any, len(names))
	for _, name := range names {
		out[name] = nil
	}
	return out
}
