package control

import (
	"context"
	"io"
	"time"

	"seedbed"
)

// Store is what is kept. Every change takes its author and records an Event in
// the same transaction.
type Store interface {
	Sites
	Projects
	People
	Tokens
	// Services returns all shared services that are wanted.
	Services(ctx context.Context) ([]seedbed.Service, error)
	// StartService wants the shared service of a kind from now on. One that was
	// wanted already stays as it is.
	StartService(ctx context.Context, kind string, by seedbed.Author) (seedbed.Service, error)
	// RestartService has the shared service of a kind started anew. One that is
	// not wanted is a NotFound error.
	RestartService(ctx context.Context, kind string, by seedbed.Author) (seedbed.Service, error)
	// Events returns the events that are asked for, newest first.
	Events(ctx context.Context, query seedbed.EventQuery) ([]seedbed.Event, error)
	// AddEvent records what is done elsewhere than in the Store.
	AddEvent(ctx context.Context, e seedbed.Event) error
}

// Sites keeps what is wanted of the sites.
type Sites interface {
	// SiteSpecs returns what is wanted of every site that is there.
	SiteSpecs(ctx context.Context) ([]seedbed.SiteSpec, error)
	// SiteSpec returns what is wanted of one site that is there, or a NotFound
	// error.
	SiteSpec(ctx context.Context, siteID int64) (seedbed.SiteSpec, error)
	// SiteSpecByName is SiteSpec for the site of that name.
	SiteSpecByName(ctx context.Context, name seedbed.Label) (seedbed.SiteSpec, error)
	// CheckFree returns nil if the name and the address of a new site are free,
	// else the error that CreateSite would return.
	CheckFree(ctx context.Context, site seedbed.NewSite) error
	// CreateSite writes down a new site and the deployment that makes it. A
	// name or address that is taken is a Conflict error with the Field "name"
	// or "address".
	CreateSite(ctx context.Context, site seedbed.NewSite) (seedbed.Deployment, error)
	// ChangeSite writes down a new revision and the deployment that carries it
	// out. One under way is superseded.
	ChangeSite(ctx context.Context, siteID int64, title seedbed.Title, settings map[string]string, by seedbed.Author) (seedbed.Deployment, error)
	// CheckChange returns nil if a site can be changed now and have the title,
	// else the error that ChangeSite would return.
	CheckChange(ctx context.Context, siteID int64, title seedbed.Title) error
	// Visitors returns the versions of how a site meets its visitors, newest
	// first and without hashes; none if it was never changed.
	Visitors(ctx context.Context, siteID int64) ([]seedbed.Visitors, error)
	// ChangeVisitors writes down another version. A key without a Hash keeps its
	// own. With restart the site is started anew by the deployment that is
	// returned; else its ID is 0. A host name that the site cannot have is a
	// Conflict error with the Field "hosts".
	ChangeVisitors(ctx context.Context, siteID int64, v seedbed.Visitors, restart bool, by seedbed.Author) (seedbed.Deployment, error)
	// CheckHost returns nil if a site may get a host name, else that Conflict.
	CheckHost(ctx context.Context, site seedbed.Site, host seedbed.HostName) error
	// HostOwner returns the id of the site that has a host name, or 0.
	HostOwner(ctx context.Context, host seedbed.HostName) (int64, error)
	// RetrySite writes down a deployment of the newest revision once more.
	RetrySite(ctx context.Context, siteID int64, by seedbed.Author) (seedbed.Deployment, error)
	// ReturnSite writes down a revision of the settings that worked before a
	// change that failed or is under way, and the deployment of it. It is a
	// Conflict where CanReturn is false.
	ReturnSite(ctx context.Context, siteID int64, by seedbed.Author) (seedbed.Deployment, error)
	// CanReturn reports whether there is such a change and such settings.
	CanReturn(ctx context.Context, spec seedbed.SiteSpec) (bool, error)
	// PauseSite writes down the deployment that stops the site. One that is paused
	// is returned; while something else is under way, it is a Conflict.
	PauseSite(ctx context.Context, siteID int64, by seedbed.Author) (seedbed.Deployment, error)
	// ResumeSite writes down the deployment that has a paused site run again. A
	// site that is not paused is a Conflict.
	ResumeSite(ctx context.Context, siteID int64, by seedbed.Author) (seedbed.Deployment, error)
	// DeleteSite writes down the deployment that deletes the site. If one is
	// under way already, that one is returned.
	DeleteSite(ctx context.Context, siteID int64, by seedbed.Author) (seedbed.Deployment, error)
	// RotateBindings gives the site new passwords for its parts of all shared
	// services, and starts the deployment that makes them count.
	RotateBindings(ctx context.Context, siteID int64, by seedbed.Author) (seedbed.Deployment, error)
	// BackUpSite writes down the deployment that makes a backup. One under way
	// is returned; while something else is, it is a Conflict.
	BackUpSite(ctx context.Context, siteID int64, by seedbed.Author) (seedbed.Deployment, error)
	// RestoreSite writes down the settings that a backup gives back, and the
	// deployment that puts back the rest. While something else is under way it
	// is a Conflict.
	RestoreSite(ctx context.Context, siteID int64, r seedbed.Restoration, by seedbed.Author) (seedbed.Deployment, error)
	// Deployment returns a deployment, or a NotFound error.
	Deployment(ctx context.Context, id int64) (seedbed.Deployment, error)
	// Deployments returns the deployments with an ID below before, newest first,
	// at most limit of them.
	Deployments(ctx context.Context, before int64, limit int) ([]seedbed.Deployment, error)
	// Revisions returns the revisions of a site, newest first.
	Revisions(ctx context.Context, siteID int64) ([]seedbed.Revision, error)
	// Site returns a site, also one that was deleted, or a NotFound error.
	Site(ctx context.Context, id int64) (seedbed.Site, error)
	// RevealSignIn returns the secret of that name, the first password of the
	// site's own sign-in, once; from then on SignInShown is true and this is a
	// Conflict error. A site without one is a NotFound error.
	RevealSignIn(ctx context.Context, siteID int64, secret string, by seedbed.Author) (seedbed.Secret, error)
}

// Projects keeps the projects, who is in them, and who is invited.
type Projects interface {
	// Projects returns the projects that are there, by title.
	Projects(ctx context.Context) ([]seedbed.Project, error)
	// CreateProject makes a project with its author as the owner. A title that
	// another project has is a Conflict error with the Field "name".
	CreateProject(ctx context.Context, title seedbed.Title, by seedbed.Author) (seedbed.Project, error)
	// CheckProjectTitle returns nil if no project but the one with the id has the
	// title, else a Conflict error with the Field "name".
	CheckProjectTitle(ctx context.Context, id int64, title seedbed.Title) error
	// RenameProject gives a project another title, as CreateProject does.
	RenameProject(ctx context.Context, id int64, title seedbed.Title, by seedbed.Author) error
	// DeleteProject deletes a project; one with sites is a Conflict error.
	DeleteProject(ctx context.Context, id int64, by seedbed.Author) error
	// MoveSite puts a site into another project.
	MoveSite(ctx context.Context, siteID, to int64, by seedbed.Author) error
	// Members returns who is in a project, by name.
	Members(ctx context.Context, project int64) ([]seedbed.Member, error)
	// ChangeMember gives a member another role. The last owner stays one: that
	// is a Conflict error.
	ChangeMember(ctx context.Context, project, userID int64, role seedbed.Role, by seedbed.Author) error
	// RemoveMember takes somebody out of a project, but for the last owner:
	// that is a Conflict error.
	RemoveMember(ctx context.Context, project, userID int64, by seedbed.Author) error
	// Invite keeps an invitation, with no more of its code than proves it, and
	// returns its id.
	Invite(ctx context.Context, i seedbed.Invitation, code seedbed.Secret, by seedbed.Author) (int64, error)
	// Invitations returns those to a project that can still be accepted.
	Invitations(ctx context.Context, project int64) ([]seedbed.Invitation, error)
	// RevokeInvitation ends an invitation to a project, or is a NotFound error.
	RevokeInvitation(ctx context.Context, project, id int64, by seedbed.Author) error
	// AcceptInvitation uses an invitation up and puts its author into the
	// project, both or neither. Of two at once, one is a Forbidden error.
	AcceptInvitation(ctx context.Context, code seedbed.Secret, by seedbed.Author) (seedbed.Invitation, error)
}

// People keeps who has an account.
type People interface {
	// Reach returns all that a user is, now. Somebody who is blocked or not
	// there is an Unauthorized error.
	Reach(ctx context.Context, userID int64) (seedbed.Reach, error)
	// Users returns all who have an account, by name, without their passwords.
	Users(ctx context.Context) ([]seedbed.User, error)
	// ChangeRole gives a user another role in the installation. The last
	// administrator stays one: that is a Conflict error.
	ChangeRole(ctx context.Context, userID int64, role seedbed.Role, by seedbed.Author) error
	// BlockUser keeps a user from signing in and ends their sessions.
	BlockUser(ctx context.Context, userID int64, by seedbed.Author) error
	// UnblockUser lets a user sign in again.
	UnblockUser(ctx context.Context, userID int64, by seedbed.Author) error
	// OfferPassword keeps a link to a new password for a user, with no more of
	// its code than proves it.
	OfferPassword(ctx context.Context, userID int64, code seedbed.Secret, expires time.Time, by seedbed.Author) error
	// ChangePassword sets the author's password and ends all of their sessions
	// but the one with the hash keep.
	ChangePassword(ctx context.Context, passwordHash, keep string, by seedbed.Author) error
	// EndSessions signs the author out everywhere.
	EndSessions(ctx context.Context, by seedbed.Author) error
}

// Board is what was observed last, without asking anybody now.
type Board interface {
	// SiteStatus judges a site by what was seen of it last and by how far its
	// deployment is now; AtRest if it was never looked at.
	SiteStatus(spec seedbed.SiteSpec) seedbed.Status
	// Visiting is how a site was seen to be led to.
	Visiting(spec seedbed.SiteSpec) seedbed.Visiting
	// Refused is what the router left out, by workload, in sentences.
	Refused() map[seedbed.WorkloadID][]string
	// ServiceStatus is SiteStatus for a shared service.
	ServiceStatus(serviceID int64) seedbed.Status
	// Usage returns how much of a shared service a site's own part took when it
	// was measured last; ok is false if it was not yet.
	Usage(siteID, serviceID int64) (u seedbed.Usage, ok bool)
	// Parts returns how the pieces of the machinery are.
	Parts() []seedbed.PartStatus
	// Wait returns a channel that is closed at the next change of a status or
	// of a deployment's steps. Whoever takes it before looking misses nothing.
	Wait() <-chan struct{}
}

// Catalog knows what sites are made from.
type Catalog interface {
	// Templates returns the templates for sites, in the order to show them.
	Templates() []seedbed.Template
	// ServiceTemplates returns the kinds of shared services, in the order to
	// show them.
	ServiceTemplates() []seedbed.Template
	// Template returns the template of that name, or a NotFound error.
	Template(name string) (seedbed.Template, error)
	// Settings checks answers against a template's questions and adds the
	// defaults. Errors are Invalid, with the Field "setting." and the
	// question's name.
	Settings(t seedbed.Template, answers map[string]string) (map[string]string, error)
}

// Files keeps the files that people upload for a site's visitors. Trouble with
// what was uploaded is an Invalid error with the Field "file".
type Files interface {
	// Put writes one file, in place of one of the same name, all or nothing.
	Put(ctx context.Context, v seedbed.Volume, name string, r io.Reader) error
	// Unpack writes what a zip of the given size holds, all or nothing, and
	// returns the number of files. With replace nothing else is left.
	Unpack(ctx context.Context, v seedbed.Volume, r io.ReaderAt, size int64, replace bool) (int, error)
	// Files returns the files by name, and whether there are more than it
	// returns.
	Files(ctx context.Context, v seedbed.Volume) (files []File, cut bool, err error)
	// Delete removes one file. One that is not there is a NotFound error.
	Delete(ctx context.Context, v seedbed.Volume, name string) error
}

// File is one file that visitors of a site can get.
type File struct {
	Name     string // with its folders, "css/site.css"
	Size     int64  // in bytes
	Modified time.Time
}
