package nginxconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"seedbed"
	"seedbed/daemon"
)

const (
	commandTimeout = 20 * time.Second
	askTimeout     = 3 * time.Second
	stopPatience   = 5 * time.Second
)

// nginx is the one nginx of a folder. It runs as a daemon in a session of its
// own, outlives this program, and is found again by its arguments.
type nginx struct {
	program string
	dir     string
	temp    string
	listen  netip.AddrPort
	fixed   settings            // what the operator has decided
	module  string              // path of the stream module; "" if it is built in
	stream  bool                // service ports can be opened
	user    string              // of the workers; "" where we are not root
	as      *syscall.Credential // of the program, where it is not ours
	last    *atomic.Pointer[daemon.Process]
}

func (n *nginx) configFile() string { return filepath.Join(n.dir, currentLink, configName) }
func (n *nginx) logFile() string    { return filepath.Join(n.dir, "error.log") }

// visitsFile is the log of visits. Workers must be able to open it anew, so it is
// where they can reach it.
func (n *nginx) visitsFile() string {
	if dir := filepath.Dir(n.temp); dir == n.dir {
		return filepath.Join(dir, "access.log")
	}
	return filepath.Join(n.temp, "access.log")
}

func (n *nginx) settings() settings {
	s := n.fixed
	s.dir, s.temp, s.log, s.user, s.streamModule, s.listen = n.dir, n.temp, n.visitsFile(), n.user, n.module, n.listen
	return s
}

// inspect finds out what this nginx can do.
func (n *nginx) inspect(ctx context.Context) error {
	said, err := n.command(ctx, "-V")
	if err != nil {
		return &seedbed.Error{Code: seedbed.Unavailable, Err: err, Message: "nginx cannot be run as " + n.program +
			". Install it (on Debian: apt-get install nginx-light libnginx-mod-stream) and start again."}
	}
	n.module, n.stream = streamModule(said)
	n.user = workerUser()
	return nil
}

var modulesPath = regexp.MustCompile(`--modules-path=([A-Za-z0-9._/-]+)`)

// streamModule reads from nginx's own account whether service ports can be
// opened, and which module that needs.
func streamModule(said string) (module string, possible bool) {
	if strings.Contains(said+" ", "--with-stream ") {
		return "", true
	}
	dir := "/usr/lib/nginx/modules"
	if found := modulesPath.FindStringSubmatch(said); found != nil {
		dir = found[1]
	}
	module = filepath.Join(dir, "ngx_stream_module.so")
	if _, err := os.Stat(module); err != nil {
		return "", false
	}
	return module, true
}

func workerUser() string {
	if os.Getuid() != 0 {
		return ""
	}
	if _, err := user.Lookup("www-data"); err == nil {
		return "www-data"
	}
	return "nobody"
}

// test lets nginx read a configuration without using it.
func (n *nginx) test(ctx context.Context, file string) error {
	if _, err := n.command(ctx, "-t", "-q", "-p", n.dir+"/", "-e", "stderr", "-c", file); err != nil {
		return fmt.Errorf("nginx refuses the configuration: %w", err)
	}
	return nil
}

// load makes nginx read its configuration: by a signal if it runs, else by its
// start. It returns before the new configuration serves.
func (n *nginx) load(ctx context.Context) error {
	if pid := n.pid(); pid != 0 {
		if err := syscall.Kill(pid, syscall.SIGHUP); err != nil {
			return fmt.Errorf("tell nginx to read its configuration: %w", err)
		}
		return nil
	}
	if err := n.stopOrphans(ctx); err != nil {
		return err
	}
	if err := n.portFree(); err != nil {
		return err
	}
	if _, err := n.command(ctx, n.start()[1:]...); err != nil {
		return fmt.Errorf("start nginx: %w", err)
	}
	return nil
}

// start is the command that starts it, by which it is known again.
func (n *nginx) start() []string {
	return []string{n.program, "-p", n.dir + "/", "-e", n.logFile(), "-c", n.configFile()}
}

// portFree returns an error that names the port of the sites, or that of HTTPS,
// if it is taken.
func (n *nginx) portFree() error {
	if n.fixed.tls.IsValid() {
		if err := isPortFree(n.fixed.tls); err != nil {
			return err
		}
	}
	return isPortFree(n.listen)
}

func isPortFree(at netip.AddrPort) error {
	l, err := net.Listen("tcp", at.String())
	switch {
	case err == nil:
		return l.Close()
	case errors.Is(err, syscall.EADDRINUSE):
		return &seedbed.Error{Code: seedbed.Unavailable, Err: err, Message: fmt.Sprintf(
			"Port %d is in use by another program; sites are served there. Stop that program, or choose another port for the sites.", at.Port())}
	case errors.Is(err, syscall.EACCES):
		return &seedbed.Error{Code: seedbed.Unavailable, Err: err, Message: fmt.Sprintf(
			"Port %d may only be opened by root. Start as root, or choose a port from 1024 on for the sites.", at.Port())}
	default:
		return fmt.Errorf("look whether the port of the sites is free: %w", err)
	}
}

// command runs nginx with arguments and returns what it said. What it says goes
// through a file: a daemon would keep a pipe open for ever.
func (n *nginx) command(ctx context.Context, args ...string) (said string, err error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	out, err := os.CreateTemp("", "seedbed-nginx-*.out")
	if err != nil {
		return "", fmt.Errorf("run nginx: %w", err)
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd := exec.CommandContext(ctx, n.program, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = out, out, "/"
	// nginx shows its arguments in the process list in place of these
	// variables, so they need to be there.
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "NGINX_OF=seedbed"}
	cmd.SysProcAttr = n.attributes()
	failed := cmd.Run()
	text, err := os.ReadFile(out.Name())
	if failed != nil {
		return "", fmt.Errorf("%w: %s", failed, strings.TrimSpace(string(text)))
	}
	return string(text), err
}

// generation asks nginx which configuration it serves.
func (n *nginx) generation(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+generationHost+"/", nil)
	if err != nil {
		return "", fmt.Errorf("ask nginx: %w", err)
	}
	answer, err := n.client(askTimeout).Do(request)
	if err != nil {
		return "", fmt.Errorf("nginx does not answer: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64))
	if err != nil || answer.StatusCode != http.StatusOK || len(text) != len(placeholder) {
		return "", fmt.Errorf("something else than our nginx answers on %s: status %d", n.listen, answer.StatusCode)
	}
	return string(text), nil
}

// client returns a client whose every request goes to nginx, over a connection
// of its own: one that is kept could belong to an old worker.
func (n *nginx) client(timeout time.Duration) *http.Client {
	return dialing(timeout, n.dialAddress())
}

// dialing returns a client whose every request goes to one address.
func dialing(timeout time.Duration, at string) *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", at)
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (n *nginx) dialAddress() string {
	addr := n.listen.Addr()
	switch {
	case addr == netip.IPv4Unspecified():
		addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case addr == netip.IPv6Unspecified():
		addr = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(addr, n.listen.Port()).String()
}

// prove waits until nginx says that it serves the generation, and the workers
// that there were before take no more connections. For a moment both do.
func (n *nginx) prove(ctx context.Context, generation string, before []daemon.Process, patience time.Duration) error {
	err := daemon.Poll(ctx, patience, func(ctx context.Context) error {
		if slices.ContainsFunc(before, isAccepting) {
			return errors.New("old workers still take connections")
		}
		running, err := n.generation(ctx)
		if err == nil && running != generation {
			err = fmt.Errorf("nginx still serves %s", running)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("wait until nginx serves %s: %w; its log is %s", generation, err, n.logFile())
	}
	return nil
}

// stop ends nginx: first in peace, then at once.
func (n *nginx) stop(ctx context.Context) error {
	master := func() []int {
		if pid := n.pid(); pid != 0 {
			return []int{pid}
		}
		return nil
	}
	if err := end(ctx, master); err != nil {
		return err
	}
	return n.stopOrphans(ctx)
}

// stopOrphans ends workers whose master was killed: they would go on for ever
// with an old configuration, and keep the ports.
func (n *nginx) stopOrphans(ctx context.Context) error { return end(ctx, n.orphans) }

// end ends the processes that find returns until it returns none.
func end(ctx context.Context, find func() []int) error {
	gone := func(context.Context) error {
		if len(find()) > 0 {
			return errors.New("nginx still runs")
		}
		return nil
	}
	for _, signal := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGKILL} {
		for _, pid := range find() {
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("stop nginx: %w", err)
			}
		}
		if daemon.Poll(ctx, stopPatience, gone) == nil {
			return nil
		}
	}
	return errors.New("stop nginx: it does not end")
}
