package webtest

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/alexedwards/argon2id"

	"seedbed"
)

// Roles are all that somebody can be to the project "main", in the order in
// which tests tell what each gets. The outsider is the owner of the project
// "other"; the operator and the administrator are in no project.
func Roles() []string {
	return []string{"outsider", "viewer", "editor", "owner", "operator", "administrator"}
}

// Password is that of all whom Cast and Joined make.
const Password = "four quiet garden gates"

// passwordHash is Password hashed with the parameters of Hashing.
const passwordHash = "$argon2id$v=19$m=64,t=1,p=1$1jG+g3CIkmUw5rtagB/YBw$3CBTw+6XQMIyeowE9pSAsnQMxAyo1Ga/szTtvCaDMHM"

// Hashing hashes passwords quickly and badly, which is enough where nobody
// steals the database.
func Hashing() *argon2id.Params {
	return &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}
}

// Cast makes a user for each of Roles, and the project "other".
func (s *Store) Cast() map[string]seedbed.User {
	s.t.Helper()
	ctx := s.t.Context()
	first, err := s.CreateFirstUser(ctx, SetupCode, seedbed.User{Name: "administrator", PasswordHash: passwordHash}, "192.0.2.1")
	s.must(err)
	by := seedbed.Author{UserID: first.ID, Name: first.Name}
	other, err := s.CreateProject(ctx, "Other", by)
	s.must(err)
	main := s.Project("main")
	cast := map[string]seedbed.User{
		"administrator": first,
		"outsider":      s.Joined("outsider", other, seedbed.Owner),
		"viewer":        s.Joined("viewer", main, seedbed.Viewer),
		"editor":        s.Joined("editor", main, seedbed.Editor),
		"owner":         s.Joined("owner", main, seedbed.Owner),
		"operator":      s.Joined("operator", main, seedbed.Viewer),
	}
	s.must(s.ChangeRole(ctx, cast["operator"].ID, seedbed.Operator, by))
	s.must(s.RemoveMember(ctx, main.ID, cast["operator"].ID, by))
	s.must(s.RemoveMember(ctx, main.ID, first.ID, by))
	s.must(s.RemoveMember(ctx, other.ID, first.ID, by))
	for name, user := range cast {
		cast[name], err = s.UserByName(ctx, user.Name)
		s.must(err)
	}
	return cast
}

func (s *Store) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// Project returns the project of that name.
func (s *Store) Project(name seedbed.Label) seedbed.Project {
	s.t.Helper()
	projects, err := s.Projects(s.t.Context())
	s.must(err)
	for _, project := range projects {
		if project.Name == name {
			return project
		}
	}
	s.t.Fatalf("there is no project %q", name)
	return seedbed.Project{}
}

// Invited makes an invitation of the first administrator to a project, with a
// code of the test's choice.
func (s *Store) Invited(project seedbed.Project, role seedbed.Role, code seedbed.Secret) {
	s.t.Helper()
	users, err := s.Users(s.t.Context())
	s.must(err)
	first := slices.MinFunc(users, func(a, b seedbed.User) int { return cmp.Compare(a.ID, b.ID) })
	_, err = s.Invite(s.t.Context(), seedbed.Invitation{Project: project, Role: role, Expires: s.Now().Add(7 * 24 * time.Hour)}, code, seedbed.Author{UserID: first.ID, Name: first.Name})
	s.must(err)
}

// Joined makes a user who has accepted an invitation to a project.
func (s *Store) Joined(name string, project seedbed.Project, role seedbed.Role) seedbed.User {
	s.t.Helper()
	code := seedbed.Secret("invitation for " + name)
	s.Invited(project, role, code)
	user, err := s.Join(s.t.Context(), code, seedbed.User{Name: name, PasswordHash: passwordHash}, "192.0.2.1")
	s.must(err)
	return user
}

// Recorded is how many events there are.
func (s *Store) Recorded() int {
	s.t.Helper()
	n, err := strconv.Atoi(s.Column(`SELECT count(*) FROM events`)[0])
	s.must(err)
	return n
}
