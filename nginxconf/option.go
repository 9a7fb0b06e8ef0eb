package nginxconf

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"seedbed"
)

// options are how a site is served, as far as people decide it. The zero value
// is the usual.
type options struct {
	Main     seedbed.HostName     `json:",omitempty"` // to which its other names lead; "" if they do not
	Door     seedbed.VisitorDoor  `json:",omitempty"`
	Language string               `json:",omitempty"`
	Words    string               `json:",omitempty"`
	Upload   int                  `json:",omitempty"` // MiB; one of uploadClasses
	Patience int                  `json:",omitempty"` // seconds; one of patienceClasses
	Inside   bool                 `json:",omitempty"`
	Keys     []seedbed.VisitorKey `json:",omitempty"`
	HTTPS    bool                 `json:",omitempty"`
	Strict   bool                 `json:",omitempty"`
}

// shutDoor lets nobody in, because it is not known who may come in.
const shutDoor seedbed.VisitorDoor = "shut"

// Values that nginx takes for a whole server block only are rounded up to these,
// so that there are few such blocks, however many sites there are.
var (
	uploadClasses   = []int{1, 8, 32, 64, 128, 256, usualUpload, 1024, 2048, 4096, seedbed.MaxUpload}
	patienceClasses = []int{10, 30, 60, 120, usualPatience, 600, 1800, seedbed.MaxPatience}
)

// What is usual.
const (
	usualUpload   = 512 // MiB
	usualPatience = 300 // seconds
)

// readVirtualHost reads what the portal says about a site. What cannot be is
// refused, with a sentence each, and the usual takes its place; but where it
// says who may come in, nobody is let in.
func readVirtualHost(h seedbed.VirtualHost) (hosts []seedbed.HostName, o options, refused []string) {
	refuse := func(sentence string) { refused = append(refused, sentence) }
	for _, name := range h.Hosts {
		host, err := readHost(string(name))
		if err != nil {
			refuse(err.Error())
			continue
		}
		hosts = append(hosts, host)
	}
	o = options{Inside: h.Inside, HTTPS: h.HTTPS, Strict: h.Strict, Keys: h.Keys}
	if h.ToMain && len(hosts) > 0 && hosts[0] == h.Hosts[0] {
		o.Main = hosts[0]
	}
	if o.Door = h.Door; !slices.Contains([]seedbed.VisitorDoor{seedbed.LetIn, seedbed.Paused, seedbed.Maintenance, seedbed.GivenUp}, h.Door) {
		refuse(fmt.Sprintf("It is not known what %q means for visitors, so nobody is let in.", h.Door))
		o.Door = shutDoor
	}
	if err := checkKeys(h.Keys); err != nil {
		refuse(err.Error() + " So nobody is let in.")
		o.Keys, o.Door = nil, shutDoor
	}
	refused = append(refused, o.readRest(h)...)
	return hosts, o, refused
}

// readRest reads what decides nothing about who may come in.
func (o *options) readRest(h seedbed.VirtualHost) (refused []string) {
	var err error
	if o.Upload, err = classOf(h.Upload, uploadClasses); err != nil {
		refused = append(refused, "How much visitors may send is "+err.Error())
	}
	if o.Patience, err = classOf(h.Patience, patienceClasses); err != nil {
		refused = append(refused, "How long the site may be silent is "+err.Error())
	}
	if o.Language = h.Language; h.Language != "" && !isLanguage(h.Language) {
		refused = append(refused, fmt.Sprintf("There are no pages in the language %.20q.", h.Language))
		o.Language = ""
	}
	if o.Words = h.Words; !areWords(h.Words) {
		refused = append(refused, fmt.Sprintf("The words for visitors have more than %d characters, or some that cannot be shown.", seedbed.MaxWords))
		o.Words = ""
	}
	return refused
}

// check holds options that were read from a file to what readVirtualHost gives.
func (o options) check(hosts []seedbed.HostName) error {
	h := seedbed.VirtualHost{Door: o.Door, Language: o.Language, Words: o.Words, Upload: o.Upload, Patience: o.Patience, Keys: o.Keys}
	if h.Door == shutDoor {
		h.Door = seedbed.LetIn
	}
	_, read, refused := readVirtualHost(h)
	if len(refused) > 0 || read.Upload != o.Upload || read.Patience != o.Patience || o.Main != "" && !slices.Contains(hosts, o.Main) {
		return fmt.Errorf("its options are none: %s", strings.Join(refused, " "))
	}
	return nil
}

// classOf rounds up. 0 is the usual.
func classOf(n int, classes []int) (int, error) {
	for _, class := range classes {
		if n >= 0 && n <= class {
			if n == 0 {
				return 0, nil
			}
			return class, nil
		}
	}
	return 0, sentencef("%d, which cannot be.", n)
}

// areWords takes text of lines, without what could steer a program that shows it.
func areWords(s string) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= seedbed.MaxWords && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
	})
}

var (
	shaForm    = regexp.MustCompile(`^\$[56]\$(?:rounds=([1-9][0-9]{3,5})\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43,86}$`)
	bcryptForm = regexp.MustCompile(`^\$2[aby]\$(0[4-9]|1[0-9])\$[./A-Za-z0-9]{53}$`)
)

// A worker of nginx answers nobody while it looks at a password, and does so
// with each request. So hashes may cost about 50 milliseconds and no more.
const (
	maxRounds = 50000 // of SHA-crypt
	maxCost   = 10    // of bcrypt
)

// checkKeys holds names and hashes to a grammar that is nginx's and crypt's: one
// line each, name and hash parted by the first ":".
func checkKeys(keys []seedbed.VisitorKey) error {
	if len(keys) > seedbed.MaxKeys {
		return sentencef("There are more than %d names of visitors.", seedbed.MaxKeys)
	}
	seen := map[string]bool{}
	for _, k := range keys {
		if !isKeyName(k.Name) || seen[k.Name] {
			return sentencef("%.60q is not a name that a visitor can have.", k.Name)
		}
		if seen[k.Name] = true; !isKeyHash(k.Hash) {
			return sentencef("The password of %q is not kept in a form that nginx can check.", k.Name)
		}
	}
	return nil
}

func isKeyName(s string) bool {
	return s != "" && len(s) <= 64 && utf8.ValidString(s) && s[0] != '#' && !strings.ContainsFunc(s, func(r rune) bool {
		return r == ':' || unicode.IsControl(r) || !unicode.IsPrint(r)
	})
}

func isKeyHash(s string) bool {
	if m := shaForm.FindStringSubmatch(s); m != nil {
		rounds, _ := strconv.Atoi(m[1]) // the form has only digits there, or nothing
		return rounds <= maxRounds
	}
	m := bcryptForm.FindStringSubmatch(s)
	if m == nil {
		return false
	}
	cost, _ := strconv.Atoi(m[1])
	return cost <= maxCost
}
