package catalog

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"seedbed"
	"seedbed/catalog/images"
)

// What names in a template look like.
var (
	nameGrammar   = regexp.MustCompile(`^[a-z][a-z0-9]*([-_][a-z0-9]+)*$`)
	envGrammar    = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	pathGrammar   = regexp.MustCompile(`^(/[A-Za-z0-9._-]+)+$`)
	webGrammar    = regexp.MustCompile(`^/[A-Za-z0-9._~:/?&=-]*$`)
	signInGrammar = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._-]{0,39}$`)
)

// Bounds of what a template may ask for.
const (
	maxName    = 40
	minMemory  = 16
	maxMemory  = 64 << 10
	maxCPUs    = 64
	maxWait    = time.Hour
	maxTitle   = 60
	maxSummary = 200
	maxDetails = 400
)

// mistake is something wrong in a template, at a path of keys and indexes.
type mistake struct {
	path []any
	text string
}

// Error returns the sentence alone.
func (m *mistake) Error() string { return m.text }

func wrong(path []any, format string, values ...any) error {
	return &mistake{path, fmt.Sprintf(format, values...)}
}

func at(path ...any) []any { return path }

// check returns the first mistake in a template, or nil.
func check(format int, t seedbed.Template) error {
	if format != formatVersion {
		return wrong(at("format"), "format is %d; this program reads format %d", format, formatVersion)
	}
	for _, part := range []func(seedbed.Template) error{
		checkWords, checkQuestions, checkAsked, checkRun, checkNeeds, checkVolumes, checkHealth, checkSecrets, checkEnv, checkMoreEnv, checkSignIn, checkUploads,
	} {
		if err := part(t); err != nil {
			return err
		}
	}
	return nil
}

func checkWords(t seedbed.Template) error {
	if err := checkName(at("name"), t.Name); err != nil {
		return err
	}
	if t.Version < 1 {
		return wrong(at("version"), "version is %d; it counts from 1", t.Version)
	}
	if t.Kind != seedbed.SiteTemplate && t.Kind != seedbed.ServiceTemplate {
		return wrong(at("kind"), "kind is %q; it is %q or %q", t.Kind, seedbed.SiteTemplate, seedbed.ServiceTemplate)
	}
	return firstOf(
		checkText(at("title"), t.Title, maxTitle),
		checkText(at("summary"), t.Summary, maxSummary),
		checkText(at("details"), t.Details, maxDetails))
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func checkName(path []any, name string) error {
	if len(name) > maxName || !nameGrammar.MatchString(name) {
		return wrong(path, "%q is not a name; one has small letters, digits, and - or _ between them, at most %d", name, maxName)
	}
	return nil
}

// checkText accepts one line that people can read.
func checkText(path []any, text string, most int) error {
	n := utf8.RuneCountInString(text)
	if n == 0 || n > most || !isLine(text) || strings.TrimSpace(text) != text {
		return wrong(path, "%v is one line of 1 to %d characters without space around it", path[len(path)-1], most)
	}
	return nil
}

// isLine reports whether text is valid UTF-8 without control characters, line
// separators, or marks that turn the direction of writing around.
func isLine(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Bidi_Control, r)
	})
}

// checkRun checks the template as it is where nobody has answered anything.
func checkRun(t seedbed.Template) error {
	switch t := t.For(nil); {
	case t.Asked.Image == "" && !images.Has(t.Image):
		return wrong(at("image"), "there is no image %q; there are %s", t.Image, strings.Join(images.Names(), ", "))
	case t.Memory < minMemory || t.Memory > maxMemory:
		return wrong(at("memory"), "memory is %d MiB; it is between %d and %d", t.Memory, minMemory, maxMemory)
	case !(t.CPUs > 0 && t.CPUs <= maxCPUs): // also refuses not-a-number
		return wrong(at("cpus"), "cpus is %v; it is more than 0 and at most %d", t.CPUs, maxCPUs)
	case t.Port < 1 || t.Port > 65535:
		return wrong(at("port"), "port is %d; it is between 1 and 65535", t.Port)
	case t.AdminPort < 0 || t.AdminPort > 65535 || t.AdminPort == t.Port:
		return wrong(at("adminPort"), "adminPort is %d; it is another one than port, between 1 and 65535", t.AdminPort)
	case t.AdminPort != 0 && t.Kind != seedbed.ServiceTemplate:
		return wrong(at("adminPort"), "only services have an adminPort")
	case t.Patience < time.Second || t.Patience > maxWait:
		return wrong(at("patience"), "patience is %v; it is between 1s and %v", t.Patience, maxWait)
	}
	return nil
}

func checkNeeds(t seedbed.Template) error {
	if t.Kind == seedbed.ServiceTemplate && len(t.Needs) > 0 {
		return wrong(at("needs"), "a service needs no other service")
	}
	for i, n := range t.Needs {
		if n.If != "" && !asks(t, n.If, seedbed.SwitchQuestion) {
			return wrong(at("needs", i, "if"), "%q is not one of the switches", n.If)
		}
	}
	return checkNames("needs", t.Kinds())
}

// checkNames checks a list of names, none of which may come twice.
func checkNames(key string, names []string) error {
	for i, name := range names {
		if err := checkName(at(key, i), name); err != nil {
			return err
		}
		if slices.Contains(names[:i], name) {
			return wrong(at(key, i), "%s has %q twice", key, name)
		}
	}
	return nil
}

func checkVolumes(t seedbed.Template) error {
	for i, v := range t.Volumes {
		if err := checkName(at("volumes", i, "name"), v.Name); err != nil {
			return err
		}
		if v.Asked == "" && !isCleanPath(v.Path) {
			return wrong(at("volumes", i, "path"), "%q is not a clean absolute path below /", v.Path)
		}
		if v.Size < 0 || v.Size > 1<<30 {
			return wrong(at("volumes", i, "size"), "%d is not a number of MiB", v.Size)
		}
		for _, other := range t.Volumes[:i] {
			if other.Name == v.Name {
				return wrong(at("volumes", i, "name"), "volumes has %q twice", v.Name)
			}
			if v.Asked != "" || other.Asked != "" {
				return wrong(at("volumes", i, "path"), "a template with a path that is asked for has one volume, so that none can lie in another")
			}
			if within(v.Path, other.Path) || within(other.Path, v.Path) {
				return wrong(at("volumes", i, "path"), "%s and %s lie in each other", v.Path, other.Path)
			}
		}
	}
	return nil
}

// isCleanPath reports whether p is an absolute path below /, written in the one
// way that is the shortest.
func isCleanPath(p string) bool { return path.Clean(p) == p && pathGrammar.MatchString(p) }

func within(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func checkHealth(t seedbed.Template) error {
	h := t.Health
	switch {
	case h.Path != "" && !webGrammar.MatchString(h.Path):
		return wrong(at("health", "path"), "%q is not the path of a page; it begins with /", h.Path)
	case h.Grace < 0 || h.Grace > maxWait:
		return wrong(at("health", "grace"), "grace is %v; it is between 0s and %v", h.Grace, maxWait)
	case h.Interval < time.Second || h.Interval > maxWait:
		return wrong(at("health", "interval"), "interval is %v; it is between 1s and %v", h.Interval, maxWait)
	case h.Timeout < time.Second || h.Timeout > h.Interval:
		return wrong(at("health", "timeout"), "timeout is %v; it is between 1s and the interval", h.Timeout)
	case h.Failures < 1 || h.Failures > 100:
		return wrong(at("health", "failures"), "failures is %d; it is between 1 and 100", h.Failures)
	}
	return nil
}

func checkSecrets(t seedbed.Template) error {
	if t.Kind == seedbed.ServiceTemplate && len(t.Secrets) > 0 {
		return wrong(at("secrets"), "a service has its one password and no other secrets")
	}
	return checkNames("secrets", t.Secrets)
}

func checkSignIn(t seedbed.Template) error {
	s := t.SignIn
	switch {
	case s == nil:
		return nil
	case t.Kind != seedbed.SiteTemplate:
		return wrong(at("signIn"), "nobody signs in to a service")
	case !signInGrammar.MatchString(s.User):
		return wrong(at("signIn", "user"), "%q is not a user name", s.User)
	case !slices.Contains(t.Secrets, s.Secret):
		return wrong(at("signIn", "secret"), "%q is not one of the secrets", s.Secret)
	case !webGrammar.MatchString(s.Path):
		return wrong(at("signIn", "path"), "%q is not the path of a page; it begins with /", s.Path)
	}
	return nil
}

func checkUploads(t seedbed.Template) error {
	isIt := func(v seedbed.TemplateVolume) bool { return v.Name == t.Uploads && v.Asked == "" }
	if t.Uploads != "" && !slices.ContainsFunc(t.Volumes, isIt) {
		return wrong(at("uploads"), "%q is not one of the volumes", t.Uploads)
	}
	return nil
}
