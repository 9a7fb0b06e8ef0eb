package seedbed

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"
)

// VirtualHost is how a site is to be served to its visitors, as far as people
// decide it and the engine does not know it: the portal writes it where every
// router reads it. What is left out has the installation's usual value.
type VirtualHost struct {
	Workload WorkloadID `json:"workload"`
	// Since is when the site was made. A host name that two want belongs to the
	// older.
	Since time.Time `json:"since"`
	// Hosts are all its host names, the main one first.
	Hosts []HostName `json:"hosts"`
	// ToMain leads visitors of the other names to the main one, for good (301).
	ToMain bool `json:"to_main,omitempty"`
	// Door is why visitors get a page of the router's instead of the site.
	Door VisitorDoor `json:"door,omitempty"`
	// Language is that of the pages that the router shows: "en", "fr", "pt", "sw".
	Language string `json:"language,omitempty"`
	// Words are the site's own, shown on that page in place of the usual ones:
	// plain text of at most MaxWords characters.
	Words string `json:"words,omitempty"`
	// Upload is the most that a visitor may send at once, in MiB; 0 is usual.
	Upload int `json:"upload,omitempty"`
	// Patience is how many seconds the site may be silent within an answer; 0 is
	// usual.
	Patience int `json:"patience,omitempty"`
	// Inside lets only visitors from the installation's own networks in.
	Inside bool `json:"inside,omitempty"`
	// Keys lets only visitors in who know a name and its password.
	Keys []VisitorKey `json:"keys,omitempty"`
	// HTTPS says whether visitors over plain HTTP are led to HTTPS.
	HTTPS bool `json:"https,omitempty"`
	// Strict tells browsers to come over HTTPS only, for a year (HSTS).
	Strict bool `json:"strict,omitempty"`
}

// VisitorKey is a name and the hash of its password, in a form of crypt(5) that
// the machine knows.
type VisitorKey struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
}

// VisitorDoor is whether visitors are let through to a site, or why not.
type VisitorDoor string

// Doors of a virtual host. While an open site has no instance that is well,
// visitors read that it is starting.
const (
	LetIn       VisitorDoor = ""
	Paused      VisitorDoor = "paused"      // somebody has switched it off for a while
	Maintenance VisitorDoor = "maintenance" // somebody works at it; it may run
	GivenUp     VisitorDoor = "given-up"    // bringing it up has been given up
)

// Limits of a VirtualHost.
const (
	MaxWords    = 1000      // characters
	MaxUpload   = 10 * 1024 // MiB
	MaxPatience = 3600      // seconds
	MaxKeys     = 50
)

// Digest tells what is to be served for a workload from what was before, in 16
// hexadecimal digits: the first eight bytes of the SHA-256 of its JSON, without the
// Workload, which routers know by its whole id and the portal by that in its group.
func (v VirtualHost) Digest() string {
	v.Workload = ""
	text, err := json.Marshal(v)
	if err != nil {
		return "" // a time that JSON does not have, which equals nothing
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// Visiting is what is known of how a site is led to, as it was observed last.
type Visiting struct {
	// Refused are sentences about what the router left out.
	Refused []string
	Effect  Effect
}

// Effect is whether nginx was seen to serve a site as it is wanted.
type Effect string

// Effects.
const (
	EffectUnknown Effect = ""           // the router does not tell
	OnItsWay      Effect = "on-its-way" // nginx serves the one before
	InEffect      Effect = "in-effect"
)
