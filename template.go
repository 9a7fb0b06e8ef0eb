package seedbed

import (
	"slices"
	"time"
)

// Kinds of templates.
const (
	SiteTemplate    = "site"
	ServiceTemplate = "service"
)

// Template is what a site or a service is made from. It is read from a strict,
// versioned file by the catalog, which also checks it.
type Template struct {
	Name    string // "wiki"
	Version int
	Kind    string // SiteTemplate or ServiceTemplate
	Title   string // "Wiki"
	Summary string // one sentence for a person who has to choose
	Details string // what it is in a few more words: "MediaWiki 1.39, as in Debian 12"

	Image string // name of one of the catalog's images; "" if people name one
	// Reference is the full reference of an image that a person has named, in
	// place of Image. Templates do not have it; For puts it in.
	Reference string
	Needs     []Need
	Memory    int // MiB
	CPUs      float64
	Port      int // that the container listens on
	// AdminPort is a further one, at which a service is administered, or 0 if
	// that is done at Port as well.
	AdminPort int
	Volumes   []TemplateVolume
	Health    HealthCheck
	// Patience is how long it may take until it is well for the first time.
	Patience time.Duration

	Questions []Question
	// Asked says what of the above an answer decides.
	Asked   Asked
	Secrets []string // names of generated secrets
	Env     []EnvVar
	// MoreEnv is the name of the VariablesQuestion whose variables are added to
	// Env, or "". None of them takes the place of one in Env.
	MoreEnv string
	SignIn  *SignIn // how the first person signs in to the site; nil if there is nothing to sign in to
	Uploads string  // name of the volume that people upload files into, or ""
}

// Need is a kind of service that a site gets a Binding in.
type Need struct {
	Service string // its kind: "postgres"
	If      string // name of the SwitchQuestion that has to be on; "" if it is always needed
}

// Asked holds, for each part of a template that the person who makes a site
// decides, the name of the question; "" for those that are the same for all.
type Asked struct {
	Image      string // an ImageQuestion
	Port       string // a NumberQuestion
	Memory     string // a ChoiceQuestion, each choice of which has an Amount in MiB
	HealthPath string // a PageQuestion
}

// TemplateVolume is a volume that each site of a template gets.
type TemplateVolume struct {
	Name string
	Path string // inside the container
	// Asked is the name of the FolderQuestion that Path comes from, or "". A
	// site that leaves the answer empty does not get the volume.
	Asked    string
	ReadOnly bool  // the container only reads it
	Size     int64 // MiB that it may hold, where that is limited; 0 means the installation's default
}

// HealthCheck is how the engine finds out whether a container is well.
type HealthCheck struct {
	Path     string        // of an HTTP GET; empty means a TCP connection
	Grace    time.Duration // failures count only after this
	Interval time.Duration
	Timeout  time.Duration
	Failures int // in a row, until the container is replaced
}

// Question types.
const (
	ChoiceQuestion    = "choice"    // one of Choices
	SwitchQuestion    = "switch"    // "on" or "off"
	TextQuestion      = "text"      // a line of text of at most 200 characters
	NumberQuestion    = "number"    // a whole number from Min to Max
	ImageQuestion     = "image"     // the full reference of a container image
	PageQuestion      = "page"      // the path of a page of the site, "/health", or ""
	FolderQuestion    = "folder"    // an absolute path inside the container, "/data", or ""
	VariablesQuestion = "variables" // lines of the form NAME=value, or ""
)

// Question asks the person who makes a site for one setting.
type Question struct {
	Name    string
	Label   string
	Help    string
	Type    string
	Choices []Choice
	Min     int // of a number
	Max     int
	Default string
	// Required is true if there is no good default, so that a person has to
	// give an answer.
	Required bool
}

// IsPrivate reports whether the answer may hold secrets of the site, such as
// keys of services elsewhere: it is for those alone who may change it.
func (q Question) IsPrivate() bool { return q.Type == VariablesQuestion }

// Choice is one answer to a ChoiceQuestion.
type Choice struct {
	Value  string
	Label  string
	Amount int // what it stands for where a number is decided by it
}

// EnvVar is an environment variable of the container. It is given if the switch
// If is on and the switch Unless is off, where they are named. Its value has
// exactly one source, named by From:
//
//	value              Value itself
//	setting            the answer to the question Key
//	secret             the generated secret Key
//	site.title, site.url, site.host
//	binding.url        the URL of the site's part of the service Key:
//	                   postgres://, mysql://, redis:// or amqp://, with name,
//	                   password, host, port, and the database ("/0" for Redis)
//	                   or virtual host
//	binding.host, binding.port
//	                   where that service is, for programs that want it apart
//	binding.user, binding.password
//	                   with which the site signs in there
//	binding.name       of the site's own database, schema or virtual host; "0"
//	                   for Redis, where all sites share one
//	binding.prefix     what the names of all keys and channels of the site begin
//	                   with in Redis: "s12-guide:"; others are refused
//	service.password   a service's own administrator password
type EnvVar struct {
	Name   string
	From   string
	Key    string
	Value  string
	If     string
	Unless string
}

// SignIn says which secret is the first person's password inside the site.
type SignIn struct {
	User   string
	Secret string
	Path   string // of the site's sign-in page
}

// UsesAddress reports whether a site of the template is told its address when it
// is started, so that another main one counts only after it was started anew.
func (t Template) UsesAddress() bool {
	return slices.ContainsFunc(t.Env, func(e EnvVar) bool { return e.From == "site.url" || e.From == "site.host" })
}
