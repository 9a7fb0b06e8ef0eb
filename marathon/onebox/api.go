package onebox

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-chi/chi/v5/middleware"

	"seedbed/arrival"
)

// maxBody bounds what a client can send.
const maxBody = 4 << 20

// endpoint answers one method of one path, or returns an error that becomes
// the answer.
type endpoint func(w http.ResponseWriter, r *http.Request) error

// routes returns the handler of the whole API.
func (e *Engine) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, methods := range e.table() {
		mux.Handle(pattern, e.serve(pattern, methods))
	}
	mux.Handle("/", e.serve("/", nil))
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(e.serve("", map[string]endpoint{"": func(http.ResponseWriter, *http.Request) error {
		return &apiError{Status: http.StatusForbidden, Message: "requests from web pages of other origins are not allowed"}
	}}))
	compress := middleware.Compress(5, "application/json", "text/plain")
	return e.pace(e.guard(e.bound(compress(tidyPath(crossOrigin.Handler(mux))))))
}

// bound turns requests away while too many are being answered. Streams of
// events last, so they do not count.
func (e *Engine) bound(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != "/v2/events" {
			select {
			case e.requests <- struct{}{}:
				defer func() { <-e.requests }()
			default:
				e.answerError(w, r, "", &apiError{Status: http.StatusServiceUnavailable, Message: "Too many concurrent requests!"})
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (e *Engine) table() map[string]map[string]endpoint {
	return map[string]map[string]endpoint{
		"/{$}":                   {"GET": toUI},
		"/ui":                    {"GET": noUI},
		"/ui/{path...}":          {"GET": noUI},
		"/help":                  {"GET": e.help},
		"/logging":               {"GET": e.showLogging},
		"/ping":                  {"GET": ping},
		"/v2/apps":               {"GET": e.listApps, "POST": e.createApp, "PUT": e.putApps, "PATCH": e.putApps},
		"/v2/apps/{path...}":     e.appMethods(),
		"/v2/groups":             e.groupMethods(),
		"/v2/groups/{path...}":   e.groupMethods(),
		"/v2/tasks":              {"GET": e.listTasks},
		"/v2/tasks/delete":       {"POST": e.deleteTasks},
		"/v2/deployments":        {"GET": e.listDeployments},
		"/v2/deployments/{id}":   {"DELETE": e.deleteDeployment},
		"/v2/queue":              {"GET": e.listQueue},
		"/v2/queue/{path...}":    {"DELETE": e.deleteDelay},
		"/v2/events":             {"GET": e.streamEvents},
		"/v2/onebox/pulls":       {"GET": e.listPulls},
		"/v2/info":               {"GET": e.showInfo},
		"/v2/leader":             {"GET": showLeader, "DELETE": e.abdicate},
		"/v2/eventSubscriptions": {"GET": e.listCallbacks, "POST": e.addCallback, "DELETE": e.removeCallback},
		"/v2/plugins":            {"GET": listPlugins},
		"/v2/pods":               noPods(),
		"/v2/pods/{path...}":     noPods(),
		"/metrics":               {"GET": e.showMetrics},
		"/metrics/prometheus":    {"GET": e.showPrometheus},

		"/mesos/{path...}":    {"GET": e.showMaster},
		"/metrics/snapshot":   {"GET": e.showSnapshot},
		"/version":            {"GET": showVersion},
		"/health":             {"GET": showHealth},
		"/slave(1)/health":    {"GET": showHealth},
		"/state":              {"GET": e.showAgent},
		"/slave(1)/state":     {"GET": e.showAgent},
		"/files/read":         {"GET": e.readFile},
		"/files/browse":       {"GET": e.browseFiles},
		"/files/download":     {"GET": e.downloadFile},
		"/monitor/statistics": {"GET": e.showStatistics},
		"/containers":         {"GET": e.showContainers},
	}
}

// serve finds the endpoint for the method and turns its error into an answer.
func (e *Engine) serve(pattern string, methods map[string]endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		err := checkQuery(r)
		if err == nil {
			err = choose(pattern, methods, r)(w, r)
		}
		if err != nil && !errors.Is(err, errGone) {
			e.answerError(w, r, pattern, err)
		}
	})
}

// checkQuery refuses parameters that cannot be read, for net/http leaves them out: a
// filter that is left out lists, or kills, too much.
func checkQuery(r *http.Request) error {
	if _, err := url.ParseQuery(r.URL.RawQuery); err != nil {
		return &apiError{Status: http.StatusBadRequest, Message: "The parameters of the address cannot be read: " + err.Error()}
	}
	return nil
}

func unknownURI(_ http.ResponseWriter, r *http.Request) error {
	return notFound("URI not found: %s", r.URL.Path)
}

func (e *Engine) answerError(w http.ResponseWriter, r *http.Request, pattern string, err error) {
	var known *apiError
	if !errors.As(err, &known) {
		e.log.Error("request failed", "method", r.Method, "pattern", pattern, "err", err)
		known = unexpected(err)
	}
	if unwanted(known.Status) {
		arrival.Refuse(w, r)
	}
	if err := answer(w, known.Status, known); err != nil {
		e.log.Debug("answer not sent", "err", err)
	}
}

// unwanted reports whether what is sent with a request is not worth waiting for.
func unwanted(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusServiceUnavailable
}

// unexpected is the answer to a fault of our own, or of the disk.
func unexpected(err error) *apiError {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &apiError{Status: http.StatusServiceUnavailable, Message: "The disk is full, so nothing can be changed. Tasks go on running. Free some room, and ask again."}
	}
	return &apiError{Status: http.StatusInternalServerError, Message: "the request failed; the log tells why"}
}

// guard sets the headers of every answer and lets only those in who may.
func (e *Engine) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		setHeaders(w.Header(), r)
		switch {
		case !e.serves(r.Host):
			e.answerError(w, r, "", &apiError{Status: http.StatusForbidden, Message: "this host name is not served"})
		case !e.knows(r):
			w.Header().Set("WWW-Authenticate", `Basic realm="Mesosphere"`)
			e.answerError(w, r, "", &apiError{Status: http.StatusUnauthorized, Message: "Authentication is required."})
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func setHeaders(h http.Header, r *http.Request) {
	h.Set("X-Marathon-Leader", address(r))
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-XSS-Protection", "1; mode=block")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache, no-store, must-revalidate")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "0")
}

// serves refuses names that somebody's DNS could make lead here from a web
// page; addresses and localhost cannot be made to, and the operator's own names
// are known.
func (e *Engine) serves(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	_, err = netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil || host == "localhost" || slices.Contains(e.cfg.HostNames, strings.ToLower(host))
}

func (e *Engine) knows(r *http.Request) bool {
	if e.cfg.Password == "" {
		return true
	}
	user, password, _ := r.BasicAuth()
	okUser := subtle.ConstantTimeCompare([]byte(user), []byte(e.cfg.User))
	okPassword := subtle.ConstantTimeCompare([]byte(password), []byte(e.cfg.Password))
	return okUser&okPassword == 1
}

// tidyPath cleans the path, for clients write "/v2/apps//x" and "/v2/apps/".
func tidyPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tidy := *r
		url := *r.URL
		url.Path, url.RawPath = withoutForm(path.Clean("/"+r.URL.Path)), ""
		tidy.URL = &url
		next.ServeHTTP(w, &tidy)
	})
}

// withoutForm returns the path without the ending with which old clients of Mesos
// ask for JSON, which is all that there is.
func withoutForm(p string) string {
	for _, mesos := range []string{"/state", "/slave(1)/", "/files/", "/monitor/", "/containers", "/mesos/"} {
		if strings.HasPrefix(p, mesos) {
			return strings.TrimSuffix(p, ".json")
		}
	}
	return p
}

// address is where the client has reached the engine.
func address(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// answer sends a value as JSON.
func answer(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}

// errGone means that the client does not take its answer.
var errGone = errors.New("the client has gone")

// deploymentResult is the answer to everything that begins a deployment.
type deploymentResult struct {
	Version      string `json:"version"`
	DeploymentID string `json:"deploymentId"`
}

func answerDeployment(w http.ResponseWriter, status int, d *deployment) error {
	w.Header().Set("Marathon-Deployment-Id", d.ID)
	return answer(w, status, deploymentResult{d.Version, d.ID})
}

// readBody returns the whole body, which must not be empty and, where the client
// says what it is, must be JSON.
func readBody(r *http.Request) ([]byte, error) {
	if kind := r.Header.Get("Content-Type"); kind != "" && r.ContentLength != 0 {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
			return nil, &apiError{Status: http.StatusUnsupportedMediaType, Message: "Unsupported Media Type"}
		}
	}
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &apiError{Status: http.StatusRequestEntityTooLarge, Message: "Request Entity Too Large"}
	case err != nil:
		return nil, &apiError{Status: http.StatusBadRequest, Message: "the body could not be read"}
	case len(strings.TrimSpace(string(body))) == 0:
		return nil, &apiError{Status: http.StatusBadRequest, Message: "Please specify data in JSON format",
			Details: "No content to map due to end-of-input"}
	}
	return body, nil
}

// asked reads a yes-or-no query parameter in any case, as Marathon does.
func asked(r *http.Request, name string, fallback bool) bool {
	values, given := r.URL.Query()[name]
	if !given {
		return fallback
	}
	return strings.EqualFold(values[0], "true") || values[0] == ""
}

// awaitFirstLook waits a moment for the first look at Docker after a start, so
// that a client does not take what was not looked at for what is not there.
func (e *Engine) awaitFirstLook(r *http.Request) {
	select {
	case <-e.sights.first:
	case <-time.After(firstLookWait):
	case <-r.Context().Done():
	}
}

// suffixes are what may follow an app id in a path.
var suffixes = []string{"restart", "tasks", "versions"}

// splitPath splits the path below /v2/apps into an app id, a suffix and what
// follows it: "sites/wiki/versions/x" → "/sites/wiki", "versions", "x".
func splitPath(p string) (id, suffix, rest string) {
	parts := strings.Split(strings.Trim(p, "/"), "/")
	at := slices.IndexFunc(parts, func(s string) bool { return slices.Contains(suffixes, s) })
	if at < 1 {
		return cleanID(p), "", ""
	}
	return cleanID(strings.Join(parts[:at], "/")), parts[at], strings.Join(parts[at+1:], "/")
}
