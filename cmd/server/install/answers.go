package install

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"seedbed"
)

// Answers are what an installation can choose.
type Answers struct {
	Domain    string `yaml:"domain"`
	Listen    string `yaml:"listen"`
	Port      int    `yaml:"port"`
	SitePort  int    `yaml:"sitePort"`
	TaskPorts string `yaml:"taskPorts"`
}

// ExampleAnswers is an answers file with the defaults of what can be chosen.
const ExampleAnswers = `# Answers for: seedbed install --answers FILE
# What is left out has the value that stands here.

# Sites are at <name>.<domain>. The DNS of the domain leads every name below it
# to this machine. With localhost, only browsers on this machine find sites.
domain: localhost

# The address on which portal and sites are served: 127.0.0.1 for this machine
# alone, 0.0.0.0 for all networks. The default is 127.0.0.1 for the domain
# localhost and 0.0.0.0 for any other.
listen: 127.0.0.1

# The portal's port. Consul is at +10 to +12, the engine at +20, shared services
# from +50, all of them for this machine alone.
port: 8400

# The sites' port.
sitePort: 80

# Ports for containers, for this machine alone.
taskPorts: 31000-31999
`

// ReadAnswers reads an answers file on top of what is known already. A key that
// is not known, or a second document, is refused.
func ReadAnswers(path string, known Answers) (Answers, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return known, &seedbed.Error{Code: seedbed.Invalid, Err: err, Message: "The answers in " + path + " cannot be read."}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	before := known
	if err := decoder.Decode(&known); err != nil && !errors.Is(err, io.EOF) {
		return before, &seedbed.Error{Code: seedbed.Invalid, Message: "The answers in " + path + " cannot be used: " + yamlSays(err) + ". “seedbed install --print-answers” shows what they look like."}
	}
	if err := decoder.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return before, &seedbed.Error{Code: seedbed.Invalid, Message: "The file " + path + " holds more than one document; leave the first one only."}
	}
	if before.Domain != known.Domain && before.Listen == known.Listen {
		known.Listen = "" // follows the domain unless it was chosen
	}
	return known.Complete(), known.Complete().check()
}

// yamlSays is what is wrong with an answers file, in words of ours where that is
// known: a key with a slip of the pen is most likely.
func yamlSays(err error) string {
	says := strings.Join(strings.Fields(err.Error()), " ")
	says = strings.TrimPrefix(strings.TrimPrefix(says, "yaml: "), "unmarshal errors: ")
	return unknownKey.ReplaceAllString(says, "Seedbed does not know “$1”")
}

// unknownKey is how the decoder says that a key is not known.
var unknownKey = regexp.MustCompile(`field (\S+) not found in type \S+`)

// Complete fills in what was not answered.
func (a Answers) Complete() Answers {
	a.Domain = cmp.Or(a.Domain, "localhost")
	listen := "0.0.0.0"
	if a.Domain == "localhost" {
		listen = "127.0.0.1"
	}
	a.Listen = cmp.Or(a.Listen, listen)
	a.Port = cmp.Or(a.Port, 8400)
	a.SitePort = cmp.Or(a.SitePort, 80)
	a.TaskPorts = cmp.Or(a.TaskPorts, "31000-31999")
	return a
}

// check refuses what could not be written into the settings file, one line
// each. The program itself checks the rest when it reads them.
func (a Answers) check() error {
	if _, err := seedbed.ParseHostName(a.Domain); err != nil {
		return wrong("domain", a.Domain, "a host name such as sites.example.org")
	}
	if net.ParseIP(a.Listen) == nil {
		return wrong("listen", a.Listen, "an IP address such as 0.0.0.0")
	}
	if a.Port < 1024 || a.Port > 65000 {
		return wrong("port", fmt.Sprint(a.Port), "a port from 1024 to 65000")
	}
	if a.SitePort < 1 || a.SitePort > 65535 {
		return wrong("sitePort", fmt.Sprint(a.SitePort), "a port from 1 to 65535")
	}
	if !isPortRange(a.TaskPorts) {
		return wrong("taskPorts", a.TaskPorts, "a range such as 31000-31999")
	}
	return nil
}

// isPortRange reports whether a text is two ports with a “-” between them.
func isPortRange(s string) bool {
	from, to, _ := strings.Cut(s, "-")
	first, err := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	return err == nil && err2 == nil && 1024 <= first && first <= last && last <= 65535
}

func wrong(key, value, want string) error {
	return seedbed.Mistake(key, fmt.Sprintf("%s: %q is not %s.", key, value, want))
}

// settings is the text of the settings file that the units read.
func (a Answers) settings() string {
	return fmt.Sprintf(`# What this Seedbed was asked to do, written by “seedbed install”. To change it,
# run that again, or change it here and: systemctl restart seedbed-nginx seedbed
SEEDBED_DOMAIN=%s
SEEDBED_LISTEN=%s
SEEDBED_PORT=%d
SEEDBED_SITE_PORT=%d
SEEDBED_TASK_PORTS=%s
`, a.Domain, a.Listen, a.Port, a.SitePort, a.TaskPorts)
}

// Questions are those that a person at a terminal is asked.
func (a *Answers) Questions() []Question {
	return []Question{
		{"Domain of the sites; their addresses will be <name>.<domain>", a.Domain, func(s string) { a.Domain, a.Listen = s, "" }},
	}
}

// Question is one thing to ask a person.
type Question struct {
	Text    string
	Default string
	Take    func(answer string)
}

// Check refuses answers that cannot be.
func (a Answers) Check() error { return a.check() }
