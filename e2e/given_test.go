//go:build e2e

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// These variables name a Marathon on which all of these tests then run, each in
// a group of its own, and a folder that is the same on all its machines.
const (
	givenURL          = "SEEDBED_TEST_MARATHON_URL" // several are separated by commas
	givenUser         = "SEEDBED_TEST_MARATHON_USER"
	givenPasswordFile = "SEEDBED_TEST_MARATHON_PASSWORD_FILE"
	givenCA           = "SEEDBED_TEST_MARATHON_CA"
	givenVolumeDir    = "SEEDBED_TEST_VOLUME_DIR"
)

// givenEngine is a group of the Marathon that the environment names.
type givenEngine struct {
	t     *testing.T
	dir   string
	group string
	home  string // below which volumes are
	urls  []string
	doors []givenDoor // to each of urls
	ca    []byte
	http  *http.Client
}

// givenDoor is a door before a Marathon, and its address.
type givenDoor struct {
	*door
	url string
}

func openGiven(t *testing.T, dir string) *givenEngine {
	t.Helper()
	e := &givenEngine{t: t, dir: dir, group: "/" + filepath.Base(dir), home: folderForVolumes(t), urls: strings.Split(os.Getenv(givenURL), ",")}
	e.trust()
	for _, u := range e.urls {
		e.openDoor(u)
	}
	if err := os.WriteFile(e.caFile(), e.ca, 0o600); err != nil {
		t.Fatal(err)
	}
	return e
}

// trust makes the client with which the test itself asks Marathon.
func (e *givenEngine) trust() {
	e.t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	if file := os.Getenv(givenCA); file != "" {
		var err error
		if e.ca, err = os.ReadFile(file); err != nil {
			e.t.Fatal(err)
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(e.ca)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	e.http = &http.Client{Transport: transport}
	e.t.Cleanup(transport.CloseIdleConnections)
}

// openDoor puts a door before a Marathon. What comes through it goes on by a
// proxy, with TLS where Marathon has it: with a certificate of its own, for that
// of Marathon is not the door's.
func (e *givenEngine) openDoor(address string) {
	e.t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		e.t.Fatal(err)
	}
	proxy := httptest.NewUnstartedServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, Transport: e.http.Transport, ModifyResponse: e.stayBehindDoors,
	})
	if target.Scheme == "https" {
		proxy.StartTLS()
		e.ca = append(e.ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: proxy.Certificate().Raw})...)
	} else {
		proxy.Start()
	}
	e.t.Cleanup(proxy.Close)
	d := openDoor(e.t, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, proxy.Listener.Addr())
	e.doors = append(e.doors, givenDoor{d, target.Scheme + "://" + d.at.String()})
}

// stayBehindDoors makes a way to the leader lead through its door.
func (e *givenEngine) stayBehindDoors(r *http.Response) error {
	for n, u := range e.urls {
		if path, ok := strings.CutPrefix(r.Header.Get("Location"), strings.TrimRight(u, "/")); ok {
			r.Header.Set("Location", e.doors[n].url+path)
		}
	}
	return nil
}

func (e *givenEngine) caFile() string { return filepath.Join(e.dir, "marathon-ca.pem") }

// options are those of serve; its way to Marathon leads through the doors.
func (e *givenEngine) options() []string {
	var urls []string
	for _, d := range e.doors {
		urls = append(urls, d.url)
	}
	return append(e.optionsAt(strings.Join(urls, ",")), "-volume-dir", e.volumes(), "-service-volume-dir", filepath.Join(e.home, "services"))
}

// environment is that of serve.
func (e *givenEngine) environment() []string { return nil }

func (e *givenEngine) volumes() string { return filepath.Join(e.home, "volumes") }

// folderForVolumes returns a new folder that the engine may give to containers.
func folderForVolumes(t *testing.T) string {
	t.Helper()
	all := os.Getenv(givenVolumeDir)
	if all == "" {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(all, "seedbed-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// direct are the options of what asks Marathon through no door.
func (e *givenEngine) direct() []string { return e.optionsAt(os.Getenv(givenURL)) }

func (e *givenEngine) optionsAt(urls string) []string {
	options := []string{"-marathon", urls, "-marathon-group", e.group}
	if len(e.ca) > 0 {
		options = append(options, "-marathon-ca", e.caFile())
	}
	for option, variable := range map[string]string{"-marathon-user": givenUser, "-marathon-password-file": givenPasswordFile} {
		if value := os.Getenv(variable); value != "" {
			options = append(options, option, value)
		}
	}
	return options
}
