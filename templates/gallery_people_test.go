package templates

import (
	"time"

	"seedbed"
)

func administrator() seedbed.Standing {
	return seedbed.Standing{Installation: seedbed.Administrator, Scope: seedbed.PersonScope}
}

func viewer() seedbed.Standing {
	return seedbed.Standing{Project: seedbed.Viewer, Scope: seedbed.PersonScope}
}

func projects() []seedbed.Project {
	return []seedbed.Project{{ID: 1, Name: "main", Title: "Main", Sites: 4}, {ID: 2, Name: "health", Title: arabic, Sites: 1}, {ID: 3, Name: "long", Title: long}}
}

func projectExhibits(f Frame) []exhibit {
	f.Place = Projects
	var list []ProjectRow
	for i, project := range projects() {
		list = append(list, ProjectRow{project, []seedbed.Role{seedbed.Owner, seedbed.Viewer, ""}[i]})
	}
	list = append(list, ProjectRow{seedbed.Project{ID: 4, Name: "main-2", Title: "Main"}, seedbed.Owner})
	member := f
	member.Standing = seedbed.Standing{}
	full := ProjectPage{
		Project: projects()[0], Standing: administrator(), Sites: rows(), Notice: "They have this role from now on.",
		Members: []seedbed.Member{{UserID: 1, Name: "Amina", Role: seedbed.Owner}, {UserID: 2, Name: long, Role: seedbed.Editor, Blocked: true}, {UserID: 3, Name: "جوزيف", Role: seedbed.Viewer}},
		Invitations: []seedbed.Invitation{
			{ID: 1, Role: seedbed.Editor, Note: "Joseph, joseph@example.org", By: "Amina", Expires: before(-6 * 24 * time.Hour)},
			{ID: 2, Role: seedbed.Viewer, By: long, Expires: before(-time.Hour)}, {ID: 3, Role: seedbed.Owner, Note: long + hostile, By: "Amina", Expires: before(-time.Hour)},
		},
		Form: Form{Values: map[string]string{"name": "Main", "role": "editor"}},
	}
	wrong, seen := full, full
	wrong.Project, wrong.Sites, wrong.Invitations = projects()[2], nil, nil
	wrong.Form = Form{Values: map[string]string{"name": hostile, "note": long}, Mistakes: []Mistake{{"role", "Choose what they may do: viewer, editor or owner."}, {"note", "This note has 160 characters; 100 is the most."}, {"", "Amina is the last owner of this project, and a project needs one. Make somebody else an owner first."}}}
	seen.Standing, seen.Notice = viewer(), ""
	site := SiteFrame{Site: seedbed.Site{Name: "guide", Title: "Clinic Guide"}}
	return []exhibit{
		{"projects", ProjectList(f, ProjectsPage{Projects: list, Notice: "The project is deleted."})},
		{"projects-none", ProjectList(member, ProjectsPage{})},
		{"project-new", NewProject(f, Form{})},
		{"project-new-wrong", NewProject(f, Form{Values: map[string]string{"name": hostile}, Mistakes: []Mistake{{"name", "A name begins with a letter or a digit."}}})},
		{"project", Project(f, full)},
		{"project-wrong", Project(f, wrong)},
		{"project-viewer", Project(member, seen)},
		{"invite-link", LinkOnce(f, LinkOncePage{"The link", "Give this link to whom you invite. It works once, until 13 May 2025.", "http://localhost:8400/invitation?code=Zk3vQ9xT7mB2hR8sY1dF5gK0aLwPqEoUnCiXjVtMb4c", "/projects/main", "Main"})},
		{"move", Move(f, MovePage{site, projects(), Form{}})},
		{"move-nowhere", Move(f, MovePage{site, nil, Form{}})},
		{"move-wrong", Move(f, MovePage{site, projects(), Form{Values: map[string]string{"project": "long"}, Mistakes: []Mistake{{"project", "Choose the project that the site is to belong to."}}}})},
	}
}

func peopleExhibits(f, stranger Frame) []exhibit {
	f.Place = Everyone
	operator := f
	operator.Standing = seedbed.Standing{Installation: seedbed.Operator, Scope: seedbed.PersonScope}
	account := f
	account.Place = Own
	people := []seedbed.User{
		{ID: 1, Name: "Amina", Role: seedbed.Administrator, Created: before(400 * 24 * time.Hour)},
		{ID: 2, Name: long, Role: seedbed.Operator, Created: before(40 * 24 * time.Hour), Blocked: before(time.Hour)}, {ID: 3, Name: "جوزيف", Created: before(time.Hour)},
	}
	invitation := InvitationPage{Invitation: seedbed.Invitation{Role: seedbed.Editor, By: "Joseph", Project: projects()[1]}, Code: "code", SignIn: "/sign-in"}
	wrong := invitation
	wrong.Invitation.By, wrong.Invitation.Role = long, seedbed.Owner
	wrong.Form = Form{Values: map[string]string{"user": hostile}, Mistakes: []Mistake{{"user", "Somebody has this name already. Choose another one, or sign in first if it is you."}, {"again", "This is not the same as above. Type both once more."}}}
	return []exhibit{
		{"people", People(f, PeoplePage{People: people, Notice: "They can no longer sign in, and are signed out everywhere."})},
		{"people-refused", People(f, PeoplePage{People: people, Open: people[0].ID, Form: Form{Mistakes: []Mistake{{"", "You cannot block yourself. Another administrator can."}}}})},
		{"people-operator", People(operator, PeoplePage{People: people})},
		{"account", Account(account, AccountPage{})},
		{"account-wrong", Account(account, AccountPage{Form: Form{Mistakes: []Mistake{{"present", "This is not your present password."}}}})},
		{"invitation", Invitation(stranger, invitation)},
		{"invitation-wrong", Invitation(stranger, wrong)},
		{"invitation-signed-in", Invitation(f, invitation)},
		{"new-password", NewPassword(stranger, NewPasswordPage{"Joseph", "code", Form{}})},
	}
}
