package onebox

import (
	"strings"
	"testing"
)

func TestParameters_OnlyWhatStaysInTheContainer(t *testing.T) {
	a := testApp(1, 1, 1)
	for text, allowed := range map[string]bool{
		"env A=b": true, "env A=": true, "env A": false, "env =b": false,
		"label team=web": true, "label team": true, "label seedbed.task=x": false, "label MESOS_TASK_ID=x": false, "label =x": false, "label com.docker.x=1": false,
		"hostname web-1": true, "hostname a_b": false, "hostname -x": false,
		"dns 10.0.0.1": true, "dns example.org": false, "dns-search example.org": true, "dns-search .": false,
		"workdir /srv": true, "workdir srv": false, "workdir /srv/../etc": false,
		"user 1000": true, "user www-data:www-data": true, "user root;x": false,
		"init true": true, "init yes": false, "read-only true": true, "entrypoint /start": true,
		"cap-drop ALL": true, "ulimit nofile=1024": true, "ulimit nofile=1024:2048": true, "ulimit nofile=2048:1024": false,
		"ulimit nofile=-1": false, "ulimit nofile=2000000": false, "ulimit memlock=-1:-1": true, "ulimit nproc=9": false, "ulimit nofile": false,
		"stop-signal SIGINT": true, "stop-signal 9": true, "stop-signal x": false,
		"volume /:/x": false, "cap-add SYS_ADMIN": false, "network host": false, "net host": false, "pid host": false, "ipc host": false, "uts host": false,
		"device /dev/sda": false, "security-opt seccomp=unconfined": false, "sysctl a=b": false, "memory 9g": false, "cpus 9": false, "memory-swap -1": false,
		"log-driver syslog": false, "log-opt max-size=9g": false, "restart always": false, "tmpfs /x": false, "mount x": false, "volumes-from x": false,
		"volume-driver x": false, "userns host": false, "cgroup-parent /": false, "oom-score-adj -1000": false, "publish 80:80": false, "link x": false,
		"runtime x": false, "gpus all": false, "pids-limit -1": false, "storage-opt x": false, "privileged true": false, "name x": false,
	} {
		key, value, _ := strings.Cut(text, " ")
		if err := (parameter{key, value}).apply(unmade(a)); (err == nil) != allowed {
			t.Errorf("%s: %v", text, err)
		}
	}
	if (parameter{"env", "A=b\nC=d"}).apply(unmade(a)) == nil {
		t.Error("a line break is taken")
	}
}

func TestParameters_HaveTheLastWordButNotOverRights(t *testing.T) {
	c := unmade(testApp(1, 1, 1))
	c.Config.Env, c.HostConfig.CapAdd = []string{"A=1", "AB=2"}, capabilities
	for _, p := range []parameter{{"env", "A=3"}, {"cap-drop", "cap_chown"}} {
		if err := p.apply(c); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(c.Config.Env, " "); got != "AB=2 A=3" {
		t.Errorf("variables: %s", got)
	}
	if got := strings.Join(c.HostConfig.CapAdd, " "); strings.Contains(got, "CHOWN") || capabilities[0] != "CHOWN" {
		t.Errorf("capabilities: %s of %v", got, capabilities)
	}
}

func TestPolicy_NetworksAreThoseThatWereAllowed(t *testing.T) {
	mode := func(mode, name string) *app {
		a := testApp(1, 1, 1)
		a.Networks = []appNetwork{{Mode: mode, Name: name}}
		return a
	}
	closed, open := policy{programs: true}, policy{programs: true, host: true, networks: []string{"office"}}
	for name, c := range map[string]struct {
		p   policy
		a   *app
		why string
	}{
		"host, not allowed":     {closed, mode(hostNetwork, ""), "-host-network"},
		"host":                  {open, mode(hostNetwork, ""), ""},
		"bridge":                {closed, mode(bridgeNetwork, ""), ""},
		"by name, not allowed":  {closed, mode(containerNetwork, "office"), "-networks"},
		"by name":               {open, mode(containerNetwork, "office"), ""},
		"another name":          {open, mode(containerNetwork, "host"), "not one that containers may be put in"},
		"another installations": {open, mode(containerNetwork, "seedbed-x"), "not one that containers may be put in"},
	} {
		err := c.p.check(c.a)
		if (err == nil) != (c.why == "") {
			t.Errorf("%s: %v", name, err)
		} else if err != nil {
			if text := err.(*apiError).Details.([]detail)[0].Errors[0]; !strings.Contains(text, c.why) {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}

func TestContainer_PortsOnTheMachinesNetworkHaveTheirServicePortsNames(t *testing.T) {
	a := testApp(1, 1, 1)
	a.Networks = []appNetwork{{Mode: hostNetwork}}
	a.Container = &appContainer{Docker: &dockerImage{Image: "img:1"}}
	a.PortDefinitions = []portDefinition{{Port: 10000, Name: "web", Protocol: "tcp"}}
	i := newInstance("u", a, testTime).provision(a, []int{31005}, testTime)
	all := strings.Join(environment(i, "127.0.0.1"), " ")
	for _, want := range []string{"PORT0=31005", "PORT=31005", "PORTS=31005", "PORT_10000=31005", "PORT_WEB=31005"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not in %s", want, all)
		}
	}
}

func TestConfig_RefusesOddMachinesAndNetworks(t *testing.T) {
	for name, spoil := range map[string]func(*Config){
		"less than nothing": func(c *Config) { c.Machine.Mem = -1 },
		"Docker's own":      func(c *Config) { c.Networks = []string{"host"} },
		"another's":         func(c *Config) { c.Networks = []string{"container:x"} },
	} {
		c := Config{Dir: t.TempDir(), Installation: "x"}
		spoil(&c)
		if e, err := New(c); err == nil {
			t.Errorf("%s: taken", name)
			_ = e.Close()
		}
	}
}
