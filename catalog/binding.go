package catalog

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"

	"seedbed"
)

// redisKind is the one kind of service in which sites share a single database
// and have a prefix of their own in it.
const redisKind = "redis"

// urlSchemes holds, for each kind of service, the scheme of the URL by which a
// site is told where its part of it is.
var urlSchemes = map[string]string{"mariadb": "mysql", "postgres": "postgres", "rabbitmq": "amqp", redisKind: "redis"}

// bindingPart returns what a source says of a site's own part of a shared
// service.
func bindingPart(bindings []seedbed.Binding, e seedbed.EnvVar) (string, error) {
	b, err := completeBinding(bindings, e.Key)
	if err != nil {
		return "", err
	}
	switch e.From {
	case fromBindingURL:
		return bindingURL(b), nil
	case fromBindingHost:
		return seedbed.ServiceHost, nil
	case fromBindingPort:
		return strconv.Itoa(b.Service.Port), nil
	case fromBindingUser:
		return b.Name, nil
	case fromBindingPassword:
		return b.Password.Reveal(), nil
	case fromBindingName:
		return partName(b), nil
	case fromBindingPrefix:
		return b.Name + ":", nil
	}
	return "", fmt.Errorf("a binding has no source %q", e.From)
}

// completeBinding returns the site's binding in a kind of service, and refuses
// one that lacks anything.
func completeBinding(bindings []seedbed.Binding, kind string) (seedbed.Binding, error) {
	i := slices.IndexFunc(bindings, func(b seedbed.Binding) bool { return b.Service.Kind == kind })
	if i < 0 {
		return seedbed.Binding{}, fmt.Errorf("the site has no binding in %q", kind)
	}
	b := bindings[i]
	if b.Name == "" || b.Password == "" || b.Service.Port == 0 {
		return b, fmt.Errorf("the site's binding in %q is not complete", kind)
	}
	return b, nil
}

// partName is what the site's own part is called inside the server.
func partName(b seedbed.Binding) string {
	if b.Service.Kind == redisKind {
		return "0" // the one database that all sites share
	}
	return b.Name
}

// bindingURL says where a site's own part of a shared service is, under the
// name that every container has for the installation's services. The path holds
// one name, in which a slash would be escaped, as AMQP's URIs want it.
func bindingURL(b seedbed.Binding) string {
	u := url.URL{
		Scheme:  urlSchemes[b.Service.Kind],
		User:    url.UserPassword(b.Name, b.Password.Reveal()),
		Host:    net.JoinHostPort(seedbed.ServiceHost, strconv.Itoa(b.Service.Port)),
		Path:    "/" + partName(b),
		RawPath: "/" + url.PathEscape(partName(b)),
	}
	return u.String()
}
