package seedbed

import "testing"

// standings are all that somebody can be, as a person.
func standings() map[string]Standing {
	return map[string]Standing{
		"nobody":        {Scope: PersonScope},
		"viewer":        {Project: Viewer, Scope: PersonScope},
		"editor":        {Project: Editor, Scope: PersonScope},
		"owner":         {Project: Owner, Scope: PersonScope},
		"operator":      {Installation: Operator, Scope: PersonScope},
		"administrator": {Installation: Administrator, Scope: PersonScope},
	}
}

func TestMay_GivesEachRoleWhatTheOneBeforeItHas(t *testing.T) {
	all := standings()
	for action := range rights() {
		for _, pair := range [][2]string{{"nobody", "viewer"}, {"viewer", "editor"}, {"editor", "owner"}, {"owner", "administrator"}, {"operator", "administrator"}} {
			if May(all[pair[0]], action) && !May(all[pair[1]], action) {
				t.Errorf("to %s is for the %s and not for the %s", action, pair[0], pair[1])
			}
		}
	}
}

func TestMay_LetsTheAdministratorDoEverything(t *testing.T) {
	for action := range rights() {
		if !May(standings()["administrator"], action) {
			t.Errorf("the administrator may not %s", action)
		}
	}
}

func TestMay_DeniesWhatItDoesNotKnow(t *testing.T) {
	for who, s := range standings() {
		if May(s, "do something new") || May(s, "") {
			t.Errorf("the %s may do what is in no table", who)
		}
	}
	for action := range rights() {
		if May(Standing{}, action) || May(Standing{Installation: Administrator, Project: Owner}, action) {
			t.Errorf("without a scope one may %s", action)
		}
		if May(Standing{Installation: "emperor", Project: "king", Scope: PersonScope}, action) != May(standings()["nobody"], action) {
			t.Errorf("an unknown role may %s", action)
		}
	}
}

func TestMay_KeepsProgramsWithinTheirScope(t *testing.T) {
	of := func(scope Scope) Standing { return Standing{Installation: Administrator, Scope: scope} }
	for _, c := range []struct {
		action Action
		least  Scope
	}{
		{SeeSite, SeeScope}, {SeeContent, SeeScope}, {CreateSite, ChangeScope}, {ChangeFiles, ChangeScope}, {DeleteSite, FullScope},
		{RevealSignIn, FullScope}, {ChangePeople, FullScope}, {ChangeAccount, PersonScope}, {AcceptInvitation, PersonScope},
	} {
		if May(of(c.least-1), c.action) || !May(of(c.least), c.action) {
			t.Errorf("to %s does not begin at the scope %d", c.action, c.least)
		}
	}
}

func TestMay_ShowsAFirstSignInToWhoMadeTheSiteAndMayStillChangeIt(t *testing.T) {
	for role, want := range map[Role]bool{"": false, Viewer: false, Editor: true, Owner: true} {
		made := Standing{Project: role, Scope: PersonScope, Maker: true}
		if May(made, RevealSignIn) != want {
			t.Errorf("the %s who made a site may see its sign-in: %t, want %t", role, !want, want)
		}
		if May(made, DeleteSite) != (role == Owner) {
			t.Errorf("the %s who made a site may delete it: %t", role, role != Owner)
		}
	}
	if May(Standing{Installation: Operator, Scope: PersonScope, Maker: true}, RevealSignIn) || May(Standing{Installation: "maker", Project: "maker", Scope: PersonScope}, RevealSignIn) {
		t.Error("somebody who is no editor sees the sign-in")
	}
}

func TestMay_KeepsContentFromOperatorsAndSecretsFromEditors(t *testing.T) {
	all := standings()
	for action, who := range map[Action]string{
		SeeContent: "operator", RevealSignIn: "operator", ChangeSite: "operator", ChangeMembers: "operator", ChangePeople: "operator", SeeAllEvents: "operator",
		SeeLogs: "viewer", SeeMachines: "owner", SeeMetrics: "owner",
		DeleteSite: "editor", MoveSite: "editor", ChangeFiles: "viewer", RetrySite: "viewer", SeeSite: "nobody", SeeProject: "nobody", SeePeople: "owner",
	} {
		if May(all[who], action) {
			t.Errorf("the %s may %s", who, action)
		}
	}
}

func TestReach_IsNothingOutsideItsOneProject(t *testing.T) {
	reach := Reach{Installation: Administrator, Projects: map[int64]Role{1: Owner, 2: Owner}, Only: 2}
	for action := range rights() {
		if May(reach.In(1, PersonScope), action) {
			t.Errorf("in another project one may %s", action)
		}
		if got, want := May(reach.In(0, PersonScope), action), May(Standing{Scope: SeeScope}, action); got != want {
			t.Errorf("in the installation one may %s: %v", action, got)
		}
		if got, want := May(reach.In(2, FullScope), action), May(Standing{Installation: Administrator, Project: Owner, Scope: FullScope}, action); got != want {
			t.Errorf("in the project itself one may %s: %v", action, got)
		}
	}
}
