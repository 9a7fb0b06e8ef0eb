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

// CheckChangeable is a Conflict error while nobody may change what the site has:
// it is being deleted, or a backup is being put back or was not put back whole.
// A change that came in between would be lost.
func (s SiteSpec) CheckChangeable() error {
	d, title := s.Deployment, string(s.Site.Title)
	switch {
	case d.Kind == Remove:
		return &Error{Code: Conflict, Message: title + " is being deleted, so nothing of it can be changed any more."}
	case d.Kind == Restore && (d.State == Working || d.State != Done && d.HasStopped()):
		return &Error{Code: Conflict, Message: "A backup of " + title + " is being put back, or was not put back whole. Wait until it is, or try that again; the site can be changed afterwards."}
	}
	return nil
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
