//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// installation is a Seedbed of the test's own.
type installation struct {
	t      *testing.T
	dir    string
	port   int
	engine engine
	more   []string // options of serve
	cmd    *exec.Cmd
	ended  chan error // gets how it ended
	out    *output
}

// place is a range of ports for one of the installations that run at the same
// time.
type place int

// The places. TestElsewhere has more ports than the others.
const (
	chainPlace place = iota
	troublePlace
	storagePlace
	commandLinePlace
	templatesPlace
	peoplePlace
	elsewherePlace
)

// tasks are the ports for containers: above those of freeBase, below those that
// Linux gives to whoever connects somewhere, and no two places have the same.
func (p place) tasks() string { return fmt.Sprintf("%d-%d", 29000+200*int(p), 29199+200*int(p)) }

// install prepares an installation and starts it.
func install(t *testing.T, p place, more ...string) *installation {
	t.Helper()
	// Not t.TempDir: its name is too long for a socket, and Docker must see it.
	dir, err := os.MkdirTemp("", "seedbed-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	i := &installation{t: t, dir: dir, more: more, port: freeBase(t, p), engine: openEngine(t, dir, p)}
	t.Cleanup(i.remove)
	i.start()
	return i
}

// perInstallation is how many ports freeBase gives at once.
const perInstallation = 300

// freeBase returns a port such that those counted from it are free, and nobody
// else's until the test ends: whoever else runs these tests on this machine
// looks at the last of them first.
func freeBase(t *testing.T, p place) int {
	t.Helper()
	first := 18400 + 5*perInstallation*int(p)
	for base := first; base < first+5*perInstallation; base += perInstallation {
		claim, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", base+perInstallation-1))
		if err != nil {
			continue
		}
		if free(base) && free(base+10) && free(base+11) && free(base+12) && free(base+20) && free(base+80) {
			t.Cleanup(func() { claim.Close() })
			return base
		}
		claim.Close()
	}
	t.Fatal("no free ports")
	return 0
}

func free(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}

func (i *installation) portal() string { return fmt.Sprintf("http://localhost:%d", i.port) }

func (i *installation) site(name string) string {
	return fmt.Sprintf("http://%s.localhost:%d", name, i.port+80)
}

// start runs `seedbed serve` and returns when it says that it is running.
func (i *installation) start() {
	i.t.Helper()
	i.out = &output{lines: make(chan string, 1000)}
	options := append(i.engine.options(), i.more...)
	i.cmd = exec.Command("../bin/seedbed", append([]string{"serve", "-dir", filepath.Join(i.dir, "var"),
		"-port", fmt.Sprint(i.port), "-consul", consulProgram()}, options...)...)
	i.cmd.Env = append(os.Environ(), i.engine.environment()...)
	i.cmd.Stdout, i.cmd.Stderr = i.out, i.out
	i.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := i.cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	i.ended = make(chan error, 1)
	go func() { i.ended <- i.cmd.Wait() }()
	i.untilItSays(`Ctrl-C stops Seedbed`)
}

func (i *installation) untilItSays(words string) {
	i.t.Helper()
	deadline := time.After(90 * time.Second)
	for {
		select {
		case line := <-i.out.lines:
			if strings.Contains(line, words) {
				return
			}
		case err := <-i.ended:
			i.ended = nil
			i.t.Fatalf("it ended with %v:\n%s", err, i.out)
		case <-deadline:
			i.t.Fatalf("it never said %q, but:\n%s", words, i.out)
		}
	}
}

func consulProgram() string {
	if path := os.Getenv("SEEDBED_CONSUL"); path != "" {
		return path
	}
	return "../bin/consul"
}

// setupLink is the link that the newest start printed.
func (i *installation) setupLink() string {
	return regexp.MustCompile(`http://\S+/setup\?code=\S+`).FindString(i.out.String())
}

// kill ends the portal as a power cut would: at once.
func (i *installation) kill() {
	i.t.Helper()
	if err := i.cmd.Process.Kill(); err != nil {
		i.t.Fatal(err)
	}
	<-i.ended
	i.ended = nil
}

// interrupt ends the portal as Ctrl-C does, and waits for its end.
func (i *installation) interrupt() {
	i.t.Helper()
	if err := i.cmd.Process.Signal(os.Interrupt); err != nil {
		i.t.Fatal(err)
	}
	select {
	case err := <-i.ended:
		i.ended = nil
		if err != nil {
			i.t.Errorf("after Ctrl-C it ended with %v:\n%s", err, i.out)
		}
	case <-time.After(time.Minute):
		i.t.Fatalf("it did not end within a minute of Ctrl-C:\n%s", i.out)
	}
}

// processes returns the pids of nginx and Consul, and fails if one is not
// there.
func (i *installation) processes() (pids []string) {
	i.t.Helper()
	files, err := filepath.Glob(filepath.Join(i.dir, "var", "*", "*.pid"))
	if err != nil || len(files) != 2 {
		i.t.Fatalf("the pid files are %v (%v), want those of nginx and Consul", files, err)
	}
	for _, f := range files {
		pid, err := os.ReadFile(f)
		if err != nil {
			i.t.Fatal(err)
		}
		pids = append(pids, strings.TrimSpace(string(pid)))
	}
	return pids
}

// remove ends everything that the installation started and deletes its folder.
func (i *installation) remove() {
	if i.ended != nil {
		i.interrupt()
	}
	if i.t.Failed() {
		log, _ := os.ReadFile(filepath.Join(i.dir, "var", "seedbed.log"))
		i.t.Logf("it said:\n%s\nand its log ends:\n%s", i.out, tail(log, 16<<10))
	}
	i.engine.remove()
	if err := os.RemoveAll(i.dir); err != nil {
		i.t.Error(err)
	}
}

func tail(b []byte, n int) []byte { return b[max(0, len(b)-n):] }

// get asks an address without a browser, by its name as a browser would.
func (i *installation) get(url string) (status int, body string) {
	i.t.Helper()
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
	}}
	defer transport.CloseIdleConnections()
	response, err := (&http.Client{Transport: transport, Timeout: 20 * time.Second}).Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return response.StatusCode, err.Error()
	}
	return response.StatusCode, string(text)
}

// eventually waits for a condition, and tells what it waited for if it never
// holds.
func eventually(t *testing.T, what string, within time.Duration, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("within %v it never came to this: %s", within, what)
		}
		<-tick.C
	}
}

// output is what a program prints, while it prints it.
type output struct {
	mu    sync.Mutex
	text  bytes.Buffer
	lines chan string
}

// Write takes what was printed.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	scanner := bufio.NewScanner(bytes.NewReader(b))
	for scanner.Scan() {
		select {
		case o.lines <- scanner.Text():
		default:
		}
	}
	return o.text.Write(b)
}

// String returns all that was printed.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
