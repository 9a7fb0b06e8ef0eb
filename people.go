package seedbed

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Project groups sites that belong to the same people.
type Project struct {
	ID    int64
	Name  Label // unique, for addresses of pages and programs
	Title Title
	Sites int // how many there are
}

// SuggestProjectName is the name of a project with that title, as long as no
// other has it: "Maternal Health" becomes "maternal-health". There is room for a
// number behind it.
func SuggestProjectName(t Title) Label {
	name, err := ParseLabel(SuggestLabel(t))
	if err != nil || len(name) > MaxLabel-8 {
		return "project"
	}
	return name
}

// Member is somebody who is in a project.
type Member struct {
	UserID  int64
	Name    string
	Role    Role
	Blocked bool // cannot sign in
}

// User is a person who can sign in.
type User struct {
	ID           int64
	Name         string // unique, what they type when they sign in
	PasswordHash string // argon2id, in PHC form
	Role         Role   // in the installation: Operator, Administrator or none
	Created      time.Time
	Blocked      time.Time // since when they cannot sign in; zero if they can
}

// Reach is all that somebody is, as it is now.
type Reach struct {
	Installation Role
	Projects     map[int64]Role // by the project's id
	// Only is the project outside of which somebody is nothing, as with a token
	// for one project; 0 if there is no such limit.
	Only int64
}

// In is what somebody is to the things of a project, and to the installation
// alone for the id 0. Whoever is limited to a project may look at what is for
// everybody, and no more.
func (r Reach) In(project int64, scope Scope) Standing {
	switch {
	case r.Only == 0, project == r.Only:
		return Standing{Installation: r.Installation, Project: r.Projects[project], Scope: scope}
	case project == 0:
		return Standing{Scope: min(scope, SeeScope)}
	}
	return Standing{}
}

// Invitation lets whoever has its link into a project, once.
type Invitation struct {
	ID      int64
	Project Project
	Role    Role
	Note    string // for whom it is, in the words of who invites
	By      string
	Created time.Time
	Expires time.Time
}

// MaxInvitations is how many invitations to one project can wait to be accepted.
const MaxInvitations = 100

// ProjectRoles are the roles in a project, each with what the one before it may.
func ProjectRoles() []Role { return []Role{Viewer, Editor, Owner} }

// ParseProjectRole reads a role in a project. Errors are Invalid, beside the
// field "role".
func ParseProjectRole(s string) (Role, error) {
	if r := Role(s); slices.Contains(ProjectRoles(), r) {
		return r, nil
	}
	return "", Mistake("role", "Choose what they may do: viewer, editor or owner.")
}

// ParseInstallationRole reads a role in the installation; empty means none.
// Errors are Invalid, beside the field "role".
func ParseInstallationRole(s string) (Role, error) {
	if r := Role(s); r == "" || r == Operator || r == Administrator {
		return r, nil
	}
	return "", Mistake("role", "Choose operator, administrator or neither.")
}

// MaxNote is the length of a note, in characters.
const MaxNote = 100

// ParseNote reads a line that people write for each other; it may be empty.
// Errors are Invalid, beside the field "note".
func ParseNote(s string) (string, error) {
	s = strings.Join(strings.Fields(s), " ")
	switch {
	case !utf8.ValidString(s), strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) && !strings.ContainsRune(joiners, r) }):
		return "", Mistake("note", "This note has characters that we cannot read. Type it again.")
	case utf8.RuneCountInString(s) > MaxNote:
		return "", Mistake("note", fmt.Sprintf("This note has %d characters; %d is the most.", utf8.RuneCountInString(s), MaxNote))
	}
	return s, nil
}
