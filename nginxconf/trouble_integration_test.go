//go:build integration

package nginxconf_test

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"seedbed"
	"seedbed/nginxconf"
)

func TestRouter_StartsNginxAgain(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
	for name, target := range map[string]int{"all of it": -1, "its master": 1} {
		t.Run(name, func(t *testing.T) {
			pid := w.masterPID()
			if err := syscall.Kill(target*pid, syscall.SIGKILL); err != nil { // it is the leader of its group
				t.Fatal(err)
			}
			eventually(t, "served again", func() string {
				if w.masterPID() == pid {
					return "the old one is still there"
				}
				return w.answers("wiki.localhost", "the wiki")()
			})
			_, second := backend(t, name)
			w.engine.set(instance("wiki."+name, "/sites/wiki", "wiki.localhost", second))
			eventually(t, "changed", w.answers("wiki.localhost", name))
			w.engine.set(instance("wiki.after."+name, "/sites/wiki", "wiki.localhost", port))
			eventually(t, "changed back", w.answers("wiki.localhost", "the wiki"))
		})
	}
}

func TestRouter_KeepsTheLastGoodWhenNginxRefuses(t *testing.T) {
	for name, trouble := range map[string]struct{ script, says string }{
		"in its test": {`exit 1`, "nginx refuses the configuration"},
		// Somebody breaks the file after it was tested.
		"when it reloads": {`echo 'broken {' >>"$8"`, "wait until nginx serves"},
	} {
		t.Run(name, func(t *testing.T) { keepsTheLastGood(t, trouble.script, trouble.says) })
	}
}

func keepsTheLastGood(t *testing.T, script, says string) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	wiki := instance("wiki.1", "/sites/wiki", "wiki.localhost", port)
	w.engine.set(wiki)
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
	good := w.current()

	w.stopRouter()
	flag := filepath.Join(t.TempDir(), "trouble")
	w.config.Nginx = troubled(t, flag, script)
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.startRouter()
	w.engine.set(wiki, instance("second.1", "/sites/second", "second.localhost", port))
	eventually(t, "trouble is told", func() string {
		if err := w.router.Check(t.Context()); err != nil && strings.Contains(err.Error(), says) {
			return ""
		}
		return "Check says nothing"
	})
	if why := w.answers("wiki.localhost", "the wiki")(); why != "" {
		t.Error(why)
	}
	if now := w.current(); now != good {
		t.Errorf("the configuration is %s and was %s", now, good)
	}
	if err := os.Remove(flag); err != nil {
		t.Fatal(err)
	}
	eventually(t, "tried again", w.answers("second.localhost", "the wiki"))
}

// troubled returns a program that is nginx, but does something more after each
// test of a configuration as long as a file is there. The configuration is the
// eighth argument then.
func troubled(t *testing.T, flag, script string) string {
	program := filepath.Join(t.TempDir(), "nginx")
	text := "#!/bin/sh\n" +
		`if [ "$1" = -t ] && [ -e '` + flag + `' ]; then /usr/sbin/nginx "$@" && ` + script + "; exit; fi\n" +
		`exec /usr/sbin/nginx "$@"` + "\n"
	if err := os.WriteFile(program, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	return program
}

// current is the configuration that nginx would read.
func (w *world) current() string {
	target, err := os.Readlink(filepath.Join(w.config.Dir, "current"))
	if err != nil {
		w.t.Fatal(err)
	}
	return target
}

func TestRouter_MendsABrokenFile(t *testing.T) {
	w := newWorld(t)
	_, port := backend(t, "the wiki")
	w.engine.set(instance("wiki.1", "/sites/wiki", "wiki.localhost", port))
	eventually(t, "served", w.serves("wiki.localhost", "the wiki"))
	file := filepath.Join(w.config.Dir, "current", "nginx.conf")
	if err := os.WriteFile(file, []byte("broken {"), 0o600); err != nil {
		t.Fatal(err)
	}
	pid := w.masterPID()
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "served again", w.answers("wiki.localhost", "the wiki"))
}

func TestRouter_NamesThePortThatIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	router, err := nginxconf.New(nginxconf.Config{
		Dir: routerDir(t, 0o711), ConsulAddr: "127.0.0.1:1", Listen: "127.0.0.1:" + port, Log: testLog(t),
	})
	if err != nil {
		t.Fatal(err)
	}
	err = router.Start(t.Context())
	if seedbed.CodeOf(err) != seedbed.Unavailable || !strings.Contains(seedbed.MessageOf(err), "Port "+port+" is in use by another program") {
		t.Errorf("Start says %v", err)
	}
}

// masterPID is the process id that nginx itself wrote.
func (w *world) masterPID() int {
	text, err := os.ReadFile(filepath.Join(w.config.Dir, "nginx.pid"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 2 {
		return 0
	}
	return pid
}
