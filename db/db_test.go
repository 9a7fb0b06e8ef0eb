package db_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"seedbed"
	"seedbed/db"
)

var wiki = seedbed.Template{
	Name: "wiki", Kind: seedbed.SiteTemplate, Needs: []seedbed.Need{{Service: "postgres"}},
	Volumes: []seedbed.TemplateVolume{{Name: "files", Path: "/files"}},
	Secrets: []string{"admin_password"},
}

var amina = seedbed.Author{Name: "amina", Address: "192.0.2.7"}

// open opens a database in a folder of the test's own, as a new process would.
func open(t testing.TB, folder string) *db.DB {
	t.Helper()
	key, err := db.LoadKey(filepath.Join(folder, "key"), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var clock atomic.Int64
	clock.Store(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC).UnixMilli())
	var count atomic.Int64
	d, err := db.Open(t.Context(), db.Config{
		Path: filepath.Join(folder, "a folder?", "seedbed.db"), Key: key, FirstServicePort: 8451, Rand: rand.Reader,
		NewSecret: func(io.Reader) seedbed.Secret { return seedbed.Secret(fmt.Sprintf("secret-%d", count.Add(1))) },
		Now:       func() time.Time { return time.UnixMilli(clock.Add(1000)).UTC() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func newSite(title string) seedbed.NewSite {
	name := seedbed.SuggestLabel(seedbed.Title(title))
	return seedbed.NewSite{
		Name: seedbed.Label(name), Title: seedbed.Title(title), Host: seedbed.HostName(name + ".localhost"),
		Template: wiki, Settings: map[string]string{"language": "en"}, By: amina,
	}
}

func create(t *testing.T, d *db.DB, title string) (seedbed.Deployment, seedbed.SiteSpec) {
	t.Helper()
	dep, err := d.CreateSite(t.Context(), newSite(title))
	if err != nil {
		t.Fatal(err)
	}
	return dep, specOf(t, d, dep.SiteID)
}

func specOf(t *testing.T, d *db.DB, site int64) seedbed.SiteSpec {
	t.Helper()
	spec, err := d.SiteSpec(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	return spec
}

func TestCreateSite_WritesAllThatBelongsToIt(t *testing.T) {
	d := open(t, folder(t))
	dep, spec := create(t, d, "Nurse Handbook")

	if spec.Deployment.ID != dep.ID || spec.Deployment.State != seedbed.Working || spec.Deployment.Kind != seedbed.Make {
		t.Errorf("deployment is %+v", spec.Deployment)
	}
	if len(spec.Addresses) != 1 || spec.Addresses[0].Host != "nurse-handbook.localhost" {
		t.Errorf("addresses are %v", spec.Addresses)
	}
	if len(spec.Volumes) != 1 || spec.Volumes[0].Name != "files" || spec.Volumes[0].Owner != spec.Site.Key() {
		t.Errorf("volumes are %v", spec.Volumes)
	}
	if len(spec.Bindings) != 1 || spec.Bindings[0].Service.Port != 8451 || spec.Bindings[0].Name != spec.Site.Key() {
		t.Errorf("bindings are %+v", spec.Bindings)
	}
	if spec.Secrets["admin_password"].Reveal() == "" || spec.Bindings[0].Password.Reveal() == "" {
		t.Error("its secrets were not made")
	}
	if spec.Revision.Number != 1 || spec.Revision.Settings["language"] != "en" {
		t.Errorf("revision is %+v", spec.Revision)
	}
}

func TestCreateSite_TellsWhichFieldIsTaken(t *testing.T) {
	d := open(t, folder(t))
	create(t, d, "Nurse Handbook")
	for _, c := range []struct {
		field string
		site  seedbed.NewSite
	}{
		{"name", newSite("NURSE handbook")},
		{"name", func() seedbed.NewSite { n := newSite("Other"); n.Title = "Ｎurse Handbook"; return n }()},
		{"address", func() seedbed.NewSite { n := newSite("Nurse Handbook"); n.Title = "Other"; return n }()},
	} {
		_, err := d.CreateSite(t.Context(), c.site)
		if e := asError(t, err); e.Code != seedbed.Conflict || e.Field != c.field {
			t.Errorf("%q is refused with %s beside %q, want conflict beside %q", c.site.Title, e.Code, e.Field, c.field)
		}
	}
	if specs, err := d.SiteSpecs(t.Context()); err != nil || len(specs) != 1 {
		t.Errorf("there are %d sites (%v), want 1", len(specs), err)
	}
}

func TestCreateSite_SharesOneService(t *testing.T) {
	d := open(t, folder(t))
	_, first := create(t, d, "First")
	_, second := create(t, d, "Second")
	if first.Bindings[0].Service.ID != second.Bindings[0].Service.ID {
		t.Error("two sites have two shared services of one kind")
	}
	if first.Bindings[0].Password.Reveal() == second.Bindings[0].Password.Reveal() {
		t.Error("two sites have the same password")
	}
}

func TestDeployments_OnlyTheNewestIsUnderWay(t *testing.T) {
	d := open(t, folder(t))
	made, _ := create(t, d, "Guide")
	changed, err := d.ChangeSite(t.Context(), made.SiteID, "Guide Two", map[string]string{"language": "fr"}, amina)
	if err != nil {
		t.Fatal(err)
	}
	unfinished, err := d.UnfinishedDeployments(t.Context())
	if err != nil || len(unfinished) != 1 || unfinished[0].ID != changed.ID {
		t.Fatalf("unfinished are %v (%v), want only %d", unfinished, err, changed.ID)
	}
	if changed.Kind != seedbed.Make {
		t.Errorf("a site that never came to be is changed by a %q", changed.Kind)
	}
	made.State = seedbed.Done
	if err := d.FinishDeployment(t.Context(), made); err != nil {
		t.Fatal(err)
	}
	if old, err := d.Deployment(t.Context(), made.ID); err != nil || old.State != seedbed.Superseded {
		t.Errorf("the older deployment is %q (%v), want superseded for good", old.State, err)
	}
	if spec := specOf(t, d, made.SiteID); spec.Revision.Number != 2 || spec.Site.Title != "Guide Two" {
		t.Errorf("the site has revision %d and title %q", spec.Revision.Number, spec.Site.Title)
	}
}

func TestDeleteSite_FreesItsNameAtTheEndOnly(t *testing.T) {
	d := open(t, folder(t))
	made, _ := create(t, d, "Guide")
	removal, err := d.DeleteSite(t.Context(), made.SiteID, amina)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.DeleteSite(t.Context(), made.SiteID, amina); err != nil || again.ID != removal.ID {
		t.Errorf("deleting twice starts deployment %d (%v), want %d", again.ID, err, removal.ID)
	}
	if _, err := d.ChangeSite(t.Context(), made.SiteID, "X", nil, amina); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("changing what is being deleted gives %v, want a conflict", err)
	}
	if _, err := d.CreateSite(t.Context(), newSite("Guide")); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("its name is given away while it is there: %v", err)
	}
	removal.State, removal.Ended = seedbed.Done, time.Now()
	if err := d.FinishDeployment(t.Context(), removal); err != nil {
		t.Fatal(err)
	}
	if _, err := d.SiteSpec(t.Context(), made.SiteID); !seedbed.IsNotFound(err) {
		t.Errorf("the deleted site is still there: %v", err)
	}
	if site, err := d.Site(t.Context(), made.SiteID); err != nil || site.Deleted.IsZero() || site.Title != "Guide" {
		t.Errorf("the deleted site has no memory: %+v, %v", site, err)
	}
	again, spec := create(t, d, "Guide")
	if again.SiteID == made.SiteID || spec.Bindings[0].Name == fmt.Sprintf("s%d-guide", made.SiteID) {
		t.Error("a new site of the old name would get the old one's database")
	}
}

func TestRetrySite_GoesOnWithTheSamePurpose(t *testing.T) {
	d := open(t, folder(t))
	dep, _ := create(t, d, "Guide")
	for _, want := range []seedbed.DeploymentKind{seedbed.Make, seedbed.Change} {
		dep.Cause = "It did not start."
		dep.State = map[seedbed.DeploymentKind]seedbed.DeploymentState{seedbed.Make: seedbed.Failed, seedbed.Change: seedbed.Done}[want]
		if err := d.FinishDeployment(t.Context(), dep); err != nil {
			t.Fatal(err)
		}
		next, err := d.RetrySite(t.Context(), dep.SiteID, amina)
		if err != nil || next.Kind != want || next.RevisionID != dep.RevisionID {
			t.Errorf("after %s: %+v (%v), want kind %s of the same revision", dep.State, next, err, want)
		}
		dep = next
	}
}

func TestRevealSignIn_OnlyOnce(t *testing.T) {
	d := open(t, folder(t))
	dep, spec := create(t, d, "Guide")
	secret, err := d.RevealSignIn(t.Context(), dep.SiteID, "admin_password", amina)
	if err != nil || secret.Reveal() != spec.Secrets["admin_password"].Reveal() {
		t.Fatalf("the sign-in is not shown: %v", err)
	}
	again, err := d.RevealSignIn(t.Context(), dep.SiteID, "admin_password", amina)
	if err != nil || again != secret {
		t.Errorf("a second click gives %v", err)
	}
	if _, err := d.RevealSignIn(t.Context(), dep.SiteID, "admin_password", seedbed.Author{Name: "eve"}); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("somebody else gets %v, want a conflict", err)
	}
	for range 60 {
		d.Now() // a second goes by
	}
	if got, err := d.RevealSignIn(t.Context(), dep.SiteID, "admin_password", amina); seedbed.CodeOf(err) != seedbed.Conflict || got != "" {
		t.Errorf("after a minute it gives %v, want a conflict", err)
	}
}

func TestSecrets_AreNotReadableInTheFile(t *testing.T) {
	where := folder(t)
	d := open(t, where)
	_, spec := create(t, d, "Guide")
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	stored := readAll(t, where)
	if info, err := os.Stat(filepath.Join(where, "a folder?", "seedbed.db")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the database has the rights %v (%v), want its owner's alone", info.Mode(), err)
	}
	for _, s := range []seedbed.Secret{spec.Secrets["admin_password"], spec.Bindings[0].Password, spec.Bindings[0].Service.Password} {
		if bytes.Contains(stored, []byte(s.Reveal())) {
			t.Errorf("a secret is in the file in clear")
		}
	}
	if again := specOf(t, open(t, where), spec.Site.ID); again.Bindings[0].Password.Reveal() != spec.Bindings[0].Password.Reveal() {
		t.Error("a secret is another one after the restart")
	}
}

func TestCreateFirstUser_UsesTheCodeUp(t *testing.T) {
	d := open(t, folder(t))
	ctx := t.Context()
	if err := d.SetSetupCode(ctx, "right"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.CreateFirstUser(ctx, "wrong", seedbed.User{Name: "Amina"}, "192.0.2.7"); seedbed.CodeOf(err) != seedbed.Forbidden {
		t.Errorf("a wrong code gives %v", err)
	}
	if _, err := d.CreateFirstUser(ctx, "right", seedbed.User{Name: "Amina", PasswordHash: "x"}, "192.0.2.7"); err != nil {
		t.Fatal(err)
	}
	if err := d.SetSetupCode(ctx, "another"); err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{"right", "another"} {
		if _, err := d.CreateFirstUser(ctx, code, seedbed.User{Name: "Eve"}, "192.0.2.7"); seedbed.CodeOf(err) != seedbed.Forbidden {
			t.Errorf("code %q makes a second first user: %v", code, err)
		}
	}
	if u, err := d.UserByName(ctx, "aMINA"); err != nil || u.Name != "Amina" {
		t.Errorf("the user is %+v (%v)", u, err)
	}
}

func TestOpen_KeepsWhatWasWritten(t *testing.T) {
	where := folder(t)
	dep, _ := create(t, open(t, where), "Guide") // and not closed, as after a kill
	if spec := specOf(t, open(t, where), dep.SiteID); spec.Site.Title != "Guide" {
		t.Errorf("after a restart the site is %+v", spec.Site)
	}
}

func TestSessionUser_KnowsOnlySessionsThatAreNotTooOld(t *testing.T) {
	d := open(t, folder(t))
	ctx, start := t.Context(), time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	if err := d.SetSetupCode(ctx, "right"); err != nil {
		t.Fatal(err)
	}
	user, err := d.CreateFirstUser(ctx, "right", seedbed.User{Name: "Amina", PasswordHash: "x"}, "192.0.2.7")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.StartSession(ctx, "abc", user.ID, start); err != nil {
		t.Fatal(err)
	}
	if err := d.TouchSession(ctx, "abc", start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	got, seen, err := d.SessionUser(ctx, "abc", start, start.Add(time.Hour))
	if err != nil || got.ID != user.ID || !seen.Equal(start.Add(time.Hour)) {
		t.Errorf("the session is %+v, seen %v, %v", got, seen, err)
	}
	for name, limits := range map[string][2]time.Time{
		"started too long ago": {start.Add(time.Millisecond), start},
		"seen too long ago":    {start, start.Add(time.Hour + time.Millisecond)},
	} {
		if _, _, err := d.SessionUser(ctx, "abc", limits[0], limits[1]); !seedbed.IsNotFound(err) {
			t.Errorf("a session %s is known: %v", name, err)
		}
	}
	if err := d.ExpireSessions(ctx, start.Add(time.Millisecond), start); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.SessionUser(ctx, "abc", start, start); !seedbed.IsNotFound(err) {
		t.Errorf("an expired session is known: %v", err)
	}
}
