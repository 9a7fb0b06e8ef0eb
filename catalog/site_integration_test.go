//go:build integration

package catalog_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"seedbed"
	"seedbed/catalog/images/imagestest"
)

// siteAddress is the address of the sites of wikiSpec, as visitors see it.
const siteAddress = "http://nurse-handbook.localhost:8480"

// siteOf returns what is wanted of a site of a template, with its defaults.
func siteOf(t *testing.T, name string) seedbed.SiteSpec {
	t.Helper()
	spec := wikiSpec()
	spec.Site.Template, spec.Bindings = name, nil
	found := template(t, name)
	settings, err := builtIn(t).Settings(found, nil)
	if err != nil {
		t.Fatal(err)
	}
	spec.Revision.Settings = settings
	spec.Secrets = map[string]seedbed.Secret{}
	for _, secret := range found.Secrets {
		spec.Secrets[secret] = adminPassword
	}
	return spec
}

// launch starts a site as the engine would, with its volume in a folder. server
// is what it finds under the name of the shared services; nil if it has none.
func launch(t *testing.T, spec seedbed.SiteSpec, folder string, server *imagestest.Container) *imagestest.Container {
	t.Helper()
	w, err := builtIn(t).SiteWorkload(spec, map[string]string{"files": folder})
	if err != nil {
		t.Fatal(err)
	}
	s := imagestest.Spec{Ref: w.Image, Port: w.Port, Memory: w.Memory, Env: w.Env, Mounts: map[string]string{}}
	for _, m := range w.Mounts {
		s.Mounts[m.Target] = m.Source
	}
	if server != nil {
		s.Hosts = map[string]string{seedbed.ServiceHost: server.IP()}
	}
	return imagestest.Run(t, imagestest.Docker(t), s)
}

// person is somebody with a browser that keeps cookies and follows links to the
// site's own address, which leads to the container.
type person struct {
	t      *testing.T
	client *http.Client
	at     *url.URL
	status int
	body   string
}

func personAt(t *testing.T, c *imagestest.Container) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		host, port := c.Address()
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(host, strconv.Itoa(port)))
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &person{t: t, client: &http.Client{Jar: jar, Transport: transport}}
}

// open asks for a page of the site; path may be a whole address.
func (p *person) open(path string) string {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.absolute(path), nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.send(request)
}

func (p *person) absolute(path string) string {
	if strings.HasPrefix(path, "/") {
		return siteAddress + path
	}
	return path
}

func (p *person) send(request *http.Request) string {
	p.t.Helper()
	answer, err := p.client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	p.at, p.status, p.body = answer.Request.URL, answer.StatusCode, string(body)
	if p.at.Host != "nurse-handbook.localhost:8480" {
		p.t.Errorf("the site leads to %s", p.at)
	}
	return p.body
}

// submit fills in the form that has all those fields, and sends it with
// whatever else is in it. button is the name of the one that is pressed.
func (p *person) submit(button string, values map[string]string) string {
	p.t.Helper()
	form := p.form(values)
	if form == nil {
		p.t.Fatalf("%s (%d) has no form with %v, but:\n%s", p.at, p.status, values, p.body)
	}
	fields := url.Values{}
	collect(form, button, fields)
	for name, value := range values {
		fields.Set(name, value)
	}
	target, err := p.at.Parse(attribute(form, "action"))
	if err != nil {
		p.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, target.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return p.send(request)
}

func (p *person) form(values map[string]string) (form *html.Node) {
	p.t.Helper()
	page, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		p.t.Fatal(err)
	}
	for n := range page.Descendants() {
		if n.Data == "form" && form == nil && hasAll(n, values) {
			form = n
		}
	}
	return form
}

func hasAll(form *html.Node, values map[string]string) bool {
	found := map[string]bool{}
	for n := range form.Descendants() {
		found[attribute(n, "name")] = true
	}
	for name := range values {
		if !found[name] {
			return false
		}
	}
	return true
}

// collect gathers what a browser would send of a form.
func collect(form *html.Node, button string, fields url.Values) {
	for n := range form.Descendants() {
		name, kind := attribute(n, "name"), attribute(n, "type")
		switch {
		case name == "" || n.Data == "button" && name != button || kind == "submit" && name != button:
		case kind == "checkbox" || kind == "radio":
			if has(n, "checked") {
				fields.Add(name, attribute(n, "value"))
			}
		case n.Data == "input" || n.Data == "button":
			fields.Add(name, attribute(n, "value"))
		case n.Data == "textarea" && n.FirstChild != nil:
			fields.Add(name, strings.TrimPrefix(n.FirstChild.Data, "\n"))
		case n.Data == "select":
			fields.Add(name, chosenOf(n))
		}
	}
}

func chosenOf(list *html.Node) (value string) {
	first := true
	for n := range list.Descendants() {
		if n.Data == "option" && (first || has(n, "selected")) {
			value, first = attribute(n, "value"), false
		}
	}
	return value
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// wants fails the test if the page that was answered last lacks any of the
// texts.
func (p *person) wants(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			p.t.Fatalf("%s (%d) has no %q, but:\n%s", p.at, p.status, text, excerpt(p.body))
		}
	}
}

func excerpt(body string) string {
	if len(body) > 12000 {
		return fmt.Sprintf("%s\n… and %d bytes more", body[:12000], len(body)-12000)
	}
	return body
}
