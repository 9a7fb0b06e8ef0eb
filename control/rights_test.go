package control_test

import (
	"context"
	"crypto/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"seedbed"
	"seedbed/control"
	"seedbed/web/webtest"
)

// stage is a Control over a real database with one user for each role, the
// site "guide" in the project "main" and the site "theirs" in "other".
type stage struct {
	*control.Control
	store *webtest.Store
	cast  map[string]seedbed.User
	token seedbed.Token // of the owner
	spare seedbed.Token // of the owner, to revoke
	pokes int
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{store: webtest.NewStore(t, func() time.Time { return time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC) })}
	s.cast = s.store.Cast()
	s.gauge(t, nil)
	s.site(t, "owner", "Guide", "wiki")
	s.site(t, "owner", "Pages", "static-site")
	s.site(t, "outsider", "Theirs", "wiki")
	s.token, s.spare = s.newToken(t, "owner"), s.newToken(t, "owner")
	return s
}

// gauge makes the Control, with a Gauge where the test needs one.
func (s *stage) gauge(t *testing.T, gauge *control.Gauge) {
	t.Helper()
	var err error
	s.Control, err = control.New(control.Config{
		Gauge: gauge, Store: s.store, Board: &webtest.Board{}, Catalog: webtest.Templates(), Files: &webtest.Files{}, Storage: &webtest.Storage{},
		Backups: webtest.Backups{"s1-guide": {{ID: "b1"}}}, Poke: func() { s.pokes++ },
		SiteURL: func(h seedbed.HostName) string { return "http://" + string(h) + "/" }, Domain: "localhost", Now: s.store.Now, Rand: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// site makes a site and carries its deployment through.
func (s *stage) site(t *testing.T, who, title, template string) {
	t.Helper()
	d, err := s.CreateSite(t.Context(), s.actor(who), control.SiteWish{Template: template, Title: title})
	if err != nil {
		t.Fatal(err)
	}
	s.store.Update(d.ID, func(d *seedbed.Deployment) { d.State = seedbed.Done })
}

func (s *stage) newToken(t *testing.T, who string) seedbed.Token {
	t.Helper()
	token, _, err := s.CreateToken(t.Context(), s.actor(who), control.TokenWish{Name: "nightly", Scope: "read"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (s *stage) actor(who string) control.Actor { return control.Person(s.cast[who], "192.0.2.9") }

// wish is one method of Control with arguments that change nothing where the
// actor may call it, as far as that can be.
type wish func(ctx context.Context, a control.Actor) error

func wishes(s *stage) map[string]wish {
	guest := s.cast["outsider"].ID
	return map[string]wish{
		"Sites": func(ctx context.Context, a control.Actor) error { _, err := s.Sites(ctx, a); return err },
		"Site":  func(ctx context.Context, a control.Actor) error { _, err := s.Site(ctx, a, "guide"); return err },
		"SiteFor": func(ctx context.Context, a control.Actor) error {
			_, err := s.SiteFor(ctx, a, "guide", seedbed.DeleteSite)
			return err
		},
		"Template":  func(ctx context.Context, a control.Actor) error { _, err := s.Template(ctx, a, "wiki"); return err },
		"Templates": func(ctx context.Context, a control.Actor) error { _, err := s.Templates(ctx, a); return err },
		"ReviewSite": func(ctx context.Context, a control.Actor) error {
			_, err := s.ReviewSite(ctx, a, control.SiteWish{Template: "wiki", Project: "main", Title: "New"})
			return err
		},
		"CreateSite": func(ctx context.Context, a control.Actor) error {
			_, err := s.CreateSite(ctx, a, control.SiteWish{Template: "wiki", Project: "main"})
			return err
		},
		"ChangeSite": func(ctx context.Context, a control.Actor) error {
			_, _, err := s.ChangeSite(ctx, a, "guide", control.SiteChange{})
			return err
		},
		"ReviewChange": func(ctx context.Context, a control.Actor) error {
			title := "Handbook"
			_, err := s.ReviewChange(ctx, a, "guide", control.SiteChange{Title: &title})
			return err
		},
		"ChangeVisitors": func(ctx context.Context, a control.Actor) error {
			_, _, err := s.ChangeVisitors(ctx, a, "guide", control.VisitorsWish{})
			return err
		},
		"ReviewVisitors": func(ctx context.Context, a control.Actor) error {
			_, err := s.ReviewVisitors(ctx, a, "guide", control.VisitorsWish{})
			return err
		},
		"VisitorsSeen": func(ctx context.Context, a control.Actor) error {
			_, err := s.VisitorsSeen(ctx, a, "guide", 0)
			return err
		},
		"PauseSite":  func(ctx context.Context, a control.Actor) error { _, err := s.PauseSite(ctx, a, "pages"); return err },
		"ResumeSite": func(ctx context.Context, a control.Actor) error { _, err := s.ResumeSite(ctx, a, "pages"); return err },
		"RetrySite":  func(ctx context.Context, a control.Actor) error { _, err := s.RetrySite(ctx, a, "guide"); return err },
		"ReturnSite": func(ctx context.Context, a control.Actor) error {
			_, err := s.ReturnSite(ctx, a, "guide")
			return err
		},
		"DeleteSite": func(ctx context.Context, a control.Actor) error {
			_, err := s.DeleteSite(ctx, a, "guide", "no")
			return err
		},
		"MoveSite": func(ctx context.Context, a control.Actor) error { return s.MoveSite(ctx, a, "guide", "main") },
		"RevealSignIn": func(ctx context.Context, a control.Actor) error {
			_, err := s.RevealSignIn(ctx, a, "guide")
			return err
		},
		"Deployment":  func(ctx context.Context, a control.Actor) error { _, err := s.Deployment(ctx, a, 1); return err },
		"Deployments": func(ctx context.Context, a control.Actor) error { _, err := s.Deployments(ctx, a, 0, 1); return err },
		"Revisions":   func(ctx context.Context, a control.Actor) error { _, err := s.Revisions(ctx, a, "guide"); return err },
		"Tokens":      func(ctx context.Context, a control.Actor) error { _, err := s.Tokens(ctx, a); return err },
		"Token":       func(ctx context.Context, a control.Actor) error { _, err := s.Token(ctx, a, s.token.ID); return err },
		"CreateToken": func(ctx context.Context, a control.Actor) error {
			_, _, err := s.CreateToken(ctx, a, control.TokenWish{Name: "t", Scope: "all"})
			return err
		},
		"RevokeToken": func(ctx context.Context, a control.Actor) error { return s.RevokeToken(ctx, a, s.spare.ID) },
		"SiteBackups": func(ctx context.Context, a control.Actor) error {
			_, _, err := s.SiteBackups(ctx, a, "guide")
			return err
		},
		"SiteBackup": func(ctx context.Context, a control.Actor) error {
			_, _, err := s.SiteBackup(ctx, a, "guide", "b1", seedbed.RestoreSite)
			return err
		},
		"BackUpSite": func(ctx context.Context, a control.Actor) error { _, err := s.BackUpSite(ctx, a, "guide"); return err },
		"RestoreSite": func(ctx context.Context, a control.Actor) error {
			_, err := s.RestoreSite(ctx, a, "guide", "b1", "no")
			return err
		},
		"DeleteBackup": func(ctx context.Context, a control.Actor) error {
			if err := s.DeleteBackup(ctx, a, "guide", "none"); err == nil || !strings.Contains(err.Error(), "no such backup") {
				return err
			}
			return nil
		},
		"Files": func(ctx context.Context, a control.Actor) error { _, _, _, err := s.Files(ctx, a, "pages"); return err },
		"DeleteFile": func(ctx context.Context, a control.Actor) error {
			if err := s.DeleteFile(ctx, a, "pages", "none"); err == nil || !strings.Contains(err.Error(), "no such file") {
				return err
			}
			return nil
		},
		"Upload":   func(ctx context.Context, a control.Actor) error { _, err := s.Upload(ctx, a, "pages"); return err },
		"Services": func(ctx context.Context, a control.Actor) error { _, err := s.Services(ctx, a); return err },
		"Parts":    func(ctx context.Context, a control.Actor) error { _, err := s.Parts(ctx, a); return err },
		"Events": func(ctx context.Context, a control.Actor) error {
			_, _, err := s.Events(ctx, a, control.EventFilter{Site: "guide"})
			return err
		},
		"Projects": func(ctx context.Context, a control.Actor) error { _, err := s.Projects(ctx, a); return err },
		"ProjectsFor": func(ctx context.Context, a control.Actor) error {
			_, err := s.ProjectsFor(ctx, a, seedbed.SeeSite)
			return err
		},
		"ProjectsToMakeIn": func(ctx context.Context, a control.Actor) error { _, err := s.ProjectsToMakeIn(ctx, a); return err },
		"Project":          func(ctx context.Context, a control.Actor) error { _, err := s.Project(ctx, a, "main"); return err },
		"CreateProject":    func(ctx context.Context, a control.Actor) error { _, err := s.CreateProject(ctx, a, ""); return err },
		"ReviewProject":    func(ctx context.Context, a control.Actor) error { return s.ReviewProject(ctx, a, "New") },
		"ReviewRename":     func(ctx context.Context, a control.Actor) error { return s.ReviewRename(ctx, a, "main", "Other") },
		"MayCreateProject": func(ctx context.Context, a control.Actor) error { return s.MayCreateProject(ctx, a) },
		"RenameProject":    func(ctx context.Context, a control.Actor) error { return s.RenameProject(ctx, a, "main", "Main") },
		"DeleteProject":    func(ctx context.Context, a control.Actor) error { return s.DeleteProject(ctx, a, "main", "no") },
		"ChangeMember": func(ctx context.Context, a control.Actor) error {
			return s.ChangeMember(ctx, a, "main", s.cast["owner"].ID, "viewer")
		},
		"RemoveMember": func(ctx context.Context, a control.Actor) error {
			return s.RemoveMember(ctx, a, "main", s.cast["owner"].ID)
		},
		"Invite": func(ctx context.Context, a control.Actor) error {
			_, err := s.Invite(ctx, a, "main", "king", "")
			return err
		},
		"RevokeInvitation": func(ctx context.Context, a control.Actor) error {
			if err := s.RevokeInvitation(ctx, a, "main", 999); err == nil || !strings.Contains(err.Error(), "no such invitation") {
				return err
			}
			return nil
		},
		"AcceptInvitation": func(ctx context.Context, a control.Actor) error {
			code := seedbed.Secret(rand.Text())
			s.store.Invited(s.store.Project("other"), seedbed.Viewer, code)
			_, err := s.AcceptInvitation(ctx, a, code)
			return err
		},
		"Tasks": func(ctx context.Context, a control.Actor) error { _, _, err := s.Tasks(ctx, a, "guide"); return err },
		"Log": func(ctx context.Context, a control.Actor) error {
			_, err := s.Log(ctx, a, "guide", "none", seedbed.Stdout)
			return err
		},
		"Usage":            func(ctx context.Context, a control.Actor) error { _, err := s.Usage(ctx, a, "guide"); return err },
		"Visits":           func(ctx context.Context, a control.Actor) error { _, err := s.Visits(ctx, a, "guide"); return err },
		"Routing":          func(ctx context.Context, a control.Actor) error { _, err := s.Routing(ctx, a); return err },
		"Machines":         func(ctx context.Context, a control.Actor) error { _, err := s.Machines(ctx, a); return err },
		"MayStartServices": func(ctx context.Context, a control.Actor) error { _, err := s.MayStartServices(ctx, a); return err },
		"NewServices":      func(ctx context.Context, a control.Actor) error { _, err := s.NewServices(ctx, a); return err },
		"NewService": func(ctx context.Context, a control.Actor) error {
			_, err := s.NewService(ctx, a, "postgres")
			return err
		},
		"StartService":   func(ctx context.Context, a control.Actor) error { return s.StartService(ctx, a, "postgres") },
		"RestartService": func(ctx context.Context, a control.Actor) error { return s.RestartService(ctx, a, "postgres") },
		"RotateBindings": func(ctx context.Context, a control.Actor) error {
			_, err := s.RotateBindings(ctx, a, "guide")
			return err
		},
		"Overview":    func(ctx context.Context, a control.Actor) error { _, err := s.Overview(ctx, a); return err },
		"StorageView": func(ctx context.Context, a control.Actor) error { _, err := s.StorageView(ctx, a); return err },
		"People":      func(ctx context.Context, a control.Actor) error { _, err := s.People(ctx, a); return err },
		"ChangeRole":  func(ctx context.Context, a control.Actor) error { return s.ChangeRole(ctx, a, guest, "") },
		"BlockUser": func(ctx context.Context, a control.Actor) error {
			return s.BlockUser(ctx, a, s.cast["administrator"].ID)
		},
		"UnblockUser":   func(ctx context.Context, a control.Actor) error { return s.UnblockUser(ctx, a, guest) },
		"OfferPassword": func(ctx context.Context, a control.Actor) error { _, err := s.OfferPassword(ctx, a, guest); return err },
		"ChangePassword": func(ctx context.Context, a control.Actor) error {
			return s.ChangePassword(ctx, a, "x", "")
		},
		"SignOutEverywhere": func(ctx context.Context, a control.Actor) error { return s.SignOutEverywhere(ctx, a) },
	}
}

// gets says for every method who gets what, in the order of webtest.Roles:
// y is allowed, n finds nothing there, f is forbidden.
//
//	o outsider, v viewer, e editor, w owner, p operator, a administrator
func gets() map[string]string {
	return map[string]string{
		//                   ovewpa
		"Sites":             "yyyyyy",
		"Site":              "nyyyyy",
		"SiteFor":           "nffyfy",
		"Template":          "yyyyyy",
		"Templates":         "yyyyyy",
		"ReviewSite":        "nfyyfy",
		"CreateSite":        "nfyyfy",
		"ChangeSite":        "nfyyfy",
		"ReviewChange":      "nfyyfy",
		"ChangeVisitors":    "nfyyfy",
		"ReviewVisitors":    "nfyyfy",
		"VisitorsSeen":      "nyyyfy",
		"PauseSite":         "nfyyfy",
		"ResumeSite":        "nfyyfy",
		"RetrySite":         "nfyyfy",
		"ReturnSite":        "nfyyfy",
		"DeleteSite":        "nffyfy",
		"MoveSite":          "nffyfy",
		"RevealSignIn":      "nffyfy",
		"Deployment":        "nyyyyy",
		"Deployments":       "yyyyyy",
		"Revisions":         "nyyyfy",
		"Tokens":            "yyyyyy",
		"Token":             "nnnynn", // it is the owner's
		"CreateToken":       "yyyyyy",
		"RevokeToken":       "nnnynn",
		"SiteBackups":       "nyyyfy",
		"SiteBackup":        "nffyfy",
		"BackUpSite":        "nfyyfy",
		"RestoreSite":       "nffyfy",
		"DeleteBackup":      "nffyfy",
		"Files":             "nyyyfy",
		"DeleteFile":        "nfyyfy",
		"Upload":            "nfyyfy",
		"Services":          "yyyyyy",
		"Parts":             "yyyyyy",
		"Events":            "nyyyyy",
		"Projects":          "yyyyyy",
		"ProjectsFor":       "yyyyyy",
		"ProjectsToMakeIn":  "yfyyfy",
		"Project":           "nyyyyy",
		"CreateProject":     "fffffy",
		"MayCreateProject":  "fffffy",
		"RenameProject":     "nffyfy",
		"ReviewProject":     "fffffy",
		"ReviewRename":      "nffyfy",
		"DeleteProject":     "nffyfy",
		"ChangeMember":      "nffyfy",
		"RemoveMember":      "nffyfy",
		"Invite":            "nffyfy",
		"RevokeInvitation":  "nffyfy",
		"AcceptInvitation":  "yyyyyy",
		"Tasks":             "nfyyyy",
		"Log":               "nfyyyy",
		"Usage":             "nyyyyy",
		"Visits":            "nyyyyy",
		"Routing":           "ffffyy",
		"Machines":          "ffffyy",
		"MayStartServices":  "yyyyyy",
		"NewServices":       "ffffyy",
		"NewService":        "ffffyy",
		"StartService":      "ffffyy",
		"RestartService":    "ffffyy",
		"RotateBindings":    "nfyyfy",
		"Overview":          "ffffyy",
		"StorageView":       "ffffyy",
		"People":            "ffffyy",
		"ChangeRole":        "fffffy",
		"BlockUser":         "fffffy",
		"UnblockUser":       "fffffy",
		"OfferPassword":     "fffffy",
		"ChangePassword":    "yyyyyy",
		"SignOutEverywhere": "yyyyyy",
	}
}

// asksNobody are the methods that tell nothing and so need no right.
var asksNobody = []string{"Changes"}

func verdict(err error) byte {
	switch seedbed.CodeOf(err) {
	case seedbed.NotFound:
		return 'n'
	case seedbed.Forbidden:
		return 'f'
	case seedbed.Unauthorized:
		return 'u'
	case seedbed.Internal:
		return '!'
	}
	return 'y' // done, or refused for what was given
}

func TestControl_GivesEachRoleWhatIsItsOwn(t *testing.T) {
	s := newStage(t)
	all, want := wishes(s), gets()
	for i := range reflect.TypeFor[*control.Control]().NumMethod() {
		name := reflect.TypeFor[*control.Control]().Method(i).Name
		if slices.Contains(asksNobody, name) {
			continue
		}
		if all[name] == nil || len(want[name]) != len(webtest.Roles()) {
			t.Errorf("the method %s has no line in wishes or gets: say who may call it", name)
			continue
		}
		for n, role := range webtest.Roles() {
			before := s.store.Recorded()
			err := all[name](t.Context(), s.actor(role))
			if got := verdict(err); got != want[name][n] {
				t.Errorf("%s for the %s: %c, want %c (%v)", name, role, got, want[name][n], err)
			}
			if want[name][n] != 'y' && s.store.Recorded() != before {
				t.Errorf("%s for the %s was refused, and something was done", name, role)
			}
		}
	}
}

func TestControl_GivesNothingToNobody(t *testing.T) {
	s := newStage(t)
	blocked := s.actor("administrator")
	blocked.User.ID = 999
	for name, ask := range wishes(s) {
		for who, a := range map[string]control.Actor{"the zero Actor": {}, "somebody who is not there": blocked, "nobody with a scope": {Scope: seedbed.PersonScope}} {
			if err := ask(t.Context(), a); verdict(err) != 'u' {
				t.Errorf("%s for %s: %v", name, who, err)
			}
		}
	}
}

func TestControl_KeepsProgramsWithinTheirScope(t *testing.T) {
	s := newStage(t)
	program := func(scope seedbed.Scope) control.Actor {
		a := s.actor("administrator")
		a.Scope, a.Program = scope, "nightly"
		return a
	}
	all := wishes(s)
	for name, least := range map[string]seedbed.Scope{
		"Site": seedbed.SeeScope, "Deployments": seedbed.SeeScope, "Revisions": seedbed.SeeScope, "Tokens": seedbed.SeeScope, "CreateToken": seedbed.FullScope, "Events": seedbed.SeeScope, "CreateSite": seedbed.ChangeScope, "Upload": seedbed.ChangeScope, "DeleteSite": seedbed.FullScope,
		"RevealSignIn": seedbed.FullScope, "Invite": seedbed.FullScope, "BlockUser": seedbed.FullScope, "ChangePassword": seedbed.PersonScope, "AcceptInvitation": seedbed.PersonScope,
	} {
		if err := all[name](t.Context(), program(least-1)); verdict(err) == 'y' {
			t.Errorf("%s is allowed with the scope %d", name, least-1)
		}
		if err := all[name](t.Context(), program(least)); verdict(err) != 'y' {
			t.Errorf("%s is refused with the scope %d: %v", name, least, err)
		}
	}
}

// limited is a program of the administrator with the full scope, in one project.
func (s *stage) limited(project seedbed.Label) control.Actor {
	a := s.actor("administrator")
	a.Scope, a.Program, a.Project = seedbed.FullScope, "nightly", s.store.Project(project).ID
	return a
}

func TestControl_KeepsProgramsWithinTheirProject(t *testing.T) {
	s := newStage(t)
	forPeople := map[string]bool{"CreateToken": true, "RevokeToken": true, "AcceptInvitation": true, "ChangePassword": true, "SignOutEverywhere": true}
	all := wishes(s)
	delete(all, "Token")                                                      // no role has the one of a project
	for project, like := range map[seedbed.Label]int{"other": 0, "main": 3} { // as the outsider, who owns "other", and the owner of "main"
		for name, ask := range all {
			want := gets()[name][like]
			if forPeople[name] {
				want = 'f'
			}
			before := s.store.Recorded()
			err := ask(t.Context(), s.limited(project))
			if got := verdict(err); got != want {
				t.Errorf("%s for a program in %s: %c, want %c (%v)", name, project, got, want, err)
			}
			if want != 'y' && s.store.Recorded() != before && name != "AcceptInvitation" { // the wish makes one to accept
				t.Errorf("%s for a program in %s was refused, and something was done", name, project)
			}
		}
	}
}

func TestControl_ShowsProgramsOnlyTheirProject(t *testing.T) {
	s := newStage(t)
	administrator := s.actor("administrator")
	for _, project := range []string{"", "main", "other"} {
		if _, _, err := s.CreateToken(t.Context(), administrator, control.TokenWish{Name: "in " + project, Scope: "read", Project: project}); err != nil {
			t.Fatal(err)
		}
	}
	a := s.limited("other")
	sites, err := s.Sites(t.Context(), a)
	if err != nil || len(sites) != 1 || sites[0].Site.Name != "theirs" {
		t.Errorf("sites %+v %v", sites, err)
	}
	projects, err := s.Projects(t.Context(), a)
	if err != nil || len(projects) != 1 || projects[0].Name != "other" {
		t.Errorf("projects %+v %v", projects, err)
	}
	tokens, err := s.Tokens(t.Context(), a)
	if err != nil || len(tokens) != 1 || tokens[0].Project != "other" {
		t.Errorf("tokens %+v %v", tokens, err)
	}
	deployments, err := s.Deployments(t.Context(), a, 0, 10)
	if err != nil || len(deployments) != 1 || deployments[0].Site.Site.Name != "theirs" {
		t.Errorf("deployments %+v %v", deployments, err)
	}
	events, _, err := s.Events(t.Context(), a, control.EventFilter{Limit: 100})
	if err != nil || len(events) == 0 {
		t.Errorf("events %+v %v", events, err)
	}
	for _, e := range events {
		if e.ProjectID != s.store.Project("other").ID {
			t.Errorf("the event %q is of another project", e.What)
		}
	}
}

func TestControl_EndsTheTokensOfAProjectWithIt(t *testing.T) {
	s := newStage(t)
	administrator := s.actor("administrator")
	if _, err := s.CreateProject(t.Context(), administrator, "Short"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.CreateToken(t.Context(), administrator, control.TokenWish{Name: "x", Scope: "read", Project: "short"}); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteProject(t.Context(), administrator, "short", "short"); err != nil {
		t.Fatal(err)
	}
	if tokens, err := s.Tokens(t.Context(), administrator); err != nil || len(tokens) != 0 {
		t.Errorf("tokens %+v %v", tokens, err)
	}
}
