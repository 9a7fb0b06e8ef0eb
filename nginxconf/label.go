package nginxconf

import (
	"regexp"
	"slices"
	"strings"

	"seedbed"
)

// Labels by which programs that put apps into Marathon themselves say how they
// are to be served, besides seedbed.DomainLabel. Those of other proxies are read
// only where Config.ReadLabels says so. Consul's Meta has no dots in its keys, so
// there Traefik's is written with "_".
const (
	locationLabel = "location"              // a part of the hosts: "/shop"
	internalLabel = "internal"              // only for visitors from inside
	haproxyLabel  = "HAPROXY_0_VHOST"       // marathon-lb: host names with commas
	traefikLabel  = "traefik_frontend_rule" // Traefik 1: "Host:a.example.org;PathPrefix:/shop"
)

// place is a host name, or what is below a path of it.
type place struct {
	Host seedbed.HostName
	Path string // "/" for all of it
}

func (p place) String() string { return strings.TrimSuffix(string(p.Host)+p.Path, "/") }

// root is the place of a whole host.
func root(host seedbed.HostName) place { return place{host, "/"} }

// maxPath is the greatest length of a path, in bytes.
const maxPath = 200

var pathForm = regexp.MustCompile(`^/[A-Za-z0-9._~/-]*$`)

// readPath reads a path below which a workload is served. Nothing is "/".
func readPath(s string) (string, error) {
	if s == "" {
		return "/", nil
	}
	parts := strings.Split(s, "/")
	if len(s) > maxPath || !pathForm.MatchString(s) || strings.Contains(s, "//") || slices.Contains(parts, "..") || slices.Contains(parts, ".") {
		return "", sentencef("%q is not a path such as \"/shop\".", s)
	}
	if strings.HasPrefix(s+"/", ownPages) || strings.HasPrefix(s+"/", challengePath) {
		return "", sentencef("The path %q is kept for the installation itself.", s)
	}
	return s, nil
}

// readLabelsOf reads where a workload is served by its labels, and whether only
// to visitors from inside.
func readLabelsOf(meta map[string]string, others bool) (places []place, inside bool, err error) {
	path, err := readPath(meta[locationLabel])
	if err != nil {
		return nil, false, err
	}
	hosts, err := readHosts(meta[seedbed.DomainLabel], " ")
	if err != nil {
		return nil, false, err
	}
	for _, host := range hosts {
		places = append(places, place{host, path})
	}
	if others {
		more, err := readOtherLabels(meta)
		if err != nil {
			return nil, false, err
		}
		places = append(places, more...)
	}
	return places, readInternal(meta[internalLabel]), nil
}

// readInternal takes all that is not a word for "no" as "yes": a site that is
// closed by mistake is noticed, one that is open by mistake is not.
func readInternal(s string) bool {
	return !slices.Contains([]string{"", "false", "no", "0", "off"}, strings.ToLower(strings.TrimSpace(s)))
}

func readOtherLabels(meta map[string]string) (places []place, _ error) {
	hosts, err := readHosts(strings.ReplaceAll(meta[haproxyLabel], " ", ""), ",")
	if err != nil {
		return nil, err
	}
	for _, host := range hosts {
		places = append(places, root(host))
	}
	more, err := readRule(meta[traefikLabel])
	return append(places, more...), err
}

// readRule reads a rule of Traefik 1, as far as it names hosts and beginnings of
// paths. Any other rule is refused: half of it would lead visitors elsewhere
// than it says.
func readRule(rule string) (places []place, err error) {
	var hosts []seedbed.HostName
	paths := []string{"/"}
	for matcher := range strings.SplitSeq(rule, ";") {
		kind, value, _ := strings.Cut(strings.ReplaceAll(matcher, " ", ""), ":")
		switch {
		case kind == "" && value == "":
		case kind == "Host":
			if hosts, err = readHosts(value, ","); err != nil {
				return nil, err
			}
		case kind == "PathPrefix":
			if paths, err = readPaths(value); err != nil {
				return nil, err
			}
		default:
			return nil, sentencef("The rule %q has something else than Host and PathPrefix.", rule)
		}
	}
	return products(hosts, paths), nil
}

func readPaths(s string) (paths []string, _ error) {
	for part := range strings.SplitSeq(s, ",") {
		path, err := readPath(part)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func products(hosts []seedbed.HostName, paths []string) (places []place) {
	for _, host := range hosts {
		for _, path := range paths {
			places = append(places, place{host, path})
		}
	}
	return places
}
