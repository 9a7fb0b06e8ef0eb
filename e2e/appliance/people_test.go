//go:build appliance

package appliance

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Passwords of amina, the administrator.
const (
	firstPassword = "seven tall bright trees"
	password      = "nine small dark stones"
)

func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return values
}

// codeIn returns the code of a link.
func codeIn(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil || u.Query().Get("code") == "" {
		t.Fatalf("there is no code in %q: %v", link, err)
	}
	return u.Query().Get("code")
}

// post sends a form of the portal, which has to send the browser on, and returns
// where to.
func (m *machine) post(path string, values url.Values) string {
	m.t.Helper()
	status, to := m.submit(path, values)
	if status != http.StatusSeeOther {
		m.t.Errorf("%s answers %d", path, status)
	}
	return to
}

func (m *machine) submit(path string, values url.Values) (status int, to string) {
	m.t.Helper()
	client := m.client(8500)
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := client.PostForm(fmt.Sprintf("http://%s:8500%s", m.addr, path), values)
	if err != nil {
		m.t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode, answer.Header.Get("Location")
}

// signsIn checks whether amina is let in with a password.
func (m *machine) signsIn(password string, lets bool) {
	m.t.Helper()
	status, _ := m.submit("/sign-in", form("user", "amina", "password", password))
	if (status == http.StatusSeeOther) != lets {
		m.t.Errorf("signing in answers %d", status)
	}
}

// client is a browser that reaches the machine by any name.
func (m *machine) client(port int) *http.Client {
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, net.JoinHostPort(m.addr, fmt.Sprint(port)))
	}}
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}
