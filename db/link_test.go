package db_test

import (
	"testing"
	"time"

	"seedbed"
	"seedbed/db"
)

// owners are Amina, the administrator, and Joseph, an owner of the first project
// whom she invited.
func owners(t *testing.T) (d *db.DB, amina, joseph seedbed.Author) {
	t.Helper()
	d = open(t, folder(t))
	amina = first(t, d)
	invite(t, d, amina, seedbed.Owner, "for joseph")
	u, err := d.Join(t.Context(), "for joseph", seedbed.User{Name: "Joseph", PasswordHash: "x"}, "")
	if err != nil {
		t.Fatal(err)
	}
	return d, amina, seedbed.Author{UserID: u.ID, Name: u.Name}
}

// lost are the ways in which an owner stops being one, and how they get it back.
func lost(t *testing.T, d *db.DB, amina, joseph seedbed.Author) map[string][2]func() error {
	ctx := t.Context()
	return map[string][2]func() error{
		"removed": {
			func() error { return d.RemoveMember(ctx, 1, joseph.UserID, amina) },
			func() error { return joinAgain(t, d, amina, joseph) },
		},
		"made an editor": {
			func() error { return d.ChangeMember(ctx, 1, joseph.UserID, seedbed.Editor, amina) },
			func() error { return d.ChangeMember(ctx, 1, joseph.UserID, seedbed.Owner, amina) },
		},
		"blocked": {
			func() error { return d.BlockUser(ctx, joseph.UserID, amina) },
			func() error { return d.UnblockUser(ctx, joseph.UserID, amina) },
		},
	}
}

func joinAgain(t *testing.T, d *db.DB, amina, joseph seedbed.Author) error {
	invite(t, d, amina, seedbed.Owner, "once more")
	_, err := d.AcceptInvitation(t.Context(), "once more", joseph)
	return err
}

func TestInvitations_DoNotOutliveTheRightsOfWhoMadeThem(t *testing.T) {
	for _, how := range []string{"removed", "made an editor", "blocked"} {
		t.Run(how, func(t *testing.T) {
			d, amina, joseph := owners(t)
			invite(t, d, joseph, seedbed.Owner, "of joseph")
			invite(t, d, amina, seedbed.Viewer, "of amina")
			ways := lost(t, d, amina, joseph)[how]
			refused := func(when string) {
				t.Helper()
				if _, err := d.AcceptInvitation(t.Context(), "of joseph", joseph); seedbed.CodeOf(err) != seedbed.Forbidden {
					t.Errorf("%s: Joseph opens his own link: %v", when, err)
				}
				if _, err := d.Join(t.Context(), "of joseph", seedbed.User{Name: "Eve", PasswordHash: "x"}, ""); seedbed.CodeOf(err) != seedbed.Forbidden {
					t.Errorf("%s: Eve opens Joseph’s link: %v", when, err)
				}
			}
			if err := ways[0](); err != nil {
				t.Fatal(err)
			}
			refused("after")
			if err := ways[1](); err != nil {
				t.Fatal(err)
			}
			refused("once it was given back")
			if _, err := d.Join(t.Context(), "of amina", seedbed.User{Name: "Pauline", PasswordHash: "x"}, ""); err != nil {
				t.Errorf("the link of somebody else: %v", err)
			}
		})
	}
}

func TestInvitations_AskForRightsAlsoWhereNothingWasWithdrawn(t *testing.T) {
	d, _, joseph := owners(t)
	stranger := joseph
	stranger.UserID = 0 // written by a program that knew of no makers
	invite(t, d, stranger, seedbed.Owner, "of nobody")
	if _, err := d.InvitationFor(t.Context(), "of nobody"); seedbed.CodeOf(err) != seedbed.Forbidden {
		t.Errorf("a link of nobody: %v", err)
	}
}

func TestInvitations_OfAnAdministratorEndWithThatRole(t *testing.T) {
	d, amina, joseph := owners(t)
	if err := d.ChangeRole(t.Context(), joseph.UserID, seedbed.Administrator, amina); err != nil {
		t.Fatal(err)
	}
	if err := d.RemoveMember(t.Context(), 1, joseph.UserID, amina); err != nil {
		t.Fatal(err)
	}
	invite(t, d, joseph, seedbed.Owner, "of joseph")
	if _, err := d.InvitationFor(t.Context(), "of joseph"); err != nil {
		t.Errorf("an administrator may invite everywhere: %v", err)
	}
	if err := d.ChangeRole(t.Context(), joseph.UserID, "", amina); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AcceptInvitation(t.Context(), "of joseph", joseph); seedbed.CodeOf(err) != seedbed.Forbidden {
		t.Errorf("who is an administrator no more lets himself in: %v", err)
	}
}

func TestPasswordLinks_EndWithTheRightsOfWhoMadeThem(t *testing.T) {
	d, amina, joseph := owners(t)
	if err := d.ChangeRole(t.Context(), joseph.UserID, seedbed.Administrator, amina); err != nil {
		t.Fatal(err)
	}
	if err := d.OfferPassword(t.Context(), amina.UserID, "to be amina", d.Now().Add(time.Hour), joseph); err != nil {
		t.Fatal(err)
	}
	for _, role := range []seedbed.Role{"", seedbed.Administrator} { // also not when it is given back
		if err := d.ChangeRole(t.Context(), joseph.UserID, role, amina); err != nil {
			t.Fatal(err)
		}
		if _, err := d.UsePasswordLink(t.Context(), "to be amina", "stolen", ""); seedbed.CodeOf(err) != seedbed.Forbidden {
			t.Errorf("as %q: %v", role, err)
		}
	}
	here := seedbed.Author{Name: "seedbed setup-link"}
	if err := d.OfferPassword(t.Context(), amina.UserID, "on the machine", d.Now().Add(time.Hour), here); err != nil {
		t.Fatal(err)
	}
	if _, err := d.UsePasswordLink(t.Context(), "on the machine", "hers", ""); err != nil {
		t.Errorf("the link of the machine itself: %v", err)
	}
}
