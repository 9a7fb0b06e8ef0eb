package catalog

import (
	"slices"

	"seedbed"
)

// Sources of environment variables, as EnvVar.From names them.
const (
	fromValue           = "value"
	fromSetting         = "setting"
	fromSecret          = "secret"
	fromSiteTitle       = "site.title"
	fromSiteURL         = "site.url"
	fromSiteHost        = "site.host"
	fromBindingURL      = "binding.url"
	fromBindingHost     = "binding.host"
	fromBindingPort     = "binding.port"
	fromBindingUser     = "binding.user"
	fromBindingPassword = "binding.password"
	fromBindingName     = "binding.name"
	fromBindingPrefix   = "binding.prefix"
	fromServicePassword = "service.password"
)

// bindingSources are those whose key is a kind of service that the site needs.
var bindingSources = []string{
	fromBindingURL, fromBindingHost, fromBindingPort, fromBindingUser, fromBindingPassword, fromBindingName, fromBindingPrefix,
}

// sourcesOf returns the sources that templates of a kind can have.
func sourcesOf(kind string) []string {
	if kind == seedbed.ServiceTemplate {
		return []string{fromValue, fromServicePassword}
	}
	return append([]string{fromValue, fromSetting, fromSecret, fromSiteTitle, fromSiteURL, fromSiteHost}, bindingSources...)
}

func checkEnv(t seedbed.Template) error {
	for i, e := range t.Env {
		if !envGrammar.MatchString(e.Name) {
			return wrong(at("env", i, "name"), "%q is not the name of an environment variable; one has capitals, digits and _", e.Name)
		}
		both := func(other seedbed.EnvVar) bool { return other.Name == e.Name && !excludes(other, e) }
		if slices.ContainsFunc(t.Env[:i], both) {
			return wrong(at("env", i, "name"), "env has %s twice", e.Name)
		}
		if !slices.Contains(sourcesOf(t.Kind), e.From) {
			return wrong(at("env", i, "from"), "%s is from %q; in a %s it is from one of %q", e.Name, e.From, t.Kind, sourcesOf(t.Kind))
		}
		if err := firstOf(checkSource(t, i, e), checkConditions(t, i, e)); err != nil {
			return err
		}
	}
	return nil
}

// excludes reports whether two variables can never be given together.
func excludes(a, b seedbed.EnvVar) bool {
	return a.If != "" && a.If == b.Unless || b.If != "" && b.If == a.Unless
}

// checkConditions makes sure that conditions are switches, and that a variable
// about a service is given only if the site has a part of it.
func checkConditions(t seedbed.Template, i int, e seedbed.EnvVar) error {
	for key, name := range map[string]string{"if": e.If, "unless": e.Unless} {
		if name != "" && !asks(t, name, seedbed.SwitchQuestion) {
			return wrong(at("env", i, key), "%q is not one of the switches", name)
		}
	}
	for _, n := range t.Needs {
		if slices.Contains(bindingSources, e.From) && n.Service == e.Key && n.If != "" && n.If != e.If {
			return wrong(at("env", i, "if"), "%s is about %s, which a site has only if %s is on", e.Name, e.Key, n.If)
		}
	}
	return nil
}

// checkSource makes sure that a variable has all that its source needs and
// nothing that would be left unread.
func checkSource(t seedbed.Template, i int, e seedbed.EnvVar) error {
	if e.From != fromValue && e.Value != "" {
		return wrong(at("env", i, "value"), "%s has two sources: a value, and %s", e.Name, e.From)
	}
	if e.From == fromValue && !isLine(e.Value) {
		return wrong(at("env", i, "value"), "the value of %s has control characters", e.Name)
	}
	keys, takesKey := keysOf(t, e.From)
	if !takesKey && e.Key != "" {
		return wrong(at("env", i, "key"), "%s has a key, which %s does not use", e.Name, e.From)
	}
	if takesKey && !slices.Contains(keys, e.Key) {
		return wrong(at("env", i, "key"), "%s is from the %s %q, which this template does not have", e.Name, e.From, e.Key)
	}
	if e.From == fromBindingPrefix && e.Key != redisKind {
		return wrong(at("env", i, "from"), "the %s has no %s: all that is in it is the site's own", e.Key, e.From)
	}
	return nil
}

// keysOf returns what the key of a source may name, and whether it takes one.
func keysOf(t seedbed.Template, from string) (keys []string, takesKey bool) {
	switch from {
	case fromSetting:
		for _, q := range t.Questions {
			keys = append(keys, q.Name)
		}
		return keys, true
	case fromSecret:
		return t.Secrets, true
	}
	if slices.Contains(bindingSources, from) {
		return t.Kinds(), true
	}
	return nil, false
}
