package marathon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"seedbed"
)

const (
	mesosTimeout = 10 * time.Second
	// mesosFresh is how long is believed who the leader is and where agents are.
	mesosFresh = 30 * time.Second
	maxState   = 32 << 20
	// maxKept is how many folders and samples are kept in mind; then all are
	// forgotten, for they can be had again.
	maxKept = 5000
)

// mesos is what is known of the Mesos behind Marathon. It is looked up when it
// is needed and only kept for a moment.
type mesos struct {
	given     *url.URL // by configuration, or nil
	mu        sync.Mutex
	leader    *url.URL
	framework string
	known     time.Time
	agents    map[seedbed.MachineID]*url.URL
	folders   map[seedbed.TaskID]string
	samples   map[seedbed.TaskID]sample
}

func (m *mesos) init(address string) (err error) {
	m.agents, m.folders, m.samples = map[seedbed.MachineID]*url.URL{}, map[seedbed.TaskID]string{}, map[seedbed.TaskID]sample{}
	if address != "" {
		m.given, err = parseAddress(address)
	}
	return err
}

// master returns the address of the leading master and the name by which Mesos
// knows Marathon. Marathon tells both.
func (c *Client) master(ctx context.Context) (*url.URL, string, error) {
	c.mesos.mu.Lock()
	leader, framework, known := c.mesos.leader, c.mesos.framework, c.mesos.known
	c.mesos.mu.Unlock()
	if leader != nil && time.Since(known) < mesosFresh {
		return leader, framework, nil
	}
	leader, framework, err := c.findMaster(ctx)
	if err != nil {
		return nil, "", err
	}
	c.mesos.mu.Lock()
	defer c.mesos.mu.Unlock()
	c.mesos.leader, c.mesos.framework, c.mesos.known = leader, framework, time.Now()
	return leader, framework, nil
}

// info is what is read of Marathon's own settings.
type info struct {
	FrameworkID string `json:"frameworkId"`
	Config      *struct {
		Leader string `json:"mesos_leader_ui_url"`
	} `json:"marathon_config"`
}

func (i *info) whole() error {
	if i.Config == nil || i.FrameworkID == "" {
		return errors.New("it says neither its settings nor its framework")
	}
	return nil
}

func (c *Client) findMaster(ctx context.Context) (*url.URL, string, error) {
	var in info
	if err := c.call(ctx, get("/v2/info", nil), into(&in)); err != nil {
		return nil, "", unavailableOf(err)
	}
	if c.mesos.given != nil {
		return c.mesos.given, in.FrameworkID, nil
	}
	base := c.urls[int(c.preferred.Load())]
	leader, err := base.Parse(in.Config.Leader)
	if err != nil || in.Config.Leader == "" || leader.Scheme != "http" && leader.Scheme != "https" {
		return nil, "", unavailable("Marathon does not say where its Mesos is, so logs, usage and machines are not known. Give Seedbed the address of the Mesos master.", err)
	}
	return &url.URL{Scheme: leader.Scheme, Host: leader.Host, Path: strings.TrimRight(leader.Path, "/")}, in.FrameworkID, nil
}

// agentState is a machine as the master lists it.
type agentState struct {
	ID         string         `json:"id"`
	PID        string         `json:"pid"`
	Hostname   string         `json:"hostname"`
	Active     bool           `json:"active"`
	Registered float64        `json:"registered_time"`
	Resources  mesosResources `json:"resources"`
	Used       mesosResources `json:"used_resources"`
}

// agentList is the master's answer to the question for all machines.
type agentList struct {
	Slaves *[]agentState `json:"slaves"`
}

func (l *agentList) whole() error {
	if l.Slaves == nil {
		return errors.New("there is no list of machines")
	}
	return nil
}

// mesosResources are amounts as Mesos writes them: memory and disk in MiB.
type mesosResources struct {
	CPUs float64 `json:"cpus"`
	Mem  float64 `json:"mem"`
	Disk float64 `json:"disk"`
}

func (r mesosResources) resources() seedbed.Resources {
	return seedbed.Resources{CPUs: r.CPUs, Memory: int64(r.Mem * (1 << 20)), Disk: int64(r.Disk * (1 << 20))}
}

// readAgents asks the master for all machines, and keeps their addresses.
func (c *Client) readAgents(ctx context.Context) ([]agentState, error) {
	master, _, err := c.master(ctx)
	if err != nil {
		return nil, err
	}
	var in agentList
	if err := c.ask(ctx, master, "/master/slaves", nil, &in); err != nil {
		return nil, err
	}
	c.keepAgents(*in.Slaves, master.Scheme)
	return *in.Slaves, nil
}

func (c *Client) keepAgents(list []agentState, scheme string) {
	c.mesos.mu.Lock()
	defer c.mesos.mu.Unlock()
	clear(c.mesos.agents)
	for _, a := range list {
		if u := a.address(scheme); u != nil {
			c.mesos.agents[seedbed.MachineID(a.ID)] = u
		}
	}
}

// address is where the agent answers: what stands behind the @ of its process
// id, "slave(1)@10.0.0.1:5051". Agents speak TLS where the master does.
func (a agentState) address(scheme string) *url.URL {
	_, hostport, _ := strings.Cut(a.PID, "@")
	if host, port, err := net.SplitHostPort(hostport); err != nil || host == "" || port == "" || strings.ContainsAny(hostport, "/?#@ ") {
		return nil
	}
	return &url.URL{Scheme: scheme, Host: hostport}
}

// agent returns the address of a machine's agent.
func (c *Client) agent(ctx context.Context, id seedbed.MachineID) (*url.URL, error) {
	if u := c.keptAgent(id); u != nil {
		return u, nil
	}
	if _, err := c.readAgents(ctx); err != nil {
		return nil, err
	}
	if u := c.keptAgent(id); u != nil {
		return u, nil
	}
	return nil, seedbed.Missing("The machine on which this ran is not there any more.")
}

func (c *Client) keptAgent(id seedbed.MachineID) *url.URL {
	c.mesos.mu.Lock()
	defer c.mesos.mu.Unlock()
	return c.mesos.agents[id]
}

// ask gets a JSON document from a master or an agent. Trouble is an Unavailable
// error, but for a file that the agent does not have, which is NotFound.
func (c *Client) ask(ctx context.Context, base *url.URL, path string, query url.Values, result shape) error {
	ctx, cancel := context.WithTimeout(ctx, mesosTimeout)
	defer cancel()
	body, err := c.open(ctx, base, path, query)
	if err != nil {
		return c.mesosTrouble(base, err)
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, maxState+1))
	switch {
	case err != nil:
		return c.mesosTrouble(base, fmt.Errorf("read the answer: %w", err))
	case len(text) > maxState:
		return c.mesosTrouble(base, errors.New("the answer is too long"))
	}
	if err := into(result)(text); err != nil {
		return c.mesosTrouble(base, fmt.Errorf("the answer is not what Mesos answers: %w", err))
	}
	return nil
}

// open opens an answer of a master or an agent.
func (c *Client) open(ctx context.Context, base *url.URL, path string, query url.Values) (io.ReadCloser, error) {
	target := base.JoinPath(path)
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if c.mayTell(target) {
		c.authorize(req)
	}
	res, err := c.mesosClient().Do(req)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		body, _ := io.ReadAll(io.LimitReader(res.Body, 500)) // only to say more
		// Files come and go; whatever else does not have what every Mesos has is none.
		return nil, &APIError{Status: res.StatusCode, Message: strings.TrimSpace(string(body)), Foreign: !strings.HasPrefix(path, "/files/")}
	}
	return res.Body, nil
}

// mayTell reports whether the password may go to an address: never without TLS
// if Marathon itself is reached with it.
func (c *Client) mayTell(u *url.URL) bool {
	for _, m := range c.urls {
		if m.Scheme == "https" && u.Scheme != "https" {
			return false
		}
	}
	return true
}

// mesosClient signs in at no address that it is redirected to.
func (c *Client) mesosClient() *http.Client {
	follow := *c.http
	follow.CheckRedirect = func(req *http.Request, via []*http.Request) error {
		if len(via) > 3 {
			return errors.New("too many redirects")
		}
		if first := via[0].URL; first.Scheme != req.URL.Scheme || first.Host != req.URL.Host {
			req.Header.Del("Authorization")
		}
		return nil
	}
	return &follow
}

// mesosTrouble makes an error for people; the next question looks for the
// leader and the agents anew.
func (c *Client) mesosTrouble(base *url.URL, err error) error {
	c.mesos.mu.Lock()
	c.mesos.leader = nil
	clear(c.mesos.agents)
	c.mesos.mu.Unlock()
	err = fmt.Errorf("ask %s: %w", base.Host, err)
	var e *APIError
	if errors.As(err, &e) && !e.Foreign && (e.Status == http.StatusNotFound || e.Status == http.StatusBadRequest) {
		return &seedbed.Error{Code: seedbed.NotFound, Message: "The machine does not have this any more.", Err: err}
	}
	if errors.As(err, &e) && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden) {
		return unavailable("Mesos does not let the portal in, so logs, usage and machines are not known. Check the user name and password that Seedbed has for it.", err)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return unavailable("The machine that would know did not answer in time. Sites that run go on.", err)
	}
	return unavailable("The machine that would know does not answer. Sites that run go on.", err)
}

// mesosTime is a time as Mesos writes it.
func mesosTime(seconds float64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(seconds * 1e6))
}

// keep puts a value into a map that must not grow for ever.
func keep[K comparable, V any](m map[K]V, key K, value V) {
	if len(m) >= maxKept {
		clear(m)
	}
	m[key] = value
}

// newestFirst orders times.
func newestFirst(a, b time.Time) int { return cmp.Compare(b.UnixNano(), a.UnixNano()) }
