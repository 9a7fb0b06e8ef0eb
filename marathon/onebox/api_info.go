package onebox

import (
	"net/http"
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

// showLeader handles GET /v2/leader: there is only this one.
func showLeader(w http.ResponseWriter, r *http.Request) error {
	return answer(w, http.StatusOK, map[string]string{"leader": r.Host})
}

// showInfo handles GET /v2/info.
func (e *Engine) showInfo(w http.ResponseWriter, r *http.Request) error {
	return answer(w, http.StatusOK, map[string]any{
		"name": "marathon", "version": marathonVersion, "buildref": "onebox",
		"elected": true, "leader": r.Host, "frameworkId": e.frameworkID(),
		"marathon_config": map[string]any{
			"framework_name": "onebox", "ha": false, "checkpoint": true, "hostname": e.cfg.HostIP,
			"local_port_min": 10000, "local_port_max": 20000, "features": []string{}, "executor": "//cmd",
			"mesos_bridge_name": e.cfg.Network, "mesos_role": "*", "master": nil, "mesos_leader_ui_url": masterURL(r),
			"webui_url": nil, "access_control_allow_origin": nil, "default_network_name": nil, "env_vars_prefix": nil,
		},
		"zookeeper_config": map[string]any{"zk": nil, "zk_timeout": nil, "zk_session_timeout": nil},
		"http_config":      map[string]any{"http_port": nil, "https_port": nil},
	})
}
