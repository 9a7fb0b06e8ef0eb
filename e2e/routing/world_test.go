//go:build integration

package routing

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/consul/api"

	"seedbed/consul"
	"seedbed/marathon"
	"seedbed/marathon/onebox"
	"seedbed/nginxconf"
)

// world is everything between Marathon's API and a visitor.
type world struct {
	t                  *testing.T
	away               atomic.Bool // the engine answers nobody
	config             onebox.Config
	api                *httptest.Server
	liar               *liar
	agent              *consul.Agent
	toBridge, toRouter *line
	reader             *api.Client // of Consul
	routing            nginxconf.Config
	router             *nginxconf.Router

	stopRouter  func()
	stopBridges []func()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, stopBridges: make([]func(), 2)}
	first := answerAll(t)
	w.config = onebox.Config{
		Dir: t.TempDir(), Installation: "routing", PortMin: first, PortMax: first + taskPorts - 1, HostIP: engineHost, Drain: 2 * time.Second,
		Machine: onebox.Machine{CPUs: 1000, Mem: 1e6, Disk: 1e6}, Log: quiet(),
	}
	w.startEngine()
	w.liar = newLiar(t, w.api.URL)
	w.startConsul()
	w.toBridge, w.toRouter = newLine(t, w.agent.Address()), newLine(t, w.agent.Address())
	for n := range w.stopBridges {
		w.startBridge(n)
	}
	w.routing = nginxconf.Config{
		Dir: filepath.Join(t.TempDir(), "nginx"), ConsulAddr: w.toRouter.Addr().String(), ConsulToken: w.agent.RouterToken(),
		Listen: "127.0.0.1:" + strconv.Itoa(freePort(t)), Log: quiet(),
	}
	w.startRouter()
	return w
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (w *world) startEngine() {
	engine, err := onebox.New(w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := engine.Close(); err != nil {
			w.t.Error(err)
		}
	})
	w.t.Cleanup(running(w.t, engine.Run))
	w.api = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.away.Load() {
			panic(http.ErrAbortHandler)
		}
		engine.ServeHTTP(rw, r)
	}))
	w.t.Cleanup(func() { w.api.CloseClientConnections(); w.api.Close() })
}

func (w *world) startConsul() {
	binary, err := filepath.Abs(filepath.Join("..", "..", "bin", "consul"))
	if err != nil {
		w.t.Fatal(err)
	}
	if given := os.Getenv("SEEDBED_CONSUL"); given != "" {
		binary = given
	}
	w.agent, err = consul.NewAgent(consul.AgentConfig{
		Binary: binary, Dir: filepath.Join(w.t.TempDir(), "consul"), HTTP: freePort(w.t), Serf: freePort(w.t), RPC: freePort(w.t), Log: quiet(),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := w.agent.Stop(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	if err := w.agent.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	if w.reader, err = api.NewClient(&api.Config{Address: w.agent.Address(), Token: w.agent.Token().Reveal()}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) startBridge(n int) {
	source, err := marathon.New(marathon.Config{URLs: []string{w.liar.URL}, Log: quiet()})
	if err != nil {
		w.t.Fatal(err)
	}
	bridge, err := consul.New(consul.Config{Address: w.toBridge.Addr().String(), Token: w.agent.BridgeToken(), Source: source, Interval: time.Second, Log: quiet()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.stopBridges[n] = running(w.t, bridge.Run)
	w.t.Cleanup(w.stopBridges[n])
}

func (w *world) startRouter() {
	router, err := nginxconf.New(w.routing)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := router.Stop(context.Background()); err != nil {
			w.t.Error(err)
		}
	})
	if err := router.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.router, w.stopRouter = router, running(w.t, router.Run)
	w.t.Cleanup(w.stopRouter)
}

// running runs a part until the returned function is called.
func running(t *testing.T, run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// taskPorts is how many ports tasks have.
const taskPorts = 200

// answerAll listens on neighbouring ports, each of which tells its number, and
// returns the first.
func answerAll(t *testing.T) (first int) {
	t.Helper()
	for first = 33000; first < 60000; first += taskPorts {
		if listeners := listenAll(first); listeners != nil {
			for _, l := range listeners {
				serveNumber(t, l)
			}
			return first
		}
	}
	t.Fatal("there are no free ports")
	return 0
}

func listenAll(first int) (all []net.Listener) {
	for n := range taskPorts {
		l, err := net.Listen("tcp", taskHost+":"+strconv.Itoa(first+n))
		if err != nil {
			for _, l := range all {
				l.Close()
			}
			return nil
		}
		all = append(all, l)
	}
	return all
}

func serveNumber(t *testing.T, l net.Listener) {
	number := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, number) })}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
}

// ask makes a request of the engine itself and returns its status.
func (w *world) ask(method, path, body string) (status int, text []byte) {
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.api.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		w.t.Fatal(err)
	}
	request.Header.Set("Content-Type", jsonKind)
	answer, err := w.api.Client().Do(request)
	if err != nil {
		return 0, nil // the engine was ended meanwhile
	}
	defer answer.Body.Close()
	text, _ = io.ReadAll(answer.Body)
	return answer.StatusCode, text
}

// put makes or changes an app that visitors reach at its own name.
func (w *world) put(id string, instances int, more string) int {
	status, _ := w.ask("PUT", "/v2/apps"+id+"?force=true", fmt.Sprintf(`{"id":%q,"instances":%d,"cpus":0.1,"mem":16,
		"networks":[{"mode":"container/bridge"}],"container":{"docker":{"image":"img:1"},"portMappings":[{"containerPort":80}]},
		"labels":{"domain":%q%s}}`, id, instances, host(id), more))
	return status
}

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // consul-template's
	m.Run()
}
