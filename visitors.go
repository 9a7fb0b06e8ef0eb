package seedbed

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Visitors is how a site meets its visitors, as people have decided it. The zero
// value is how every site begins. It takes effect without the site being started
// anew.
type Visitors struct {
	// Version counts the changes; 0 is before the first one. Changed and By say
	// when and by whom it was made.
	Version int       `json:"-"`
	Changed time.Time `json:"-"`
	By      string    `json:"-"`
	// Hosts are all host names of the site, the main one first.
	Hosts []HostName `json:"hosts,omitempty"`
	// ToMain leads visitors of the other names to the main one.
	ToMain   bool     `json:"to_main,omitempty"`
	Audience Audience `json:"audience,omitempty"`
	// Keys are kept, and ask for nothing, while the Audience is another one.
	Keys     []VisitorKey `json:"keys,omitempty"`
	Upload   int          `json:"upload,omitempty"`   // MiB that one may send at once; 0 is usual
	Patience int          `json:"patience,omitempty"` // seconds that the site may be silent; 0 is usual
	Language string       `json:"language,omitempty"` // of pages shown in its place; "" is the installation's
	// Maintenance shows visitors a page in place of the site, which goes on running.
	Maintenance bool   `json:"maintenance,omitempty"`
	Words       string `json:"words,omitempty"` // on that page, in place of the usual ones
	HTTPS       bool   `json:"https,omitempty"`
	Strict      bool   `json:"strict,omitempty"`
}

// Audience is who may visit a site.
type Audience string

// Audiences.
const (
	Everybody  Audience = ""
	InsideOnly Audience = "inside" // from the installation's own networks
	KeyHolders Audience = "keys"   // who knows a name and its password
)

// VisitorLanguages are those in which routers have pages of their own.
func VisitorLanguages() []string { return []string{"en", "fr", "pt", "sw"} }

// KeyNames are the names of which passwords are asked for.
func (v Visitors) KeyNames() []string {
	names := make([]string, len(v.Keys))
	for i, key := range v.Keys {
		names[i] = key.Name
	}
	return names
}

// HidesSite reports whether nginx answers whoever has no password in place of
// the site, so that asking its address says nothing of the site itself.
func (v Visitors) HidesSite() bool { return v.Maintenance || v.Audience == KeyHolders }

// WithoutHashes is v for people's eyes.
func (v Visitors) WithoutHashes() Visitors {
	v.Keys = slices.Clone(v.Keys)
	for i := range v.Keys {
		v.Keys[i].Hash = ""
	}
	return v
}

// VisitorsDifferences returns in what one version differs from the one before it,
// in the words of people. A password that was changed is named, and not shown: a
// key with a Hash in after has another one than before.
func VisitorsDifferences(before, after Visitors) []Difference {
	var all []Difference
	tell := func(name, label, was, is string) {
		if was != is {
			all = append(all, Difference{name, label, cmp.Or(was, "nothing"), cmp.Or(is, "nothing")})
		}
	}
	tell("hosts", "Addresses", hostsSaid(before.Hosts), hostsSaid(after.Hosts))
	tell("to_main", "Lead the other names to the main one", yesNo(before.ToMain), yesNo(after.ToMain))
	tell("audience", "Who may visit", before.Audience.Said(), after.Audience.Said())
	tell("keys", "Names with a password", strings.Join(before.KeyNames(), ", "), strings.Join(after.KeyNames(), ", "))
	for _, key := range after.Keys {
		if key.Hash != "" && slices.Contains(before.KeyNames(), key.Name) {
			all = append(all, Difference{Question: "keys", Label: "The password of " + key.Name})
		}
	}
	tell("upload", "How much one may send at once", UploadSaid(before.Upload), UploadSaid(after.Upload))
	tell("patience", "How long the site may take", PatienceSaid(before.Patience), PatienceSaid(after.Patience))
	tell("language", "Language of the pages shown in its place", LanguageSaid(before.Language), LanguageSaid(after.Language))
	tell("maintenance", "Maintenance page", yesNo(before.Maintenance), yesNo(after.Maintenance))
	tell("words", "Words on that page", before.Words, after.Words)
	tell("https", "HTTPS only", yesNo(before.HTTPS), yesNo(after.HTTPS))
	tell("strict", "Browsers come over HTTPS only, for a year", yesNo(before.Strict), yesNo(after.Strict))
	return all
}

func yesNo(b bool) string { return map[bool]string{true: "yes", false: "no"}[b] }

func hostsSaid(hosts []HostName) string {
	said := make([]string, len(hosts))
	for i, host := range hosts {
		said[i] = string(host)
	}
	return strings.Join(said, ", ")
}

// Said is an audience as people read it.
func (a Audience) Said() string {
	switch a {
	case InsideOnly:
		return "only the own networks"
	case KeyHolders:
		return "with a name and a password"
	}
	return "everybody"
}

// UploadSaid is a limit of uploads as people read it.
func UploadSaid(mib int) string {
	switch {
	case mib == 0:
		return "the usual"
	case mib%1024 == 0:
		return strconv.Itoa(mib/1024) + " GB"
	}
	return strconv.Itoa(mib) + " MB"
}

// PatienceSaid is a time to wait as people read it.
func PatienceSaid(seconds int) string {
	switch {
	case seconds == 0:
		return "the usual"
	case seconds == 60:
		return "1 minute"
	case seconds%3600 == 0 && seconds > 3600:
		return strconv.Itoa(seconds/3600) + " hours"
	case seconds == 3600:
		return "1 hour"
	case seconds%60 == 0:
		return strconv.Itoa(seconds/60) + " minutes"
	}
	return strconv.Itoa(seconds) + " seconds"
}

// LanguageSaid is the name of a language in itself; "" is the installation's own.
func LanguageSaid(code string) string {
	switch code {
	case "":
		return "the installation’s"
	case "en":
		return "English"
	case "fr":
		return "Français"
	case "pt":
		return "Português"
	case "sw":
		return "Kiswahili"
	}
	return code
}
