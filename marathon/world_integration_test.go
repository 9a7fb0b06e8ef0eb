//go:build integration

package marathon_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"seedbed"
	"seedbed/marathon"
	"seedbed/marathon/internal/enginetest"
	"seedbed/marathon/onebox"
)

// password is what the engine of these tests asks for.
const password = "correct horse"

// TestMain lets the test program also be the engine's process, so that a test
// can really kill it.
func TestMain(m *testing.M) {
	if dir := os.Getenv("ENGINE_DIR"); dir != "" {
		serveEngine(dir, os.Getenv("ENGINE_INSTALLATION"), os.Getenv("ENGINE_VOLUMES"))
		return
	}
	os.Exit(m.Run())
}

// serveEngine runs an engine on a free port, which it prints, until its
// standard input is closed or it is killed.
func serveEngine(dir, installation, volumes string) {
	docker, err := client.New(client.FromEnv)
	exitOn(err)
	engine, err := onebox.New(onebox.Config{
		Dir: dir, Key: [onebox.KeySize]byte{1}, Docker: docker, Installation: installation, VolumeRoots: []string{volumes},
		PortMin: 38000, PortMax: 38999, User: "portal", Password: password,
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	exitOn(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	exitOn(err)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { exitOn(http.Serve(listener, engine)) }()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	fmt.Println(listener.Addr())
	exitOn(engine.Run(ctx))
	exitOn(engine.Close())
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// world is a running engine with a driver for it.
type world struct {
	t            *testing.T
	docker       *client.Client
	line         *enginetest.Line // from the engine to Docker
	installation string
	dir, volumes string
	image        string
	process      *exec.Cmd
	url          string
	*marathon.Client
}

func newWorld(t *testing.T) *world {
	docker := enginetest.Docker(t)
	w := &world{
		t: t, docker: docker, line: enginetest.NewLine(t, docker), image: enginetest.Image(t, docker),
		installation: enginetest.Installation(t, docker), dir: t.TempDir(), volumes: t.TempDir(),
	}
	t.Cleanup(func() { w.kill() })
	w.start()
	return w
}

func (w *world) start() {
	w.t.Helper()
	w.process = exec.Command(os.Args[0])
	w.process.Env = append(os.Environ(), "ENGINE_DIR="+w.dir, "ENGINE_INSTALLATION="+w.installation, "ENGINE_VOLUMES="+w.volumes,
		"DOCKER_HOST=unix://"+w.line.Socket)
	w.process.Stderr = w.t.Output()
	if _, err := w.process.StdinPipe(); err != nil {
		w.t.Fatal(err)
	}
	out, err := w.process.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.process.Start(); err != nil {
		w.t.Fatal(err)
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		w.t.Fatalf("the engine did not start: %v", err)
	}
	w.connect("http://" + strings.TrimSpace(address))
}

func (w *world) connect(url string) {
	w.t.Helper()
	w.url = url
	var err error
	w.Client, err = marathon.New(marathon.Config{URLs: []string{url}, User: "portal", Password: password})
	if err != nil {
		w.t.Fatal(err)
	}
}

// kill ends the engine's process as kill -9 does.
func (w *world) kill() {
	_ = w.process.Process.Kill()
	_ = w.process.Wait()
}

func (w *world) workload(mark, text string) seedbed.Workload {
	return seedbed.Workload{
		ID: "/sites/guide", Image: w.image, Instances: 1, CPUs: 0.1, Memory: 32, Port: 8080,
		Env: map[string]string{"TEXT": text},
		Health: seedbed.HealthCheck{
			Path: "/health", Grace: 10 * time.Second, Interval: time.Second, Timeout: time.Second, Failures: 3,
		},
		Labels: map[string]string{seedbed.DeploymentLabel: mark, seedbed.DomainLabel: "guide.localhost"},
	}
}

func (w *world) apply(load seedbed.Workload) {
	w.t.Helper()
	if err := w.Apply(w.t.Context(), load); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) observed(id seedbed.WorkloadID) seedbed.Observed {
	w.t.Helper()
	all, err := w.Observe(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return all[id]
}

func (w *world) has(id seedbed.WorkloadID) bool {
	_, there := must(w.Observe(w.t.Context()))[id]
	return there
}

func (w *world) awaitWell(mark string) {
	w.t.Helper()
	enginetest.Await(w.t, 30*time.Second, "the workload is well as "+mark, func() bool {
		return w.observed("/sites/guide").Well(mark)
	})
}

func (w *world) instances() []seedbed.Instance {
	w.t.Helper()
	list, err := w.Instances(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// get asks the only instance for a page.
func (w *world) get(path string) string {
	w.t.Helper()
	list := w.instances()
	if len(list) != 1 || len(list[0].Ports) != 1 {
		w.t.Fatalf("one instance with one port is wanted: %+v", list)
	}
	res, err := http.Get(fmt.Sprintf("http://%s:%d%s", list[0].Host, list[0].Ports[0], path))
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(body)
}

func (w *world) containers() []string {
	w.t.Helper()
	ids := enginetest.Containers(w.t, w.docker, w.installation)
	slices.Sort(ids)
	return ids
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
