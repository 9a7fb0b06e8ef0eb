package catalog

import (
	"net/url"
	"strings"
	"testing"

	"seedbed"
)

func TestBindingPart_TellsASiteWhereEachKindIs(t *testing.T) {
	bindings := []seedbed.Binding{}
	for i, kind := range []string{"postgres", "mariadb", "redis", "rabbitmq"} {
		bindings = append(bindings, seedbed.Binding{Name: "s12-guide", Password: "p/w@:%", Service: seedbed.Service{Kind: kind, Port: 8450 + i}})
	}
	for _, c := range []struct{ from, key, want string }{
		{fromBindingURL, "postgres", "postgres://s12-guide:p%2Fw%40%3A%25@services.seedbed.internal:8450/s12-guide"},
		{fromBindingURL, "mariadb", "mysql://s12-guide:p%2Fw%40%3A%25@services.seedbed.internal:8451/s12-guide"},
		{fromBindingURL, "redis", "redis://s12-guide:p%2Fw%40%3A%25@services.seedbed.internal:8452/0"},
		{fromBindingURL, "rabbitmq", "amqp://s12-guide:p%2Fw%40%3A%25@services.seedbed.internal:8453/s12-guide"},
		{fromBindingHost, "mariadb", "services.seedbed.internal"},
		{fromBindingPort, "mariadb", "8451"},
		{fromBindingUser, "mariadb", "s12-guide"},
		{fromBindingPassword, "mariadb", "p/w@:%"},
		{fromBindingName, "mariadb", "s12-guide"},
		{fromBindingName, "redis", "0"},
		{fromBindingPrefix, "redis", "s12-guide:"},
	} {
		got, err := bindingPart(bindings, seedbed.EnvVar{From: c.from, Key: c.key})
		if err != nil || got != c.want {
			t.Errorf("%s of %s is %q, %v; want %q", c.from, c.key, got, err, c.want)
		}
		if u, err := url.Parse(got); c.from == fromBindingURL && (err != nil || password(u) != "p/w@:%") {
			t.Errorf("%s does not read back: %v", got, err)
		}
	}
}

func password(u *url.URL) string {
	p, _ := u.User.Password()
	return p
}

// A virtual host is one segment of AMQP's URI, whatever is in its name.
func TestBindingURL_EscapesTheName(t *testing.T) {
	b := seedbed.Binding{Name: "a/b", Password: "x", Service: seedbed.Service{Kind: "rabbitmq", Port: 1}}
	if got := bindingURL(b); !strings.HasSuffix(got, ":1/a%2Fb") {
		t.Errorf("got %s", got)
	}
}

func TestServiceWorkload_HasThePortOfTheAdministrator(t *testing.T) {
	c, err := New(Config{SiteURL: func(seedbed.HostName) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	w, err := c.ServiceWorkload(seedbed.Service{Kind: "rabbitmq", Port: 8453, Password: "x"}, map[string]string{"data": "/data"})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.More) != 1 || w.More[0] != (seedbed.Port{Container: 15672, Service: 8468}) || w.Port != 5672 || w.ServicePort != 8453 {
		t.Errorf("its ports are %d → %d, %v", w.ServicePort, w.Port, w.More)
	}
	if w, err = c.ServiceWorkload(seedbed.Service{Kind: "redis", Port: 8452, Password: "x"}, map[string]string{"data": "/data"}); err != nil || w.More != nil {
		t.Errorf("Redis has more ports: %v, %v", w.More, err)
	}
}
