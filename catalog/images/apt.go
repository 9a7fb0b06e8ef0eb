package images

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"seedbed"
)

// The suites of Debian 12 that packages are taken from.
const (
	release         = "bookworm"
	updatesSuite    = "bookworm-updates"
	securitySuite   = "bookworm-security"
	debianKeyring   = "/usr/share/keyrings/debian-archive-keyring.gpg"
	askAptTimeout   = 30 * time.Second
	debianVersion   = "12"
	indexFormat     = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)"
	indexCreatedBy  = "Created-By: Packages"
	usedComponent   = "main"
	expectedOrigin  = "Debian"
	osReleaseOnDisk = "/etc/os-release"
)

// carriedOptions are the apt options that a machine may need to reach its
// mirror. They are carried over into the builds; no others are.
var carriedOptions = []string{
	"Acquire::Check-Date",
	"Acquire::Check-Valid-Until",
	"Acquire::http::Proxy",
	"Acquire::https::Proxy",
}

// source is one suite of a Debian mirror.
type source struct {
	URI   string
	Suite string
}

// option is one apt option, as "apt-config dump" shows it.
type option struct {
	Name  string
	Value string
}

// apt is what the machine's own apt knows of its mirror.
type apt struct {
	Sources []source // at least the release itself
	Options []option
}

// askApt reads the machine's apt configuration.
func askApt(ctx context.Context) (apt, error) {
	if err := checkDebian(osReleaseOnDisk); err != nil {
		return apt{}, err
	}
	targets, err := output(ctx, "apt-get", "indextargets", "--format", indexFormat, indexCreatedBy)
	if err != nil {
		return apt{}, err
	}
	dump, err := output(ctx, "apt-config", "dump")
	if err != nil {
		return apt{}, err
	}
	return parseApt(targets, dump)
}

// output runs a program and returns what it printed.
func output(ctx context.Context, argv ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askAptTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s %s: %w", argv[0], argv[1], withStderr(err))
	}
	return out, nil
}

func withStderr(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	return err
}

// checkDebian makes sure that the machine is the Debian that the images are
// made from, because its apt is asked where Debian packages come from.
func checkDebian(osRelease string) error {
	content, err := os.ReadFile(osRelease)
	if err != nil {
		return fmt.Errorf("find out which system this is: %w", err)
	}
	known := map[string]string{}
	for line := range strings.Lines(string(content)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		known[key] = strings.Trim(value, `"'`)
	}
	if known["ID"] != "debian" || known["VERSION_ID"] != debianVersion {
		return unavailable(fmt.Sprintf("The images are made from the packages of Debian %s, and this machine runs %s. Please use a machine with Debian %s.",
			debianVersion, cmp.Or(known["PRETTY_NAME"], "something else"), debianVersion))
	}
	return nil
}

func unavailable(message string) error {
	return &seedbed.Error{Code: seedbed.Unavailable, Message: message}
}

// parseApt reads the answers of "apt-get indextargets" and "apt-config dump".
func parseApt(targets, dump []byte) (apt, error) {
	var a apt
	for line := range strings.Lines(string(targets)) {
		s, ok, err := parseTarget(strings.TrimSpace(line))
		if err != nil {
			return apt{}, err
		}
		if ok && !slices.Contains(a.Sources, s) {
			a.Sources = append(a.Sources, s)
		}
	}
	if !slices.ContainsFunc(a.Sources, func(s source) bool { return s.Suite == release }) {
		return apt{}, unavailable("apt on this machine knows no mirror of Debian " + debianVersion + ". Add one to /etc/apt/sources.list, run “apt-get update”, and try again.")
	}
	options, err := parseOptions(dump)
	a.Options = options
	return a, err
}

// parseTarget reads one line of the form of indexFormat. ok is false for
// packages that are not Debian's own.
func parseTarget(line string) (s source, ok bool, err error) {
	fields := strings.Split(line, "|")
	if len(fields) != 4 || fields[2] != usedComponent || fields[3] != expectedOrigin {
		return source{}, false, nil
	}
	if !slices.Contains([]string{release, updatesSuite, securitySuite}, fields[1]) {
		return source{}, false, nil
	}
	if err := checkURI(fields[0]); err != nil {
		return source{}, false, err
	}
	return source{URI: fields[0], Suite: fields[1]}, true, nil
}

// checkURI accepts what may be written into an image: an address without a
// user name or password, and without anything that could end a line.
func checkURI(s string) error {
	u, err := url.Parse(s)
	if err != nil || strings.ContainsAny(s, " \t\r\n\"'\\;{}") {
		return unavailable("apt on this machine uses a mirror or proxy whose address cannot be read. Please correct it in /etc/apt.")
	}
	if u.User != nil {
		return unavailable("apt on this machine uses a mirror or proxy with a user name in its address (" + u.Redacted() + "). It would become readable in every image, so no image was made. Use one that needs no password.")
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		return unavailable("apt on this machine uses the mirror or proxy " + s + ", which cannot be reached while an image is built. Use one with http or https.")
	}
	return nil
}

// parseOptions finds the options to carry over.
func parseOptions(dump []byte) ([]option, error) {
	var found []option
	lines := bufio.NewScanner(bytes.NewReader(dump))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), " ")
		value = strings.TrimSuffix(strings.TrimPrefix(value, `"`), `";`)
		if !slices.Contains(carriedOptions, name) || value == "" {
			continue
		}
		if err := checkOption(name, value); err != nil {
			return nil, err
		}
		found = append(found, option{name, value})
	}
	return found, lines.Err()
}

func checkOption(name, value string) error {
	if strings.HasSuffix(name, "::Proxy") && value != "DIRECT" {
		return checkURI(value)
	}
	if strings.ContainsAny(value, "\"\\\r\n") {
		return unavailable("The apt option " + name + " of this machine has a value that cannot be read.")
	}
	return nil
}

// uri returns the address of the mirror of a suite, or "".
func (a apt) uri(suite string) string {
	for _, s := range a.Sources {
		if s.Suite == suite {
			return s.URI
		}
	}
	return ""
}

// proxy returns the proxy for addresses of a scheme, or "".
func (a apt) proxy(scheme string) string {
	for _, o := range a.Options {
		if o.Name == "Acquire::"+scheme+"::Proxy" && o.Value != "DIRECT" {
			return o.Value
		}
	}
	return ""
}

// usesTLS reports whether any mirror is reached by https.
func (a apt) usesTLS() bool {
	return slices.ContainsFunc(a.Sources, func(s source) bool { return strings.HasPrefix(s.URI, "https:") })
}

// files returns the configuration with which apt inside a build finds the same
// packages as the machine's own, for the folder apt/ of a build context.
func (a apt) files() []file {
	var sources, options bytes.Buffer
	for _, s := range a.Sources {
		fmt.Fprintf(&sources, "Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nSigned-By: %s\n\n", s.URI, s.Suite, usedComponent, debianKeyring)
	}
	for _, o := range a.Options {
		fmt.Fprintf(&options, "%s \"%s\";\n", o.Name, o.Value)
	}
	return []file{
		{"apt/sources.list.d/debian.sources", sources.Bytes()},
		{"apt/apt.conf.d/20mirror", options.Bytes()},
	}
}
