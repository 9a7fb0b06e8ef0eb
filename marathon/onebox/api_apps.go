package onebox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// listApps handles GET /v2/apps.
func (e *Engine) listApps(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	wanted, err := appFilter(query)
	if err != nil {
		return err
	}
	e.awaitFirstLook(r)
	g, with := e.gallery(), parseEmbed(query["embed"])
	list := make([]appInfo, 0, len(g.apps))
	for _, record := range g.apps {
		if wanted(record.App) {
			list = append(list, g.appInfo(record, with))
		}
	}
	return answer(w, http.StatusOK, map[string]any{"apps": list})
}

// appFilter returns what the query parameters cmd, id and label let through.
func appFilter(query url.Values) (func(*app) bool, error) {
	var labels selector
	if text := query.Get("label"); text != "" {
		var err error
		if labels, err = parseSelector(text); err != nil {
			return nil, err
		}
	}
	cmd, id := strings.ToLower(query.Get("cmd")), strings.ToLower(query.Get("id"))
	return func(a *app) bool {
		return strings.Contains(strings.ToLower(a.Cmd), cmd) && strings.Contains(strings.ToLower(a.ID), id) && labels.matches(a.Labels)
	}, nil
}

// createApp handles POST /v2/apps.
func (e *Engine) createApp(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	a, err := e.readApp(body, "")
	if err != nil {
		return err
	}
	d, err := e.begin(r, path.Dir(a.ID), func(t *txn) (map[string]wish, error) {
		if t.app(a.ID) != nil {
			return nil, &apiError{Status: http.StatusConflict, Message: "An app with id [" + a.ID + "] already exists."}
		}
		t.emit(definitionPosted(r, a))
		return map[string]wish{a.ID: {to: a}}, nil
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", address(r)+a.ID)
	w.Header().Set("Marathon-Deployment-Id", d.ID)
	g := e.gallery()
	record := g.app(a.ID)
	if record == nil { // deleted again already
		return appNotFound(a.ID)
	}
	return answer(w, http.StatusCreated, g.appInfo(record, embed{}))
}

// readApp decodes a definition and makes sure that it may be run.
func (e *Engine) readApp(body []byte, id string) (*app, error) {
	a, err := decodeApp(body, id)
	if err != nil {
		return nil, err
	}
	return a, e.accept(a)
}

// accept returns why a definition may not be run, or nil.
func (e *Engine) accept(a *app) error {
	if err := a.validate(); err != nil {
		return err
	}
	return e.policy.check(a)
}

// appChange is a change of one app that a client sent.
type appChange struct {
	id   string // may be empty if the body names it
	body []byte
	// partial keeps what the body does not name.
	partial bool
	// mustExist refuses to make a new app.
	mustExist bool
}

// wish returns what the change comes to, given what is on record.
func (c appChange) wish(e *Engine, t *txn) (*app, error) {
	fields := struct {
		ID      string  `json:"id"`
		Version *string `json:"version"`
	}{}
	if err := decodeJSON(c.body, &fields); err != nil {
		return nil, err
	}
	if c.id == "" && fields.ID == "" {
		return nil, missingID("/id")
	}
	id := cleanID(defaulted(c.id, fields.ID))
	old := t.definition(id)
	if old == nil && c.mustExist {
		return nil, appNotFound(id)
	}
	var a *app
	var err error
	switch {
	case fields.Version != nil:
		a, err = c.storedVersion(t, id, *fields.Version)
	case old != nil && c.partial:
		a, err = updateApp(old, c.body)
	default:
		a, err = decodeApp(c.body, id)
	}
	if err != nil {
		return nil, err
	}
	return a, e.accept(a)
}

// storedVersion answers a body that names a version: go back to that one.
func (c appChange) storedVersion(t *txn, id, version string) (*app, error) {
	var all map[string]json.RawMessage
	if err := decodeJSON(c.body, &all); err != nil {
		return nil, err
	}
	for name, value := range all {
		if name != "id" && name != "version" && !bytes.Equal(bytes.TrimSpace(value), []byte("null")) {
			return nil, unprocessable("The 'version' field may only be combined with the 'id' field.")
		}
	}
	return findVersion(t.records, id, version)
}

func findVersion(r *records, id, version string) (*app, error) {
	at, err := parseVersion(version)
	if err != nil {
		return nil, err
	}
	a, err := r.store.version(id, at)
	if err == nil && a == nil {
		return nil, notFound("App '%s' does not exist in version %s", id, at)
	}
	return a, err
}

// parseVersion reads a version that a client names.
func parseVersion(version string) (string, error) {
	at, err := time.Parse(time.RFC3339Nano, version)
	if err != nil {
		return "", unprocessable("Invalid timestamp provided '%s'. Expecting ISO-8601 datetime string.", version)
	}
	return stamp(at), nil
}

// putApps handles PUT and PATCH /v2/apps, with an array of apps.
func (e *Engine) putApps(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(r)
	if err != nil {
		return err
	}
	var parts []json.RawMessage
	if err := decodeJSON(body, &parts); err != nil {
		return err
	}
	patch := r.Method == http.MethodPatch
	d, err := e.begin(r, "/", func(t *txn) (map[string]wish, error) {
		wishes := map[string]wish{}
		for i, part := range parts {
			c := appChange{body: part, partial: patch || asked(r, "partialUpdate", true), mustExist: patch}
			a, err := c.wish(e, t)
			if err != nil {
				return nil, below(err, fmt.Sprintf("(%d)", i))
			}
			if _, twice := wishes[a.ID]; twice {
				return nil, notValid([]detail{{fmt.Sprintf("(%d)/id", i), []string{"is there twice: " + a.ID}}})
			}
			wishes[a.ID] = wish{to: a}
		}
		return wishes, nil
	})
	if err != nil {
		return err
	}
	return answerDeployment(w, http.StatusOK, d)
}

// definitionPosted tells of a definition that a client sent.
func definitionPosted(r *http.Request, a *app) event {
	return event{"api_post_event", map[string]any{"clientIp": clientIP(r), "uri": r.URL.Path, "appDefinition": a}}
}

// clientIP is the address that a request came from.
func clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
