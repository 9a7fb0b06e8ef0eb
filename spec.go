package seedbed

// SiteSpec is everything that is wanted of one site: what the database holds,
// put together. With the site's Template it determines everything else.
type SiteSpec struct {
	Site       Site
	Revision   Revision
	Deployment Deployment // the newest one
	Addresses  []Address
	Volumes    []Volume
	Bindings   []Binding
	Secrets    map[string]Secret
	// SignInShown is true once the site's first password has been shown.
	SignInShown bool
}

// NewSite is what a person asked for, already parsed and checked.
type NewSite struct {
	// ProjectID is the project that it belongs to; 0 means the one that every
	// installation begins with.
	ProjectID int64
	Name      Label
	Title     Title
	Host      HostName
	Template  Template
	Settings  map[string]string
	By        Author
}
