package seedbed

// SiteSpec is everything that is wanted of one site: what the database holds,
// put together. With the site's Template it determines everything else.
type SiteSpec struct {
	Site       Site
	Revision   Revision
	Deployment Deployment // the newest one
	Addresses  []Address  // the main one first
	Visitors   Visitors
	Volumes    []Volume
	Bindings   []Binding
	Secrets    map[string]Secret
	// SignInShown is true once the site's first password has been shown.
	SignInShown bool
}

// Own is the host name that was made from the site's name and stays with it.
func (s SiteSpec) Own() HostName {
	for _, a := range s.Addresses {
		if a.Own {
			return a.Host
		}
	}
	return s.Main()
}

// Main is the host name by which the site calls itself, "" if it has none.
func (s SiteSpec) Main() HostName {
	if len(s.Addresses) == 0 {
		return ""
	}
	return s.Addresses[0].Host
}

// VirtualHost is how the site is to be served, with a door that the caller knows.
func (s SiteSpec) VirtualHost(door VisitorDoor) VirtualHost {
	v := s.Visitors
	host := VirtualHost{
		Workload: s.Site.WorkloadID(), Since: s.Site.Created.UTC(), ToMain: v.ToMain, Door: door, Language: v.Language, Words: v.Words,
		Upload: v.Upload, Patience: v.Patience, Inside: v.Audience == InsideOnly, HTTPS: v.HTTPS, Strict: v.Strict && v.HTTPS,
	}
	for _, a := range s.Addresses {
		host.Hosts = append(host.Hosts, a.Host)
	}
	if v.Audience == KeyHolders {
		host.Keys = v.Keys
	}
	return host
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
