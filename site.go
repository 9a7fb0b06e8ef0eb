package seedbed

import (
	"regexp"
	"strconv"
	"time"
)

// Site is what people visit.
type Site struct {
	ID        int64
	Project   string // name of the Project that it belongs to
	ProjectID int64  // its id
	// ProjectTitle is what people call that project.
	ProjectTitle Title
	Name         Label // unique among the sites that are there; part of its address
	Title        Title
	Template     string // name of the Template that it is made from
	Created      time.Time
	By           string // name of who made it
	// Deleted is when the last of it was removed; zero while it is there.
	Deleted time.Time
}

// WorkloadID names the site's workload to the engine.
func (s Site) WorkloadID() WorkloadID { return WorkloadID("/sites/" + string(s.Name)) }

// Key is a short name that no other site has now or later, for things that
// outlive a name: databases, roles, directories. It has the form
// s<id>-<name>, in the letters of a Label.
func (s Site) Key() string { return "s" + strconv.FormatInt(s.ID, 10) + "-" + string(s.Name) }

// siteKey is the form of Site.Key.
var siteKey = regexp.MustCompile(`^s[0-9]+-[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)

// IsSiteKey reports whether a text has the form of Site.Key. Whoever makes or
// deletes things by a site's name asks this first, so that no mistake elsewhere
// reaches what belongs to a server itself.
func IsSiteKey(s string) bool { return siteKey.MatchString(s) }

// Address is a host name under which visitors reach a site. A host name
// belongs to one site at a time.
type Address struct {
	SiteID int64
	Host   HostName
	Own    bool // made from the site's name; it stays with the site
}

// Revision is one immutable version of a site's settings.
type Revision struct {
	ID       int64
	SiteID   int64
	Number   int // 1, 2, 3 … within the site
	Title    Title
	Settings map[string]string // answers to the template's questions, by name
	Created  time.Time
	By       string // who made it
}

// Volume is a directory that outlives the site's containers.
type Volume struct {
	SiteID int64  // 0 for a service's volume
	Owner  string // Key of the site or service
	Name   string // name in the template, "files"
	Size   int64  // MiB that it may hold, where that is limited; 0 means the installation's default
}
