// Package wire has what the API sends and takes, as JSON: openapi.yaml in the
// folder above says the same in words. It knows nothing but these shapes, so
// that the API and its client cannot differ.
package wire

import "time"

// Page is one part of a list.
type Page[T any] struct {
	Items []T `json:"items"`
	// Next is the cursor of the part that follows; empty at the end.
	Next string `json:"next,omitempty"`
}

// Site is what is wanted of a site.
type Site struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Template string `json:"template"`
	Project  string `json:"project"`
	URL      string `json:"url"`
	// Settings are the answers to the template's questions; absent for those who
	// may not see them. Environment variables are among them only for those who
	// may change them.
	Settings map[string]string `json:"settings,omitempty"`
	Revision int               `json:"revision"` // of the settings
	// DeploymentID is that of the newest deployment.
	DeploymentID int64     `json:"deployment_id"`
	Services     []string  `json:"services"` // kinds in which it has a part
	Created      time.Time `json:"created"`
}

// ListedSite is a site with how it is, as lists have it.
type ListedSite struct {
	Site
	Status Status `json:"status"`
}

// NewSite asks for a site.
type NewSite struct {
	Template string            `json:"template"`
	Title    string            `json:"title"`
	Project  string            `json:"project,omitempty"` // the only one in which the user may make sites if it is empty
	Address  string            `json:"address,omitempty"` // made from the title if it is empty
	Settings map[string]string `json:"settings,omitempty"`
}

// SitePatch changes a site, as a JSON Merge Patch (RFC 7396): what is missing
// stays, and a setting that is null gets its default.
type SitePatch struct {
	Title    *string            `json:"title,omitempty"`
	Settings map[string]*string `json:"settings,omitempty"`
}

// Revision is one version of a site's settings.
type Revision struct {
	Number   int               `json:"number"`
	Title    string            `json:"title"`
	Settings map[string]string `json:"settings"`
	Created  time.Time         `json:"created"`
	By       string            `json:"by"`
}

// Status is how a site or a service is, from what was observed.
type Status struct {
	State    string     `json:"state"` // live, at-work, attention, broken or at-rest
	Word     string     `json:"word,omitempty"`
	Sentence string     `json:"sentence,omitempty"`
	Observed *time.Time `json:"observed,omitempty"`
	Since    *time.Time `json:"since,omitempty"`
	// Visitors is, for a site, whether nginx serves it as it is wanted: in-effect
	// or on-its-way; absent if the router does not tell.
	Visitors string `json:"visitors,omitempty"`
	// Refused are sentences about what the router left out of a site.
	Refused []string `json:"refused,omitempty"`
}

// Deployment is the carrying out of a revision, step by step.
type Deployment struct {
	ID      int64      `json:"id"`
	Site    string     `json:"site"`
	Kind    string     `json:"kind"`  // make, change, remove, backup, restore, return, pause or resume
	State   string     `json:"state"` // working, done, failed or superseded
	Steps   []Step     `json:"steps"`
	Cause   string     `json:"cause,omitempty"` // why it failed
	By      string     `json:"by"`
	Newest  bool       `json:"newest"` // the site has no later one
	Started time.Time  `json:"started"`
	Ended   *time.Time `json:"ended,omitempty"`
}

// Step is one thing that a deployment does.
type Step struct {
	Name    string     `json:"name"`  // "volumes", "service:postgres" …
	State   string     `json:"state"` // to-come, working or done
	Detail  string     `json:"detail,omitempty"`
	Started *time.Time `json:"started,omitempty"`
	Ended   *time.Time `json:"ended,omitempty"`
}

// Log is the end of what a site printed to one of its two streams.
type Log struct {
	Task   string `json:"task"`   // that printed it
	Stream string `json:"stream"` // stdout or stderr
	Text   string `json:"text"`   // as it was printed: it may hold anything
	From   int64  `json:"from"`   // bytes before it
	Size   int64  `json:"size"`   // bytes of the whole
}

// Usage is what a site used when it was looked at last; asking has it looked at
// again.
type Usage struct {
	At          time.Time `json:"at"`
	Tasks       int       `json:"tasks"`        // of which something is known
	Memory      int64     `json:"memory"`       // bytes
	MemoryLimit int64     `json:"memory_limit"` // bytes; 0 if there is none
	// CPUs is how many processors it kept busy lately; absent while that is not
	// known.
	CPUs *float64 `json:"cpus,omitempty"`
}

// Move asks for a site to belong to another project.
type Move struct {
	Project string `json:"project"` // its name
}

// Files are those of a site that visitors can get.
type Files struct {
	Page[File]
	Cut bool `json:"cut"` // there are more than these
}

// File is one of them.
type File struct {
	Name     string    `json:"name"` // with its folders, "css/site.css"
	Size     int64     `json:"size"` // bytes
	Modified time.Time `json:"modified"`
}

// Uploaded says what an upload brought.
type Uploaded struct {
	Files int `json:"files"` // how many are in place
}

// SignIn is how the first person signs in to a site.
type SignIn struct {
	User     string `json:"user"`
	Password string `json:"password"`
	URL      string `json:"url"`
}

// NewService asks for a shared service.
type NewService struct {
	Kind string `json:"kind"` // "postgres"
}

// Backup is a copy of a site's files and databases.
type Backup struct {
	ID      string     `json:"id"` // unique within the site
	At      time.Time  `json:"at"`
	By      string     `json:"by"`
	Title   string     `json:"title"`             // of the site then
	Size    int64      `json:"size"`              // bytes that it takes
	Proved  *time.Time `json:"proved,omitempty"`  // when it was last read and found whole
	Changed int        `json:"changed"`           // files that were written to while they were copied
	Trouble string     `json:"trouble,omitempty"` // why it cannot be used
}

// Project groups sites that belong to the same people.
type Project struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Sites int    `json:"sites"` // how many there are
}

// ProjectMembers is a project with who is in it.
type ProjectMembers struct {
	Project
	Members []Member `json:"members"`
	// Invitations are those that can still be accepted, for those who may invite.
	Invitations []Invitation `json:"invitations,omitempty"`
}

// Member is somebody who is in a project.
type Member struct {
	ID      int64  `json:"id"` // of the user
	User    string `json:"user"`
	Role    string `json:"role"` // viewer, editor or owner
	Blocked bool   `json:"blocked"`
}

// Invitation lets whoever has its link into a project, once.
type Invitation struct {
	ID      int64     `json:"id"`
	Role    string    `json:"role"` // viewer, editor or owner
	Note    string    `json:"note"` // for whom it is
	By      string    `json:"by"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	// Path is the link, without the portal's address; there only in the answer
	// that makes it.
	Path string `json:"path,omitempty"`
}

// NewInvitation asks for an invitation.
type NewInvitation struct {
	Role string `json:"role"`
	Note string `json:"note,omitempty"`
}

// NewRole gives somebody another role.
type NewRole struct {
	Role *string `json:"role"` // of an account: empty for none
}

// Link is one that works once, without the portal's address.
type Link struct {
	Path string `json:"path"`
}

// NewProject asks for a project, or for another title of one.
type NewProject struct {
	Title string `json:"title"`
}

// User is somebody who has an account.
type User struct {
	ID      int64      `json:"id"`
	Name    string     `json:"name"`
	Role    string     `json:"role,omitempty"` // operator or administrator
	Created time.Time  `json:"created"`
	Blocked *time.Time `json:"blocked,omitempty"` // since when
}

// Machine is a computer that sites and services run on.
type Machine struct {
	ID    string     `json:"id"`
	Name  string     `json:"name"` // or address
	Up    bool       `json:"up"`
	Since *time.Time `json:"since,omitempty"`
	Tasks int        `json:"tasks"` // that run there
	// Total is what there is to give away, Promised what was given.
	Total    Resources `json:"total"`
	Promised Resources `json:"promised"`
}

// Resources are amounts of what tasks need.
type Resources struct {
	CPUs   float64 `json:"cpus"`
	Memory int64   `json:"memory"` // bytes
	Disk   int64   `json:"disk"`   // bytes
}

// Template is what a site can be made from.
type Template struct {
	Name      string     `json:"name"`
	Title     string     `json:"title"`
	Summary   string     `json:"summary"`
	Details   string     `json:"details"`
	Services  []string   `json:"services"` // kinds that a site of it needs, or may need
	MemoryMiB int        `json:"memory_mib"`
	Questions []Question `json:"questions"`
}

// Question asks for one setting.
type Question struct {
	Name    string   `json:"name"`
	Label   string   `json:"label"`
	Type    string   `json:"type"` // choice, switch ("on" or "off"), text …
	Choices []string `json:"choices,omitempty"`
	Default string   `json:"default"`
	// Required is true if there is no good default.
	Required bool `json:"required"`
}

// Service is a shared server that sites have a part of.
type Service struct {
	Kind   string   `json:"kind"`
	Title  string   `json:"title"`
	Port   int      `json:"port"` // for sites only
	Status Status   `json:"status"`
	Sites  []string `json:"sites"` // names of those that use it and that one may see
}

// Volume is a directory of a site that outlives its containers.
type Volume struct {
	Site string `json:"site"`
	Name string `json:"name"`
}

// Event says who did what, when.
type Event struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Program string    `json:"program,omitempty"` // name of the token, if a program did it
	From    string    `json:"from,omitempty"`
	What    string    `json:"what"`
	Details string    `json:"details,omitempty"`
	Subject string    `json:"subject,omitempty"`
}

// Token lets a program act in the place of its user.
type Token struct {
	ID      int64      `json:"id"`
	Name    string     `json:"name"`
	Scope   string     `json:"scope"`             // read, write or admin
	Project string     `json:"project,omitempty"` // the only one that it is for
	Created time.Time  `json:"created"`
	Expires time.Time  `json:"expires"`
	Used    *time.Time `json:"used,omitempty"`
	// Token is what a program sends; there only in the answer that makes it.
	Token string `json:"token,omitempty"`
}

// NewToken asks for a token.
type NewToken struct {
	Name  string `json:"name"`
	Scope string `json:"scope"`
	Days  int    `json:"days,omitempty"` // 90 if it is 0
	// Project is the name of the only project that it is to be for; empty for
	// all of the user's.
	Project string `json:"project,omitempty"`
}

// Me is who one is to the API.
type Me struct {
	User    string    `json:"user"`
	Token   string    `json:"token"` // its name
	Scope   string    `json:"scope"`
	Project string    `json:"project,omitempty"` // the only one that the token is for
	Expires time.Time `json:"expires"`
}

// Problem is an error (RFC 9457).
type Problem struct {
	Type   string    `json:"type"`
	Title  string    `json:"title"`
	Status int       `json:"status"`
	Detail string    `json:"detail"` // a sentence for a person
	Code   string    `json:"code"`   // for programs; Title and Detail may change
	Errors []Mistake `json:"errors,omitempty"`
}

// Mistake is what is wrong with one field.
type Mistake struct {
	Field   string `json:"field"` // "title", "settings.language"; empty if it is about no single one
	Message string `json:"message"`
}

// Visitors is how a site meets its visitors.
type Visitors struct {
	Version  int          `json:"version"` // counts the changes
	Hosts    []string     `json:"hosts"`   // the main one first
	Own      string       `json:"own"`     // the one that stays with the site
	ToMain   bool         `json:"to_main"` // visitors of the others are led to the main one
	Audience string       `json:"audience"`
	Keys     []VisitorKey `json:"keys"`
	Upload   int          `json:"upload"`   // MiB; 0 is usual
	Patience int          `json:"patience"` // seconds; 0 is usual
	Language string       `json:"language"` // empty for the installation's
	// Maintenance shows Words, or the usual ones, in place of the site.
	Maintenance bool   `json:"maintenance"`
	Words       string `json:"words"`
	HTTPS       bool   `json:"https"`
	Strict      bool   `json:"strict"`
}

// VisitorKey is a name that a password is asked for.
type VisitorKey struct {
	Name string `json:"name"`
	// Password is only ever sent to the server. One that is left out stays.
	Password string `json:"password,omitempty"`
}

// Visits is how a site was visited lately.
type Visits struct {
	Minutes []VisitCount `json:"minutes"` // of the last hour, oldest first
	Hours   []VisitCount `json:"hours"`   // of the last day, oldest first
	Last    []Visit      `json:"last"`    // newest first; empty for those who may not see logs
}

// VisitCount is how often a site was asked for something in a minute or an hour.
type VisitCount struct {
	From     time.Time `json:"from"`
	Requests int64     `json:"requests"`
	Errors   int64     `json:"errors"` // answered with 500 or more
	Slow     int64     `json:"slow"`   // took longer than 2 seconds
	Bytes    int64     `json:"bytes"`
}

// Visit is one request for something of a site. Its texts are the visitor's, and
// may hold anything.
type Visit struct {
	At      time.Time `json:"at"`
	From    string    `json:"from"`
	Host    string    `json:"host"`
	Method  string    `json:"method"`
	URI     string    `json:"uri"`
	Status  int       `json:"status"`
	Bytes   int64     `json:"bytes"`
	Seconds float64   `json:"seconds"`
	Referer string    `json:"referer"`
	Agent   string    `json:"agent"`
}
