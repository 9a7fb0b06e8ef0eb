package nginxconf

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"seedbed"
)

const visitTimeout = 10 * time.Second

// Ask requests a site's first page through nginx, as a visitor would. A
// redirect is an answer. It is let in where visitors are not (maintenance,
// passwords, networks), and led to no other name. Where nginx answers with a page of its own in place of
// the site, the Answer has no Status, because the site did not answer.
func (r *Router) Ask(ctx context.Context, host seedbed.HostName) seedbed.Answer {
	return ask(ctx, r.nginx.client(visitTimeout), host, strconv.Itoa(int(r.nginx.listen.Port())))
}

// ask visits a site with a client whose every request goes to nginx.
func ask(ctx context.Context, client *http.Client, host seedbed.HostName, port string) seedbed.Answer {
	begun := time.Now()
	status, err := visit(ctx, client, host, port)
	answer := seedbed.Answer{At: begun, Took: time.Since(begun), Status: status}
	if err != nil {
		answer.Err = err.Error()
	}
	return answer
}

func visit(ctx context.Context, client *http.Client, host seedbed.HostName, port string) (status int, _ error) {
	if _, err := seedbed.ParseHostName(string(host)); err != nil {
		return 0, fmt.Errorf("%q is not a host name", string(host))
	}
	ctx, cancel := context.WithTimeout(ctx, visitTimeout)
	defer cancel()
	url := "http://" + net.JoinHostPort(string(host), port) + "/"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", host, err)
	}
	request.Header.Set(askHeader, "1")
	answer, err := client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("ask %s: %w", host, err)
	}
	defer answer.Body.Close()
	if page := answer.Header.Get(pageHeader); page != "" {
		return 0, fmt.Errorf("nginx answered in place of the site, with its page %q (status %d)", page, answer.StatusCode)
	}
	return answer.StatusCode, nil
}
