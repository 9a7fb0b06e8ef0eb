package onebox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"seedbed/marathon/onebox/netns"
)

// errNoVerdict means that an answer says nothing: neither well nor unwell.
var errNoVerdict = errors.New("the answer counts neither as success nor as failure")

// pingTimeout is how long Docker may take to say that it is there, when a check
// that it was to carry out has not ended in time.
const pingTimeout = 2 * time.Second

// dial connects to the address of a check.
type dial func(ctx context.Context, network, address string) (net.Conn, error)

// ask does a health check once: nil means well.
func (e *Engine) ask(ctx context.Context, i *instance, check healthCheck) error {
	if e.cfg.Docker == nil {
		return nil // nothing was started, and all is taken to be well
	}
	if check.Protocol == "COMMAND" {
		return e.askCommand(ctx, i, check.Command.Value)
	}
	connect, address := dial(new(net.Dialer).DialContext), e.checkedAddress(i, check)
	if checkProtocols[check.Protocol] {
		var err error
		if connect, address, err = e.inside(ctx, i, check); err != nil {
			return err
		}
	}
	kind := strings.ToLower(strings.TrimPrefix(check.Protocol, "MESOS_"))
	if kind == "tcp" {
		return askTCP(ctx, connect, address)
	}
	return askHTTP(ctx, connect, kind, address, check)
}

// checkedAddress is where a check of the engine's own asks: the published port
// or, for a port by number, that of the container itself. Docker itself takes
// connections to published ports whether anybody listens behind them or not, so
// that a check which only connects asks the container.
func (e *Engine) checkedAddress(i *instance, check healthCheck) string {
	if check.Port != nil {
		return net.JoinHostPort(i.IP, strconv.Itoa(*check.Port))
	}
	n := check.PortIndex.find(i.Spec.portSpecs())
	bridged := !i.Spec.onHost() && i.IP != ""
	if bridged && (check.Protocol == "TCP" || i.Spec.portSpecs()[n].Hidden) {
		return net.JoinHostPort(i.IP, strconv.Itoa(containerPort(i, n)))
	}
	return net.JoinHostPort(e.cfg.HostIP, strconv.Itoa(i.Ports[n]))
}

// inside returns how and where a check asks that Mesos would do beside the task:
// at the loopback address of the task's own network. Where that network cannot
// be entered, the container's address is asked from outside.
func (e *Engine) inside(ctx context.Context, i *instance, check healthCheck) (dial, string, error) {
	loopback := "127.0.0.1"
	if check.IPProtocol == "IPv6" {
		loopback = "::1"
	}
	port := checkedPort(i, check)
	address := net.JoinHostPort(loopback, port)
	if i.Spec.onHost() {
		return new(net.Dialer).DialContext, address, nil
	}
	path, err := e.runtime.networkPath(ctx, i.TaskID())
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		conn, err := netns.Dial(ctx, path, address)
		if errors.Is(err, netns.ErrUnavailable) {
			return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(i.IP, port))
		}
		return conn, err
	}, address, e.unlessDockerIsAway(err)
}

// unlessDockerIsAway returns an error of asking Docker for a check. If it is
// Docker that does not answer, the check says nothing about the container.
func (e *Engine) unlessDockerIsAway(err error) error {
	if err == nil || !isAway(err) {
		return err
	}
	// The time of the check may be over, so this takes its own.
	ctx, cancel := context.WithTimeout(context.Background(), pingTimeout)
	defer cancel()
	if errors.Is(err, context.DeadlineExceeded) && e.runtime.ping(ctx) == nil {
		return err
	}
	return fmt.Errorf("%w: Docker does not answer", errNoVerdict)
}

// checkedPort is the number by which the task itself knows the port of a check.
func checkedPort(i *instance, check healthCheck) string {
	if check.Port != nil {
		return strconv.Itoa(*check.Port)
	}
	n := check.PortIndex.find(i.Spec.portSpecs())
	if i.Spec.onHost() {
		return strconv.Itoa(i.Ports[n])
	}
	return strconv.Itoa(containerPort(i, n))
}

func askTCP(ctx context.Context, connect dial, address string) error {
	conn, err := connect(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return conn.Close()
}

// askHTTP succeeds on a status from 200 to 399, as in Marathon. Of the statuses
// below, only 101 is an answer of its own.
func askHTTP(ctx context.Context, connect dial, scheme, address string, check healthCheck) error {
	url := scheme + "://" + address + "/" + strings.TrimPrefix(check.Path, "/")
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "onebox health check")
	res, err := checkClient(connect).Do(req)
	if err != nil {
		return errors.Unwrap(err) // without the address, which tells people nothing
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusSwitchingProtocols && check.IgnoreHTTP1xx {
		return errNoVerdict
	}
	if res.StatusCode < 200 || res.StatusCode > 399 {
		return fmt.Errorf("%s %s", res.Proto, res.Status)
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)); err != nil {
		return fmt.Errorf("the answer broke off: %w", err)
	}
	return nil
}

func checkClient(connect dial) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:       connect,
			DisableKeepAlives: true,
			// A container's certificate names a site, not an address.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (e *Engine) askCommand(ctx context.Context, i *instance, command string) error {
	output, status, err := e.runtime.execute(ctx, i.TaskID(), command)
	if err != nil {
		return e.unlessDockerIsAway(err)
	}
	if status != 0 {
		return errors.New(withWords(fmt.Sprintf("Command exited with status %d", status), output))
	}
	return nil
}
