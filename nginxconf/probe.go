package nginxconf

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"time"
)

const (
	probeTimeout = 10 * time.Second
	maxProbe     = 1 << 20
	// deafAfter is how many probes may fail one after the other until a runner is
	// no longer believed to hear anything either.
	deafAfter = 3
)

// marks are what bridge and portal say of all that they have written, as they
// wrote it. Two views with the same marks, of which the first has a digest, are
// the same.
type marks struct{ instances, digest, hosts string }

// probe asks Consul for the marks alone, in one request.
type probe struct {
	url    string
	bridge string
	token  string
	client *http.Client
}

// newProbe returns a probe that does not connect yet.
func (c Config) newProbe() (*probe, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute}
	url := "http://" + c.ConsulAddr
	if strings.HasPrefix(c.ConsulAddr, "https://") {
		url = c.ConsulAddr
		roots, err := readRoots(c.ConsulCA)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	client := &http.Client{Transport: transport, Timeout: probeTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &probe{url: url + "/v1/txn?stale", bridge: c.Bridge, token: c.ConsulToken.Reveal(), client: client}, nil
}

// readRoots reads the certificates that are trusted; nil are those of the machine.
func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the certificates that sign Consul's: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("the file of the certificates that sign Consul's holds none in PEM")
	}
	return pool, nil
}

// question is a transaction that only reads: the bridge's own entry, and the
// portal's mark. A tree may be empty, where a single key would be an error.
func (p *probe) question() ([]byte, error) {
	node := "seedbed-bridge-" + p.bridge
	return json.Marshal([]map[string]any{
		{"KV": map[string]string{"Verb": "get-tree", "Key": hostsPrefix + p.bridge + "/" + hostsMark}},
		{"Service": map[string]any{"Verb": "get", "Node": node, "Service": map[string]string{"ID": node}}},
	})
}

// probed is Consul's answer to the question.
type probed struct {
	Results []struct {
		KV *struct {
			Key   string
			Value []byte
		}
		Service *struct{ Meta map[string]string }
	}
}

// ask returns the marks that Consul has now. A Consul that answers without the
// bridge's own entry, as after it lost its data, has empty ones.
func (p *probe) ask(ctx context.Context) (marks, error) {
	body, err := p.question()
	if err != nil {
		return marks{}, fmt.Errorf("ask Consul for the marks: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, p.url, bytes.NewReader(body))
	if err != nil {
		return marks{}, fmt.Errorf("ask Consul for the marks: %w", err)
	}
	if p.token != "" {
		request.Header.Set("X-Consul-Token", p.token)
	}
	answer, err := p.client.Do(request)
	if err != nil {
		return marks{}, fmt.Errorf("ask Consul for the marks: %w", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxProbe))
	if err != nil {
		return marks{}, fmt.Errorf("ask Consul for the marks: %w", err)
	}
	return p.read(answer.StatusCode, text)
}

func (p *probe) read(status int, text []byte) (m marks, _ error) {
	if status == http.StatusConflict { // what was asked for is not there
		return marks{}, nil
	}
	var got probed
	if err := json.Unmarshal(text, &got); err != nil || status != http.StatusOK {
		return marks{}, errors.Join(err, fmt.Errorf("ask Consul for the marks: it answered %d", status))
	}
	for _, result := range got.Results {
		if result.KV != nil && result.KV.Key == hostsPrefix+p.bridge+"/"+hostsMark {
			m.hosts = string(result.KV.Value)
		}
		if result.Service != nil {
			m.instances, m.digest = result.Service.Meta[metaInstances], result.Service.Meta[metaDigest]
		}
	}
	return m, nil
}

// guard returns errStale when Consul has had other marks than the newest view for
// some seconds while nothing was seen, or when it cannot be asked for long. It
// returns nil when ctx ends.
func (r *Router) guard(ctx context.Context) error {
	for failed := 0; ctx.Err() == nil; {
		sleep(ctx, r.lives.probe/2+rand.N(r.lives.probe))
		stale, err := r.isStale(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			if failed++; failed >= deafAfter {
				return errors.Join(errStale, err)
			}
		case stale:
			return errStale
		default:
			failed = 0
		}
	}
	return nil
}

// isStale compares what Consul has with what was seen. What has changed just now
// is given some time to arrive.
func (r *Router) isStale(ctx context.Context) (bool, error) {
	there, err := r.probe.ask(ctx)
	if err != nil {
		return false, err
	}
	before, seen := r.seen()
	if seen == there {
		r.mu.Lock()
		r.seenAt = r.now()
		r.mu.Unlock()
		return false, nil
	}
	sleep(ctx, r.lives.partial)
	now, seen := r.seen()
	return now == before && seen != there, nil
}

// seen returns how many views were taken up, and the marks of the newest.
func (r *Router) seen() (count int64, m marks) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.views, r.view.marks
}
