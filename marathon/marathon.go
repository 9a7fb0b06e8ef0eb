// Package marathon drives Marathon, or whatever speaks its v2 REST API, such as
// onebox: it turns workloads into app definitions, asks how they are, and says
// when something may have changed.
//
// The forms of app definitions are those of go-marathon, which is used here and
// nowhere else. Its client is not used: it knows no contexts, repeats requests
// that must not be repeated, hides what the server said and cannot replace a
// definition whole (partialUpdate=false). The requests are made in rest.go
// instead, the event stream is read in events.go.
//
// It decides nothing: it does not know what a site is, whether a deployment is
// worth waiting for, or what to do when one fails.
package marathon

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"seedbed"
)

// Config says where Marathon is. URLs is needed.
type Config struct {
	// URLs are the addresses of all Marathon masters, such as
	// "http://10.0.0.1:8080". Any of them will do at any time.
	URLs []string
	// User and Password are for HTTP basic authentication, if User is set.
	User     string
	Password seedbed.Secret
	// CA is the certificates, in PEM, that sign those of Marathon and Mesos.
	// Empty means those that the machine trusts. It is for the default of HTTP.
	CA []byte
	// Certificate and Key, in PEM, are what Marathon and Mesos are shown where they
	// ask for a certificate; both or none. They are for the default of HTTP.
	Certificate []byte
	Key         seedbed.Secret
	// Group is where the apps are, such as "/seedbed", so that Marathon can be
	// shared: apps outside of it are neither seen nor touched. Default: the root,
	// and all apps are seen.
	Group string
	// Mesos is the address of the Mesos master, if it is not the one that Marathon
	// tells.
	Mesos string
	// Log receives what happened. Default: nothing is logged.
	Log *slog.Logger
	// HTTP makes the requests. Its Timeout must be zero, for it would end the
	// event stream as well. Default: a client with sensible limits.
	HTTP *http.Client
}

// Client drives one Marathon. It implements reconcile.Engine. Its methods may be
// called from several goroutines.
type Client struct {
	urls      []*url.URL
	group     group
	user      string
	password  seedbed.Secret
	log       *slog.Logger
	http      *http.Client
	client    *http.Client // http, with the redirects that may be followed
	leader    leadership
	preferred atomic.Int64 // index of the address that answered last
	mesos     mesos
	noPulls   atomic.Bool // it has said that it does not tell of pulls
}

// New returns a client. It does not connect yet.
func New(cfg Config) (*Client, error) {
	in, err := parseGroup(cfg.Group)
	if err != nil {
		return nil, err
	}
	c := &Client{group: in, user: cfg.User, password: cfg.Password, log: cfg.Log, http: cfg.HTTP}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.http == nil {
		transport, err := transport(cfg)
		if err != nil {
			return nil, err
		}
		c.http = &http.Client{Transport: transport}
	}
	if c.http.Timeout != 0 {
		return nil, errors.New("marathon: the HTTP client must have no timeout, for it would end the event stream")
	}
	for _, text := range cfg.URLs {
		u, err := parseAddress(text)
		if err != nil {
			return nil, err
		}
		c.urls = append(c.urls, u)
	}
	if len(c.urls) == 0 {
		return nil, errors.New("marathon: no address is given")
	}
	c.client = c.following()
	return c, c.mesos.init(cfg.Mesos)
}

// parseAddress reads the address of a Marathon or a Mesos.
func parseAddress(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("marathon: %q is not an address such as http://10.0.0.1:8080", redacted(text))
	}
	return u, nil
}

// redacted returns an address without the password that somebody may have put
// into it.
func redacted(text string) string {
	if u, err := url.Parse(text); err == nil {
		return u.Redacted()
	}
	return "(unreadable)"
}

// transport uses no proxy: Marathon is inside the datacenter.
func transport(cfg Config) (*http.Transport, error) {
	secure, err := secured(cfg)
	return &http.Transport{
		TLSClientConfig:       secure,
		DialContext:           (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSHandshakeTimeout:   5 * time.Second,
		ResponseHeaderTimeout: 30 * time.Second,
		IdleConnTimeout:       60 * time.Second,
		MaxIdleConnsPerHost:   4,
	}, err
}

// secured says whom TLS trusts and what it shows.
func secured(cfg Config) (*tls.Config, error) {
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(cfg.CA) > 0 {
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(cfg.CA) {
			return nil, errors.New("marathon: the CA file holds no certificate in PEM")
		}
	}
	if len(cfg.Certificate) > 0 || cfg.Key != "" {
		own, err := tls.X509KeyPair(cfg.Certificate, []byte(cfg.Key.Reveal()))
		if err != nil {
			return nil, fmt.Errorf("marathon: the certificate and the key do not go together: %w", err)
		}
		out.Certificates = []tls.Certificate{own}
	}
	return out, nil
}

// Check returns nil if Marathon answers.
func (c *Client) Check(ctx context.Context) error {
	return c.call(ctx, get("/ping", nil), func(body []byte) error {
		if text := strings.Trim(string(body), "\" \r\n"); text != "pong" && text != "" { // 204 has no body
			return errors.New("it does not say pong")
		}
		return nil
	})
}

// order is the answer to a change: it is on record, and its deployment begins.
type order struct {
	Deployment string `json:"deploymentId"`
}

func (o *order) whole() error {
	if o.Deployment == "" {
		return errors.New("the answer names no deployment")
	}
	return nil
}

// Apply makes Marathon keep w running in place of whatever it had under w.ID.
// It replaces the whole definition, cancels a deployment that is under way, and
// is safe to repeat: without a difference nothing is restarted. A definition
// that Marathon refuses is an Invalid error with a RefusedError in it.
//
// After an Unavailable error it may have been taken: whether it was is seen by
// the label of what Observe returns. So is the end of the deployment, which may
// come before Apply returns: it is Settled and has the instances, or it is not.
func (c *Client) Apply(ctx context.Context, w seedbed.Workload) error {
	query := url.Values{"force": {"true"}, "partialUpdate": {"false"}}
	var taken order
	err := c.call(ctx, request{method: http.MethodPut, path: c.appPath(w.ID), query: query, body: c.group.definition(w)}, into(&taken))
	if err != nil {
		return fmt.Errorf("apply %s: %w", w.ID, err)
	}
	c.log.Debug("applied", "workload", w.ID, "deployment", taken.Deployment)
	return nil
}

// Remove makes Marathon stop and forget a workload. One that is not there is no
// error; that Marathon itself must say.
func (c *Client) Remove(ctx context.Context, id seedbed.WorkloadID) error {
	query := url.Values{"force": {"true"}}
	var taken order
	err := c.call(ctx, request{method: http.MethodDelete, path: c.appPath(id), query: query}, into(&taken))
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("remove %s: %w", id, err)
	}
	return nil
}

// appPath is where an app is found. Ids consist of segments that need no
// escaping; one that does would only not be found.
func (c *Client) appPath(id seedbed.WorkloadID) string {
	segments := strings.Split(strings.Trim(c.group.app(id), "/"), "/")
	for n, s := range segments {
		segments[n] = url.PathEscape(s)
	}
	return "/v2/apps/" + strings.Join(segments, "/")
}
