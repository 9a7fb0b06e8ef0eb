package seedbed

import "slices"

// Role is what somebody is to a project or to the whole installation. The
// empty Role is nobody in particular.
type Role string

// Roles in a project. Each may also do what the one before it may.
const (
	Viewer Role = "viewer" // sees the sites
	Editor Role = "editor" // makes and changes them
	Owner  Role = "owner"  // deletes them, and decides who is in the project
)

// Roles in the installation.
const (
	Operator      Role = "operator"      // keeps the machines and services well, and sees how all sites are
	Administrator Role = "administrator" // may do everything
)

// anyone is everybody who is signed in.
const anyone Role = "anyone"

// maker is an editor or owner of a project to a site in it that they made.
const maker Role = "maker"

// Action is one thing that somebody may wish to do.
type Action string

// Actions about a project and its sites.
const (
	SeeSite       Action = "see a site"
	SeeContent    Action = "see a site’s settings and files"
	SeeLogs       Action = "see what a site printed"
	CreateSite    Action = "make a site"
	ChangeSite    Action = "change a site"
	RetrySite     Action = "try again to deploy a site"
	ChangeFiles   Action = "upload and delete files of a site"
	DeleteSite    Action = "delete a site"
	BackUpSite    Action = "make a backup of a site"
	RestoreSite   Action = "put back a backup of a site"
	DeleteBackup  Action = "delete a backup of a site"
	RevealSignIn  Action = "see the first sign-in of a site"
	MoveSite      Action = "move a site out of a project"
	SeeProject    Action = "see a project"
	RenameProject Action = "rename a project"
	DeleteProject Action = "delete a project"
	ChangeMembers Action = "decide who is in a project"
	SeeAddresses  Action = "see from where things were done"
)

// Actions about the installation.
const (
	UseSeedbed    Action = "use Seedbed" // what everybody needs: templates, services, one's own projects and account
	SeeAllEvents  Action = "see what everybody did"
	SeeStorage    Action = "see how the storage is"
	SeeMachines   Action = "see the machines"
	SeeMetrics    Action = "see how everything is, as figures"
	StartService  Action = "start a shared service"
	CreateProject Action = "make a project"
	SeePeople     Action = "see who has an account"
	ChangePeople  Action = "decide who has an account"
)

// Actions about the tokens that programs come with, each user's own.
const (
	SeeTokens   Action = "see one’s own tokens"
	MakeToken   Action = "make a token"
	RevokeToken Action = "revoke a token"
)

// Actions that a person does for themselves, and no program in their place.
const (
	ChangeAccount    Action = "change one’s own account"
	AcceptInvitation Action = "accept an invitation"
)

// Scope limits what a program may do in the place of its user. The zero Scope
// is nothing at all.
type Scope int

// Scopes, each with what the one before it allows.
const (
	SeeScope    Scope = iota + 1 // look, and change nothing
	ChangeScope                  // also what editors do
	FullScope                    // also all else that its user may
	PersonScope                  // no program: the person themselves
)

// right says who may do an action, and the least scope that a program needs.
type right struct {
	scope Scope
	roles []Role
}

// rights is the whole law. A line is read aloud like this: "To delete a site,
// a program needs the full scope, and one is an owner or an administrator."
// What is not here nobody may do.
func rights() map[Action]right {
	return map[Action]right{
		SeeSite:       {SeeScope, []Role{Viewer, Editor, Owner, Operator, Administrator}},
		SeeContent:    {SeeScope, []Role{Viewer, Editor, Owner, Administrator}},
		SeeLogs:       {SeeScope, []Role{Editor, Owner, Operator, Administrator}},
		CreateSite:    {ChangeScope, []Role{Editor, Owner, Administrator}},
		ChangeSite:    {ChangeScope, []Role{Editor, Owner, Administrator}},
		RetrySite:     {ChangeScope, []Role{Editor, Owner, Administrator}},
		ChangeFiles:   {ChangeScope, []Role{Editor, Owner, Administrator}},
		DeleteSite:    {FullScope, []Role{Owner, Administrator}},
		BackUpSite:    {ChangeScope, []Role{Editor, Owner, Administrator}},
		RestoreSite:   {FullScope, []Role{Owner, Administrator}},
		DeleteBackup:  {FullScope, []Role{Owner, Administrator}},
		RevealSignIn:  {FullScope, []Role{maker, Owner, Administrator}},
		MoveSite:      {FullScope, []Role{Owner, Administrator}},
		SeeProject:    {SeeScope, []Role{Viewer, Editor, Owner, Operator, Administrator}},
		RenameProject: {FullScope, []Role{Owner, Administrator}},
		DeleteProject: {FullScope, []Role{Owner, Administrator}},
		ChangeMembers: {FullScope, []Role{Owner, Administrator}},
		SeeAddresses:  {SeeScope, []Role{Owner, Administrator}},

		UseSeedbed:    {SeeScope, []Role{anyone}},
		SeeAllEvents:  {SeeScope, []Role{Administrator}},
		SeeStorage:    {SeeScope, []Role{Operator, Administrator}},
		SeeMachines:   {SeeScope, []Role{Operator, Administrator}},
		SeeMetrics:    {SeeScope, []Role{Operator, Administrator}},
		StartService:  {FullScope, []Role{Operator, Administrator}},
		CreateProject: {FullScope, []Role{Administrator}},
		SeePeople:     {SeeScope, []Role{Operator, Administrator}},
		ChangePeople:  {FullScope, []Role{Administrator}},

		SeeTokens:   {SeeScope, []Role{anyone}},
		MakeToken:   {FullScope, []Role{anyone}},
		RevokeToken: {FullScope, []Role{anyone}},

		ChangeAccount:    {PersonScope, []Role{anyone}},
		AcceptInvitation: {PersonScope, []Role{anyone}},
	}
}

// Standing is what somebody who is signed in is to the thing that an action is
// about.
type Standing struct {
	Installation Role  // Operator, Administrator or none
	Project      Role  // in the project that the thing belongs to, if it does
	Scope        Scope // PersonScope, or that of the program's token
	Maker        bool  // it is a site that they made
}

// May reports whether somebody may do an action. It is the only place that
// decides this, and it denies whatever it does not know.
func May(s Standing, a Action) bool {
	r, known := rights()[a]
	if !known || s.Scope < r.scope {
		return false
	}
	return slices.ContainsFunc(r.roles, s.is)
}

func (s Standing) is(role Role) bool {
	switch role {
	case anyone:
		return true
	case maker:
		return s.Maker && s.Project.Covers(Editor)
	}
	return role == s.Installation || role == s.Project
}

// Covers reports whether a role in a project may all that another one may.
func (r Role) Covers(other Role) bool {
	roles := ProjectRoles()
	return slices.Contains(roles, other) && slices.Index(roles, r) >= slices.Index(roles, other)
}
