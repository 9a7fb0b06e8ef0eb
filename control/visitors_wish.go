package control

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"seedbed"
)

// VisitorsWish is how a site is to meet its visitors from now on, not checked
// yet. What is nil stays as it is.
type VisitorsWish struct {
	// Hosts are all host names, the main one first, as a person writes them. The
	// site's own stays, whether it is among them or not.
	Hosts       *[]string
	ToMain      *bool
	Audience    *string
	Keys        *[]KeyWish // all of them
	Upload      *int       // MiB; 0 is usual
	Patience    *int       // seconds; 0 is usual
	Language    *string    // "" is the installation's
	Maintenance *bool
	Words       *string
	HTTPS       *bool
	Strict      *bool
}

// KeyWish is a name and its password.
type KeyWish struct {
	Name     string
	Password *seedbed.Secret // nil keeps the one that the name has
}

// Limits of what is asked for.
const (
	maxHosts       = 20 // of one site
	minKeyPassword = 10 // characters
	maxKeyPassword = 72 // bytes; bcrypt reads no more
)

// keyName is the grammar of names in front of a password: HTTP cannot send “:”
// in one (RFC 7617), and browsers do not agree on other letters.
var keyName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,39}$`)

// read returns v with the wish applied, with all mistakes at once, each beside
// its field. Passwords are in passwords by name, not hashed yet.
func (c *Control) readVisitors(site Site, wish VisitorsWish) (v seedbed.Visitors, passwords map[string]seedbed.Secret, err error) {
	v = site.Visitors
	v.Keys = slices.Clone(v.Keys)
	var wrong []error
	if wish.Hosts != nil {
		v.Hosts, err = c.readHosts(site, *wish.Hosts)
		wrong = append(wrong, err)
	}
	if wish.Keys != nil {
		v.Keys, passwords, err = readKeys(v.Keys, *wish.Keys)
		wrong = append(wrong, err)
	}
	wrong = append(wrong, wish.readChoices(&v), wish.readNumbers(&v), c.readSwitches(&v, wish), checkAudience(v, wish))
	return v, passwords, errors.Join(wrong...)
}

// readHosts reads all host names. The site's own is put behind the others where
// it is not among them.
func (c *Control) readHosts(site Site, texts []string) (hosts []seedbed.HostName, err error) {
	own := site.Own()
	var wrong []error
	for _, text := range texts {
		if seedbed.HostName(text) == own {
			hosts = append(hosts, own)
			continue
		}
		host, err := c.readHost(text)
		switch {
		case err != nil:
			wrong = append(wrong, err)
		case slices.Contains(hosts, host):
			wrong = append(wrong, wrongHost(text, "is there twice."))
		}
		hosts = append(hosts, host)
	}
	if !slices.Contains(hosts, own) {
		hosts = append(hosts, own)
	}
	if len(hosts) > maxHosts {
		wrong = append(wrong, seedbed.Mistake("hosts", fmt.Sprintf("These are %d names; %d is the most.", len(hosts), maxHosts)))
	}
	return hosts, errors.Join(wrong...)
}

func readKeys(had []seedbed.VisitorKey, wishes []KeyWish) (keys []seedbed.VisitorKey, passwords map[string]seedbed.Secret, err error) {
	passwords = map[string]seedbed.Secret{}
	var wrong []error
	for _, wish := range wishes {
		known := slices.ContainsFunc(had, func(k seedbed.VisitorKey) bool { return k.Name == wish.Name })
		again := slices.ContainsFunc(keys, func(k seedbed.VisitorKey) bool { return k.Name == wish.Name })
		switch mistake := checkKey(wish); {
		case mistake != "":
			wrong = append(wrong, seedbed.Mistake("keys", mistake))
		case again:
			wrong = append(wrong, seedbed.Mistake("keys", "The name “"+wish.Name+"” is there twice."))
		case wish.Password == nil && !known:
			wrong = append(wrong, seedbed.Mistake("keys", "“"+wish.Name+"” has no password yet. Give it one."))
		}
		if wish.Password != nil {
			passwords[wish.Name] = *wish.Password
		}
		keys = append(keys, seedbed.VisitorKey{Name: wish.Name})
	}
	if len(keys) > seedbed.MaxKeys {
		wrong = append(wrong, seedbed.Mistake("keys", fmt.Sprintf("These are %d names; %d is the most.", len(keys), seedbed.MaxKeys)))
	}
	return keys, passwords, errors.Join(wrong...)
}

// checkKey says what is wrong with a name or its password; "" is nothing.
func checkKey(wish KeyWish) string {
	if !keyName.MatchString(wish.Name) {
		return "A name that visitors type has up to 40 letters a to z, digits and . _ - @, and begins with a letter or a digit."
	}
	if wish.Password == nil {
		return ""
	}
	password := wish.Password.Reveal()
	switch {
	case strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r > '~' }):
		return "The password of “" + wish.Name + "” has a character that browsers send in different ways. Use letters a to z, digits, spaces and signs."
	case len(password) < minKeyPassword || len(password) > maxKeyPassword:
		return fmt.Sprintf("The password of “%s” has %d characters; it needs %d to %d.", wish.Name, len(password), minKeyPassword, maxKeyPassword)
	case strings.EqualFold(password, wish.Name):
		return "The password of “" + wish.Name + "” is the name itself. Choose another one."
	}
	return ""
}

func (wish VisitorsWish) readChoices(v *seedbed.Visitors) error {
	var wrong []error
	if wish.Audience != nil {
		v.Audience = seedbed.Audience(*wish.Audience)
		if v.Audience != seedbed.Everybody && v.Audience != seedbed.InsideOnly && v.Audience != seedbed.KeyHolders {
			wrong = append(wrong, seedbed.Mistake("audience", "Choose who may visit the site."))
		}
	}
	if wish.Language != nil {
		v.Language = *wish.Language
		if v.Language != "" && !slices.Contains(seedbed.VisitorLanguages(), v.Language) {
			wrong = append(wrong, seedbed.Mistake("language", "These pages are there in English (en), French (fr), Portuguese (pt) and Swahili (sw)."))
		}
	}
	if wish.Words != nil {
		var err error
		v.Words, err = readWords(*wish.Words)
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// readWords reads plain text of several lines.
func readWords(text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n"))
	n := utf8.RuneCountInString(text)
	switch {
	case !utf8.ValidString(text):
		return "", seedbed.Mistake("words", "This text has characters that we cannot read. Type it again.")
	case n > seedbed.MaxWords:
		return text, seedbed.Mistake("words", fmt.Sprintf("This text has %d characters; %d is the most.", n, seedbed.MaxWords))
	case strings.ContainsFunc(text, isTrick):
		return text, seedbed.Mistake("words", "This text has a character that cannot be seen and changes how the others are shown. Type it again.")
	}
	return text, nil
}

// isTrick reports whether a character is a control character, or turns the
// direction of what stands around it.
func isTrick(r rune) bool {
	return r != '\n' && r != '\t' && unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

func (wish VisitorsWish) readNumbers(v *seedbed.Visitors) error {
	var wrong []error
	if wish.Upload != nil {
		if v.Upload = *wish.Upload; v.Upload < 0 || v.Upload > seedbed.MaxUpload {
			wrong = append(wrong, seedbed.Mistake("upload", fmt.Sprintf("How much one may send at once is 1 to %d MiB, or 0 for the usual.", seedbed.MaxUpload)))
		}
	}
	if wish.Patience != nil {
		if v.Patience = *wish.Patience; v.Patience < 0 || v.Patience > seedbed.MaxPatience {
			wrong = append(wrong, seedbed.Mistake("patience", fmt.Sprintf("How long the site may take is 1 to %d seconds, or 0 for the usual.", seedbed.MaxPatience)))
		}
	}
	return errors.Join(wrong...)
}

func (c *Control) readSwitches(v *seedbed.Visitors, wish VisitorsWish) error {
	for to, value := range map[*bool]*bool{&v.ToMain: wish.ToMain, &v.Maintenance: wish.Maintenance, &v.HTTPS: wish.HTTPS, &v.Strict: wish.Strict} {
		if value != nil {
			*to = *value
		}
	}
	switch {
	case v.HTTPS && !c.https && wish.HTTPS != nil:
		return seedbed.Mistake("https", "This installation does not serve sites over HTTPS yet, so visitors would find nothing there.")
	case v.Strict && !v.HTTPS && (wish.Strict != nil || wish.HTTPS != nil):
		return seedbed.Mistake("strict", "Browsers can only be told to come over HTTPS if visitors are led there: switch on “HTTPS only” as well.")
	}
	return nil
}

func checkAudience(v seedbed.Visitors, wish VisitorsWish) error {
	if v.Audience == seedbed.KeyHolders && len(v.Keys) == 0 && (wish.Audience != nil || wish.Keys != nil) {
		return seedbed.Mistake("keys", "Nobody could visit the site: give at least one name with a password.")
	}
	return nil
}
