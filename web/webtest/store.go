package webtest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"seedbed"
)

// Store keeps users, sessions and sites in memory. All its methods may be
// called by any number of goroutines.
type Store struct {
	// Code lets somebody make the first user.
	Code string
	// Now is the time of everything that is written.
	Now func() time.Time
	// Fail, if it is set, is what every method for sites returns.
	Fail error

	mu          sync.Mutex
	users       []seedbed.User
	sessions    map[string]session
	sites       map[int64]seedbed.SiteSpec
	deployments []seedbed.Deployment
	services    []seedbed.Service
	events      []seedbed.Event
}

type session struct {
	userID        int64
	started, seen time.Time
}

// NewStore returns an empty Store.
func NewStore(now func() time.Time) *Store {
	return &Store{Now: now, sessions: map[string]session{}, sites: map[int64]seedbed.SiteSpec{}}
}

// HasUsers reports whether there is a user.
func (s *Store) HasUsers(context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.users) > 0, nil
}

// CheckSetupCode compares with Code.
func (s *Store) CheckSetupCode(_ context.Context, code string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.users) > 0 || code == "" || code != s.Code {
		return &seedbed.Error{Code: seedbed.Forbidden, Message: "This link cannot be used."}
	}
	return nil
}

// CreateFirstUser adds a user and forgets Code.
func (s *Store) CreateFirstUser(ctx context.Context, code string, u seedbed.User) (seedbed.User, error) {
	if err := s.CheckSetupCode(ctx, code); err != nil {
		return seedbed.User{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u.ID, u.Created, s.Code = 1, s.Now(), ""
	s.users = append(s.users, u)
	return u, nil
}

// UserByName looks a user up.
func (s *Store) UserByName(_ context.Context, name string) (seedbed.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if strings.EqualFold(u.Name, name) {
			return u, nil
		}
	}
	return seedbed.User{}, seedbed.Missing("There is no such user.")
}

// StartSession adds a row.
func (s *Store) StartSession(_ context.Context, hash string, userID int64, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[hash] = session{userID, at, at}
	return nil
}

// SessionUser looks a row up.
func (s *Store) SessionUser(_ context.Context, hash string, startedAfter, seenAfter time.Time) (seedbed.User, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, ok := s.sessions[hash]
	if !ok || row.started.Before(startedAfter) || row.seen.Before(seenAfter) {
		return seedbed.User{}, time.Time{}, seedbed.Missing("There is no such session.")
	}
	return s.users[row.userID-1], row.seen, nil
}

// TouchSession changes a row.
func (s *Store) TouchSession(_ context.Context, hash string, seen time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	row := s.sessions[hash]
	row.seen = seen
	s.sessions[hash] = row
	return nil
}

// EndSession deletes a row.
func (s *Store) EndSession(_ context.Context, hash string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, hash)
	return nil
}

// ExpireSessions deletes old rows.
func (s *Store) ExpireSessions(_ context.Context, startedAfter, seenAfter time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.sessions, func(_ string, row session) bool {
		return row.started.Before(startedAfter) || row.seen.Before(seenAfter)
	})
	return nil
}

// SessionHashes returns what the rows are found by.
func (s *Store) SessionHashes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.sessions))
}

// AddService adds a shared service.
func (s *Store) AddService(service seedbed.Service) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.services = append(s.services, service)
}

// Services returns what AddService added.
func (s *Store) Services(context.Context) ([]seedbed.Service, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.services), s.Fail
}

// Events returns the newest events.
func (s *Store) Events(_ context.Context, limit int) ([]seedbed.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events[:min(limit, len(s.events))]), s.Fail
}

// SiteSpecs returns all sites that are there.
func (s *Store) SiteSpecs(context.Context) ([]seedbed.SiteSpec, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var specs []seedbed.SiteSpec
	for _, spec := range s.sites {
		if spec.Site.Deleted.IsZero() {
			specs = append(specs, spec)
		}
	}
	slices.SortFunc(specs, func(a, b seedbed.SiteSpec) int { return cmp.Compare(a.Site.ID, b.Site.ID) })
	return specs, s.Fail
}

// SiteSpec returns one site that is there.
func (s *Store) SiteSpec(_ context.Context, id int64) (seedbed.SiteSpec, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.there(id)
}

func (s *Store) there(id int64) (seedbed.SiteSpec, error) {
	spec, ok := s.sites[id]
	if !ok || !spec.Site.Deleted.IsZero() {
		return seedbed.SiteSpec{}, seedbed.Missing("There is no such site.")
	}
	return spec, s.Fail
}

// SiteSpecByName returns one site that is there.
func (s *Store) SiteSpecByName(_ context.Context, name seedbed.Label) (seedbed.SiteSpec, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, spec := range s.sites {
		if spec.Site.Name == name && spec.Site.Deleted.IsZero() {
			return s.there(id)
		}
	}
	return seedbed.SiteSpec{}, seedbed.Missing("There is no such site.")
}

// Site returns a site, also a deleted one.
func (s *Store) Site(_ context.Context, id int64) (seedbed.Site, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	spec, ok := s.sites[id]
	if !ok {
		return seedbed.Site{}, seedbed.Missing("There is no such site.")
	}
	return spec.Site, s.Fail
}

// CheckFree looks for a site of the same name or address.
func (s *Store) CheckFree(_ context.Context, n seedbed.NewSite) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.checkFree(n)
}

func (s *Store) checkFree(n seedbed.NewSite) error {
	for _, spec := range s.sites {
		switch {
		case !spec.Site.Deleted.IsZero():
		case strings.EqualFold(string(spec.Site.Title), string(n.Title)):
			return &seedbed.Error{Code: seedbed.Conflict, Field: "name", Message: "There is already a site of this name."}
		case spec.Site.Name == n.Name:
			return &seedbed.Error{Code: seedbed.Conflict, Field: "address", Message: "There is already a site at this address."}
		}
	}
	return nil
}

// CreateSite adds a site whose name and address are free.
func (s *Store) CreateSite(_ context.Context, n seedbed.NewSite) (seedbed.Deployment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.checkFree(n); err != nil {
		return seedbed.Deployment{}, err
	}
	site := seedbed.Site{ID: int64(len(s.sites) + 1), Name: n.Name, Title: n.Title, Template: n.Template.Name, Created: s.Now()}
	spec := seedbed.SiteSpec{
		Site: site, Revision: seedbed.Revision{Number: 1, Title: n.Title, Settings: n.Settings, By: n.By},
		Addresses: []seedbed.Address{{SiteID: site.ID, Host: n.Host}}, Secrets: map[string]seedbed.Secret{},
	}
	for _, v := range n.Template.Volumes {
		spec.Volumes = append(spec.Volumes, seedbed.Volume{SiteID: site.ID, Owner: site.Key(), Name: v.Name})
	}
	for _, name := range n.Template.Secrets {
		spec.Secrets[name] = "correct-horse-battery"
	}
	return s.deploy(spec, seedbed.Make, "made", n.By), s.Fail
}

// deploy writes a spec down with a new deployment.
func (s *Store) deploy(spec seedbed.SiteSpec, kind seedbed.DeploymentKind, did, by string) seedbed.Deployment {
	spec.Deployment = seedbed.Deployment{
		ID: int64(len(s.deployments) + 1), SiteID: spec.Site.ID, Kind: kind, State: seedbed.Working, Started: s.Now(), By: by,
		Steps: []seedbed.Step{{Name: seedbed.StepVolumes}, {Name: seedbed.StepApply}, {Name: seedbed.StepWell}},
	}
	s.deployments = append(s.deployments, spec.Deployment)
	s.sites[spec.Site.ID] = spec
	s.events = slices.Insert(s.events, 0, seedbed.Event{At: s.Now(), Who: by, What: did + " " + string(spec.Site.Title), Subject: spec.Site.Key()})
	return spec.Deployment
}

// ChangeSite writes new settings down.
func (s *Store) ChangeSite(_ context.Context, id int64, title seedbed.Title, settings map[string]string, by string) (seedbed.Deployment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	spec, err := s.there(id)
	if err != nil {
		return seedbed.Deployment{}, err
	}
	spec.Site.Title, spec.Revision.Title, spec.Revision.Settings = title, title, settings
	return s.deploy(spec, seedbed.Change, "changed", by), nil
}

// RetrySite adds a deployment.
func (s *Store) RetrySite(_ context.Context, id int64, by string) (seedbed.Deployment, error) {
	return s.redeploy(id, seedbed.Change, "tried again", by)
}

// DeleteSite adds a deployment that deletes the site; Finish carries it out.
func (s *Store) DeleteSite(_ context.Context, id int64, by string) (seedbed.Deployment, error) {
	return s.redeploy(id, seedbed.Remove, "deleted", by)
}

func (s *Store) redeploy(id int64, kind seedbed.DeploymentKind, did, by string) (seedbed.Deployment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	spec, err := s.there(id)
	if err != nil {
		return seedbed.Deployment{}, err
	}
	return s.deploy(spec, kind, did, by), nil
}

// Deployment looks a deployment up.
func (s *Store) Deployment(_ context.Context, id int64) (seedbed.Deployment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id < 1 || id > int64(len(s.deployments)) {
		return seedbed.Deployment{}, seedbed.Missing("There is no such deployment.")
	}
	return s.deployments[id-1], s.Fail
}

// RevealSignIn returns a secret, once.
func (s *Store) RevealSignIn(_ context.Context, id int64, secret, _ string) (seedbed.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	spec, err := s.there(id)
	if err != nil {
		return "", err
	}
	if spec.SignInShown {
		return "", &seedbed.Error{Code: seedbed.Conflict, Message: "It was shown before; it is shown only once."}
	}
	spec.SignInShown = true
	s.sites[id] = spec
	return spec.Secrets[secret], nil
}

// Update changes a deployment, as the reconciler would. A removal that is then
// done deletes its site.
func (s *Store) Update(id int64, change func(*seedbed.Deployment)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &s.deployments[id-1]
	d.Steps = slices.Clone(d.Steps) // those that were returned stay as they were
	change(d)
	spec := s.sites[d.SiteID]
	if spec.Deployment.ID == id {
		spec.Deployment = *d
	}
	if d.Kind == seedbed.Remove && d.State == seedbed.Done {
		spec.Site.Deleted = s.Now()
	}
	s.sites[d.SiteID] = spec
}
