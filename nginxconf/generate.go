package nginxconf

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"

	"seedbed"
)

// generationHost is the host name under which nginx tells this machine, and
// nobody else, which configuration it serves.
const generationHost = "generation.seedbed.internal"

// placeholder stands where the generation will: a configuration holds its own
// hash.
var placeholder = strings.Repeat("0", 32)

// settings is what a configuration depends on besides the table. Its paths and
// names come from the operator and were checked by New.
type settings struct {
	dir          string
	temp         string
	log          string // of visits
	user         string // that workers run as; "" where nginx does not run as root
	streamModule string // to load; "" where stream is built in
	listen       netip.AddrPort
	tls          netip.AddrPort // the zero value for no TLS
	certDir      string
	certificates map[seedbed.HostName]string
	challenges   netip.AddrPort // where those of ACME are answered; the zero value for nowhere
	trusted      []netip.Prefix
	inside       []netip.Prefix
	language     string
}

// listener is a service port that nginx listens on.
type listener struct {
	at      netip.AddrPort
	service service
}

// configuration is a finished text for nginx.
type configuration struct {
	text       string
	generation string // hash of the text
	table      table
	listeners  []listener
	pages      []file // in the folder of pages; their names are in the text
	keys       []file // in that of keys, with names and hashes of passwords
}

// file is a file that nginx reads while it serves. Its name holds the hash of its
// text, so it never changes.
type file struct{ name, text string }

// generate writes the configuration of a table. The same arguments always give
// the same bytes. The text has been read again and compared with the table.
func generate(t table, s settings, listeners []listener) (configuration, error) {
	meant := mainDirectives(t, s, listeners)
	text, err := printed(meant)
	if err != nil {
		return configuration{}, err
	}
	sum := sha256.Sum256([]byte(text))
	generation := hex.EncodeToString(sum[:16])
	c := configuration{
		text:       strings.Replace(text, placeholder, generation, 1),
		generation: generation,
		table:      t,
		listeners:  listeners,
		pages:      pagesOf(t, s),
		keys:       keysOf(t),
	}
	return c, c.verify(meant, s)
}

func mainDirectives(t table, s settings, listeners []listener) []directive {
	var all []directive
	if len(listeners) > 0 && s.streamModule != "" {
		all = append(all, literals("load_module", s.streamModule))
	}
	if s.user != "" {
		all = append(all, words("user", s.user))
	}
	all = append(all,
		words("daemon", "on"),
		words("worker_processes", "auto"),
		words("worker_rlimit_nofile", "8192"),
		// Old workers keep their connections to databases this long after a
		// reload, so that a change of one site does not cut off the others.
		words("worker_shutdown_timeout", "10m"),
		literals("pid", s.dir+"/nginx.pid"),
		literals("error_log", s.dir+"/error.log", "warn"),
		block("events", nil, words("worker_connections", "4096")),
		block("http", nil, httpDirectives(t, s)...),
	)
	if len(listeners) > 0 {
		all = append(all, block("stream", nil, streamDirectives(listeners)...))
	}
	return all
}

// httpDirectives are all that visitors meet: what holds for every request, the
// maps by which a request finds its site and the site's options, the upstreams,
// and the servers.
func httpDirectives(t table, s settings) []directive {
	sites := t.served()
	all := append(basics(s), visitorMaps(s)...)
	all = append(all, siteMaps(sites, s)...)
	all = append(all, pageMaps(sites, s)...)
	for _, one := range sites {
		if one.upstream {
			all = append(all, siteUpstreamOf(one))
		}
	}
	all = append(all, generationServer(s))
	return append(all, siteServers(sites, s)...)
}

func upstream(name string, instances []netip.AddrPort) directive {
	d := block("upstream", []arg{word(name)})
	for _, i := range instances {
		d.body = append(d.body, directive{name: "server", args: []arg{
			word(i.String()), literal("max_fails=2"), literal("fail_timeout=5s"),
		}})
	}
	return d
}

// siteUpstreamOf keeps a few connections open for the next request, for less time
// than programs usually do: one that a site closes just as a form is sent over it
// would lose the form.
func siteUpstreamOf(s served) directive {
	d := upstream(s.to, s.Instances)
	d.body = append(d.body, words("keepalive", "4"), words("keepalive_timeout", "4s"))
	return d
}

func serviceUpstream(s service) string {
	return "service_" + idHash(s.Workload) + "_" + strconv.Itoa(s.Port)
}

// idHash makes a name of an id that may hold anything. It is also the name of a
// site in the log of visits.
func idHash(id seedbed.WorkloadID) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:12])
}

func streamDirectives(listeners []listener) []directive {
	all := []directive{
		words("proxy_connect_timeout", "5s"),
		words("proxy_timeout", "24h"), // connections to databases may rest for long
		words("proxy_socket_keepalive", "on"),
		words("tcp_nodelay", "on"),
	}
	for _, l := range listeners {
		all = append(all,
			upstream(serviceUpstream(l.service), l.service.Instances),
			block("server", nil,
				directive{name: "listen", args: []arg{word(l.at.String()), literal("so_keepalive=on")}},
				words("proxy_pass", serviceUpstream(l.service))))
	}
	return all
}
