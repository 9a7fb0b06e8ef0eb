package db_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"seedbed"
	"seedbed/db"
	"seedbed/migrations"
)

// first makes the first administrator.
func first(t *testing.T, d *db.DB) seedbed.Author {
	t.Helper()
	if err := d.SetSetupCode(t.Context(), "code"); err != nil {
		t.Fatal(err)
	}
	u, err := d.CreateFirstUser(t.Context(), "code", seedbed.User{Name: "Amina", PasswordHash: "x"}, "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	return seedbed.Author{UserID: u.ID, Name: u.Name, Address: "192.0.2.7"}
}

func invite(t *testing.T, d *db.DB, by seedbed.Author, role seedbed.Role, code seedbed.Secret) {
	t.Helper()
	if _, err := d.Invite(t.Context(), seedbed.Invitation{Project: seedbed.Project{ID: 1}, Role: role, Expires: d.Now().Add(time.Hour)}, code, by); err != nil {
		t.Fatal(err)
	}
}

func TestAcceptInvitation_OneOfManyAtOnce(t *testing.T) {
	d := open(t, folder(t))
	by := first(t, d)
	invite(t, d, by, seedbed.Editor, "the-code")
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		name := string(rune('a' + i))
		all.Go(func() {
			_, errs[i] = d.Join(t.Context(), "the-code", seedbed.User{Name: name, PasswordHash: "x"}, "")
		})
	}
	all.Wait()
	in := 0
	for _, err := range errs {
		if err == nil {
			in++
		} else if seedbed.CodeOf(err) != seedbed.Forbidden {
			t.Errorf("refused with %v", err)
		}
	}
	users, err := d.Users(t.Context())
	if err != nil || in != 1 || len(users) != 2 {
		t.Errorf("%d came in and there are %d users (%v), want one beside the first", in, len(users), err)
	}
	if open, err := d.Invitations(t.Context(), 1); err != nil || len(open) != 0 {
		t.Errorf("still open: %v (%v)", open, err)
	}
}

func TestMembers_TwoOwnersWhoRemoveEachOtherAtOnceLeaveOne(t *testing.T) {
	d := open(t, folder(t))
	amina := first(t, d)
	invite(t, d, amina, seedbed.Owner, "the-code")
	joseph, err := d.Join(t.Context(), "the-code", seedbed.User{Name: "Joseph", PasswordHash: "x"}, "")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, id := range []int64{amina.UserID, joseph.ID} {
		all.Go(func() {
			if err := d.RemoveMember(t.Context(), 1, id, amina); err != nil && seedbed.CodeOf(err) != seedbed.Conflict {
				t.Errorf("refused with %v", err)
			}
		})
	}
	all.Wait()
	members, err := d.Members(t.Context(), 1)
	if err != nil || len(members) != 1 || members[0].Role != seedbed.Owner {
		t.Errorf("left are %v (%v), want one owner", members, err)
	}
}

func TestUsers_TheLastAdministratorStays(t *testing.T) {
	d := open(t, folder(t))
	amina := first(t, d)
	invite(t, d, amina, seedbed.Viewer, "the-code")
	joseph, err := d.Join(t.Context(), "the-code", seedbed.User{Name: "Joseph", PasswordHash: "x"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.ChangeRole(t.Context(), joseph.ID, seedbed.Administrator, amina); err != nil {
		t.Fatal(err)
	}
	if err := d.BlockUser(t.Context(), joseph.ID, amina); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"lowered": d.ChangeRole(t.Context(), amina.UserID, "", amina), "blocked": d.BlockUser(t.Context(), amina.UserID, amina),
	} {
		if seedbed.CodeOf(err) != seedbed.Conflict {
			t.Errorf("with the other one blocked, the last administrator is %s: %v", name, err)
		}
	}
	if _, err := d.Reach(t.Context(), joseph.ID); seedbed.CodeOf(err) != seedbed.Unauthorized {
		t.Errorf("a blocked administrator still reaches %v", err)
	}
}

func TestLinks_AreNotReadableInTheFile(t *testing.T) {
	where := folder(t)
	d := open(t, where)
	amina := first(t, d)
	invite(t, d, amina, seedbed.Viewer, "a-code-for-an-invitation")
	if err := d.OfferPassword(t.Context(), amina.UserID, "a-code-for-a-password", d.Now().Add(time.Hour), amina); err != nil {
		t.Fatal(err)
	}
	d.Close()
	for _, code := range []string{"a-code-for-an-invitation", "a-code-for-a-password"} {
		if found := string(readAll(t, where)); len(found) == 0 || strings.Contains(found, code) {
			t.Errorf("%s is in the file", code)
		}
	}
}

func TestPasswordLink_EndsWithThePasswordChanged(t *testing.T) {
	d := open(t, folder(t))
	amina := first(t, d)
	if err := d.OfferPassword(t.Context(), amina.UserID, "the-link", d.Now().Add(time.Hour), amina); err != nil {
		t.Fatal(err)
	}
	if err := d.StartSession(t.Context(), "kept", amina.UserID, d.Now()); err != nil {
		t.Fatal(err)
	}
	if err := d.ChangePassword(t.Context(), "another", "kept", amina); err != nil {
		t.Fatal(err)
	}
	if _, err := d.UsePasswordLink(t.Context(), "the-link", "stolen", ""); seedbed.CodeOf(err) != seedbed.Forbidden {
		t.Errorf("an older link still sets the password: %v", err)
	}
	user, _, err := d.SessionUser(t.Context(), "kept", time.Time{}.Add(time.Hour), time.Time{}.Add(time.Hour))
	if err != nil || user.PasswordHash != "another" {
		t.Errorf("the session that changed it is %+v (%v)", user, err)
	}
}

func TestProjects_HaveNamesOfTheirOwn(t *testing.T) {
	d := open(t, folder(t))
	amina := first(t, d)
	if _, err := d.CreateProject(t.Context(), "MAIN", amina); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("a second project is called Main: %v", err)
	}
	other, err := d.CreateProject(t.Context(), "TB/HIV", amina)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.RenameProject(t.Context(), other.ID, "Main", amina); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("another project is called Main by now: %v", err)
	}
	if err := d.RenameProject(t.Context(), other.ID, "TB/Hiv", amina); err != nil {
		t.Errorf("a project cannot change the capitals of its name: %v", err)
	}
}

func TestDeleteProject_OnlyWithoutSites(t *testing.T) {
	d := open(t, folder(t))
	amina := first(t, d)
	made, _ := create(t, d, "Guide")
	if err := d.DeleteProject(t.Context(), 1, amina); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("a project with a site is deleted: %v", err)
	} else if !strings.Contains(err.Error(), "not deleted: Guide.") {
		t.Errorf("it does not say what is in it: %v", err)
	}
	removal, err := d.DeleteSite(t.Context(), made.SiteID, amina)
	if err != nil {
		t.Fatal(err)
	}
	removal.State, removal.Ended = seedbed.Done, d.Now()
	if err := d.FinishDeployment(t.Context(), removal); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteProject(t.Context(), 1, amina); err != nil {
		t.Errorf("a project whose only site was deleted stays: %v", err)
	}
	if _, err := d.CreateSite(t.Context(), newSite("Other")); !seedbed.IsNotFound(err) {
		t.Errorf("a site is made in a deleted project: %v", err)
	}
	again, err := d.CreateProject(t.Context(), "Main", amina)
	if err != nil || again.Name != "main" || again.ID == 1 {
		t.Errorf("the name of a deleted project is not free: %+v (%v)", again, err)
	}
	if gone, err := d.Site(t.Context(), made.SiteID); err != nil || gone.ProjectID != 1 {
		t.Errorf("the deleted site has lost its memory: %+v (%v)", gone, err)
	}
}

// TestOpen_BringsAnOlderDatabaseAlong goes back to what the first version
// wrote, and opens it.
func TestOpen_BringsAnOlderDatabaseAlong(t *testing.T) {
	where := folder(t)
	old, err := sql.Open("sqlite", filepath.Join(where, "old.db"))
	if err != nil {
		t.Fatal(err)
	}
	schema, err := migrations.Files.ReadFile("0001_chain.up.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		string(schema), `CREATE TABLE schema_migrations (version uint64, dirty bool)`, `INSERT INTO schema_migrations VALUES (1, false)`,
		`INSERT INTO users (name, password_hash, created) VALUES ('Amina', 'x', 1)`,
		`INSERT INTO sites (project_id, name, title, title_folded, template, created) VALUES (1, 'guide', 'Guide', 'guide', 'wiki', 1)`,
		`INSERT INTO addresses (host, site_id) VALUES ('guide.localhost', 1)`,
		`INSERT INTO revisions (site_id, number, title, settings, created, by) VALUES (1, 1, 'Guide', '{}', 1, 'Amina')`,
		`INSERT INTO deployments (site_id, revision_id, kind, state, steps, started, by) VALUES (1, 1, 'make', 'done', '[]', 1, 'Amina')`,
		`INSERT INTO events (at, who, what, subject) VALUES (1, 'Amina', 'asked for the site Guide', 's1-guide'), (2, 'Seedbed', 'started', 'service1-postgres')`,
	} {
		if _, err := old.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(old.Close(), os.Rename(filepath.Join(where, "old.db"), filepath.Join(where, "a folder?", "seedbed.db"))); err != nil {
		t.Fatal(err)
	}
	now := open(t, where)
	reach, err := now.Reach(t.Context(), 1)
	if err != nil || reach.Installation != seedbed.Administrator || reach.Projects[1] != seedbed.Owner {
		t.Errorf("who was there before is %+v (%v), want the administrator and an owner", reach, err)
	}
	events, err := now.Events(t.Context(), seedbed.EventQuery{Sight: seedbed.Sight{Projects: []int64{1}}, Limit: 10})
	if err != nil || len(events) != 1 || events[0].UserID != 1 || events[0].ProjectID != 1 {
		t.Errorf("the events of its project are %+v (%v)", events, err)
	}
	spec, err := now.SiteSpec(t.Context(), 1)
	if err != nil || len(spec.Addresses) != 1 || !spec.Addresses[0].Own || spec.Visitors.Version != 0 {
		t.Errorf("the address that it had is %+v (%v), want its own", spec.Addresses, err)
	}
}
