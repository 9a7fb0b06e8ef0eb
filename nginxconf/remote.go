package nginxconf

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"seedbed"
)

const (
	remoteTimeout = 5 * time.Second
	remoteLook    = time.Second
	maxRoutes     = 16 << 20
)

// RemoteConfig says where a router on another machine is. URL, Token and Sites
// are needed.
type RemoteConfig struct {
	URL   string // of its Status: "http://10.0.0.2:8490"
	Token seedbed.Secret
	CA    []byte // in PEM, if its certificate is not one that the machine trusts
	Sites string // where it serves sites, as this machine reaches it: "10.0.0.2:80"
}

// Remote is a router on another machine. It implements reconcile.Router by
// asking that one each time, so that it says nothing but what nginx there has
// proved.
type Remote struct {
	base  *url.URL
	token seedbed.Secret
	http  *http.Client
	sites string
	port  string
}

// NewRemote returns a Remote. It does not connect yet.
func NewRemote(c RemoteConfig) (*Remote, error) {
	base, err := url.Parse(strings.TrimRight(c.URL, "/"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.User != nil {
		return nil, errors.New("the address of the router is not one such as http://10.0.0.2:8490")
	}
	_, port, err := net.SplitHostPort(c.Sites)
	if err != nil {
		return nil, fmt.Errorf("the address at which the router serves sites is not one such as 10.0.0.2:80: %w", err)
	}
	transport := &http.Transport{DialContext: (&net.Dialer{Timeout: remoteTimeout}).DialContext, TLSHandshakeTimeout: remoteTimeout}
	if len(c.CA) > 0 {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(c.CA) {
			return nil, errors.New("the CA file of the router holds no certificate in PEM")
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	refuse := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Remote{
		base: base, token: c.Token, sites: c.Sites, port: port,
		http: &http.Client{Transport: transport, Timeout: remoteTimeout, CheckRedirect: refuse},
	}, nil
}

// Routes returns what nginx there serves now. It is an Unavailable error if it
// does not say.
func (r *Remote) Routes(ctx context.Context) (seedbed.Routes, error) {
	text, err := r.ask(ctx, "/routes")
	if err != nil {
		return seedbed.Routes{}, err
	}
	var routes seedbed.Routes
	if err := json.Unmarshal(text, &routes); err != nil || routes.Hosts == nil {
		return seedbed.Routes{}, silent(fmt.Errorf("the answer is no list of routes: %w", err))
	}
	return routes, nil
}

// Report says how the router there does.
func (r *Remote) Report(ctx context.Context) (report seedbed.RouterReport, _ error) {
	return report, r.askJSON(ctx, "/report", nil, &report)
}

// Visits returns how often a workload's sites were asked there, and for what last.
func (r *Remote) Visits(ctx context.Context, id seedbed.WorkloadID) (visits seedbed.Visits, _ error) {
	return visits, r.askJSON(ctx, "/visits", url.Values{"workload": {string(id)}}, &visits)
}

func (r *Remote) askJSON(ctx context.Context, path string, query url.Values, into any) error {
	text, err := r.askFor(ctx, path, query)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return silent(fmt.Errorf("the answer cannot be read: %w", err))
	}
	return nil
}

// Check returns nil if nginx there runs and serves what it should.
func (r *Remote) Check(ctx context.Context) error {
	_, err := r.ask(ctx, "/check")
	return err
}

// Ask requests a site's first page through nginx there, as a visitor would.
func (r *Remote) Ask(ctx context.Context, host seedbed.HostName) seedbed.Answer {
	return ask(ctx, dialing(visitTimeout, r.sites), host, r.port)
}

// Watch calls changed whenever other routes are served, until ctx ends. It looks
// every second, for the other side does not call.
func (r *Remote) Watch(ctx context.Context, changed func()) {
	ticker := time.NewTicker(remoteLook)
	defer ticker.Stop()
	var last seedbed.Routes
	for {
		if routes, err := r.Routes(ctx); err == nil && !reflect.DeepEqual(routes, last) {
			last = routes
			changed()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (r *Remote) ask(ctx context.Context, path string) ([]byte, error) {
	return r.askFor(ctx, path, nil)
}

func (r *Remote) askFor(ctx context.Context, path string, query url.Values) ([]byte, error) {
	at := r.base.JoinPath(path)
	at.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+r.token.Reveal())
	res, err := r.http.Do(req)
	if err != nil {
		return nil, silent(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxRoutes))
	if err != nil || res.StatusCode < 200 || res.StatusCode > 299 {
		return nil, silent(errors.Join(err, fmt.Errorf("the router answered %d: %s", res.StatusCode, text[:min(len(text), 500)])))
	}
	return text, nil
}

func silent(err error) error {
	return &seedbed.Error{Code: seedbed.Unavailable, Err: err,
		Message: "The router on the other machine does not say what nginx serves. Sites that run are most likely served; it is asked again every few seconds."}
}
