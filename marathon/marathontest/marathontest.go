// Package marathontest tells whether something is a Marathon: a suite of checks
// that is given an address and asks there what can be seen from outside.
//
// Every check has a name that says the fact, works below a group of its own, and
// takes away what it made. What else runs on the target is never touched. Where
// onebox knowingly differs (differences.go), it is held to the difference.
//
// It starts no Marathon, and it knows nothing of how one works inside.
package marathontest

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"
)

// Target is what is checked.
type Target struct {
	// URL is the address of the leader, without a path.
	URL string
	// User and Password are sent with each request if Password is set; then the
	// target is also expected to refuse who does not know them.
	User, Password string
	// Transport carries the requests; it knows whom to trust. Default: as
	// http.DefaultTransport.
	Transport *http.Transport
	// Tasks are programs that the target can run. Default: BusyboxTasks.
	Tasks Tasks
	// Onebox says that it is this project's engine, which differs here and there.
	Onebox bool
	// Dry says that no program is really started, and that all is taken to run
	// and to be healthy.
	Dry bool
}

// Tasks are members of definitions, as JSON without braces, that let a task
// behave in a certain way. Programs are in Image.
type Tasks struct {
	Image string
	// Serves answers HTTP on port 8080: at / and /health with 200, at /env with
	// its environment, a line for each variable.
	Serves string
	// Sick is like Serves, but has no 200 for /health.
	Sick string
	// Fails ends with a status that is not zero, Ends with zero.
	Fails, Ends string
}

// BusyboxTasks are made from an image that has busybox as its shell.
func BusyboxTasks(image string) Tasks {
	const serve = `mkdir -p /tmp/w && cd /tmp/w && echo ok >index.html && env >env && `
	return Tasks{
		Image:  image,
		Serves: `"cmd":"` + serve + `echo ok >health && exec httpd -f -p 8080"`,
		Sick:   `"cmd":"` + serve + `exec httpd -f -p 8080"`,
		Fails:  `"cmd":"exit 3"`,
		Ends:   `"cmd":"exit 0"`,
	}
}

// suite is one run over one target.
type suite struct {
	Target
	group  string // the id of the group of the whole run
	client *http.Client
}

// Run checks the target, with one subtest for each check. What it made is gone
// when it returns, whether the checks held or not.
func Run(t *testing.T, target Target) {
	t.Helper()
	s := newSuite(target)
	t.Cleanup(func() { s.clean(t) })
	for number, c := range checks() {
		if c.fits(target) {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				s.run(t, number, c)
			})
		}
	}
}

func newSuite(target Target) *suite {
	if target.Transport == nil {
		target.Transport = http.DefaultTransport.(*http.Transport).Clone()
	}
	if target.Tasks == (Tasks{}) {
		target.Tasks = BusyboxTasks("busybox:1")
	}
	target.URL = strings.TrimRight(target.URL, "/")
	redirects := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	client := &http.Client{Transport: target.Transport, Timeout: time.Minute, CheckRedirect: redirects}
	return &suite{Target: target, group: "/conformance-" + random(), client: client}
}

func random() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Checks are the names of all checks.
func Checks() []string {
	var names []string
	for _, c := range checks() {
		names = append(names, c.name)
	}
	return names
}
