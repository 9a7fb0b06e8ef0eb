package db_test

import (
	"testing"
	"time"

	"seedbed"
	"seedbed/db"
)

// made creates a site that came to be.
func made(t *testing.T, d *db.DB) seedbed.SiteSpec {
	t.Helper()
	dep, _ := create(t, d, "Guide")
	dep.State, dep.Ended = seedbed.Done, time.Now()
	dep.Steps = []seedbed.Step{{Name: seedbed.StepApply, Started: time.Now(), Ended: time.Now()}}
	if err := d.SaveSteps(t.Context(), dep); err != nil {
		t.Fatal(err)
	}
	if err := d.FinishDeployment(t.Context(), dep); err != nil {
		t.Fatal(err)
	}
	return specOf(t, d, dep.SiteID)
}

func TestBackUpSite_WaitsForWhatIsUnderWay(t *testing.T) {
	d := open(t, folder(t))
	dep, _ := create(t, d, "New")
	if _, err := d.BackUpSite(t.Context(), dep.SiteID, amina); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("while it is made: %v", err)
	}
	dep.State = seedbed.Failed
	if err := d.FinishDeployment(t.Context(), dep); err != nil {
		t.Fatal(err)
	}
	if _, err := d.BackUpSite(t.Context(), dep.SiteID, amina); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("of what never came to be: %v", err)
	}
}

func TestBackUpSite_LeavesTheSiteHandedOver(t *testing.T) {
	d := open(t, folder(t))
	spec := made(t, d)
	first, err := d.BackUpSite(t.Context(), spec.Site.ID, amina)
	if err != nil || first.Kind != seedbed.BackUp || first.RevisionID != spec.Revision.ID {
		t.Fatalf("got %+v, %v", first, err)
	}
	again, err := d.BackUpSite(t.Context(), spec.Site.ID, amina)
	if err != nil || again.ID != first.ID {
		t.Errorf("asked twice it starts %d, %v; want %d", again.ID, err, first.ID)
	}
	if !specOf(t, d, spec.Site.ID).Deployment.WasHandedOver() {
		t.Error("an engine that forgets the site now would not be given it again")
	}
}

func TestRestoreSite_GivesBackNameSettingsAndSecrets(t *testing.T) {
	d := open(t, folder(t))
	spec := made(t, d)
	sealed, err := d.SealedSecrets(t.Context(), spec.Site.ID)
	if err != nil || len(sealed) != 1 {
		t.Fatalf("the sealed secrets are %v, %v", sealed, err)
	}
	r := seedbed.Restoration{Backup: "20260504-120000-d2", Title: "Old Guide", Settings: map[string]string{"language": "fr"}, Secrets: sealed}
	dep, err := d.RestoreSite(t.Context(), spec.Site.ID, r, amina)
	if err != nil || dep.Kind != seedbed.Restore || dep.Backup != r.Backup {
		t.Fatalf("got %+v, %v", dep, err)
	}
	now := specOf(t, d, spec.Site.ID)
	if now.Deployment.Backup != r.Backup || now.Site.Title != "Old Guide" || now.Revision.Settings["language"] != "fr" ||
		now.Secrets["admin_password"].Reveal() != spec.Secrets["admin_password"].Reveal() {
		t.Errorf("the site is now %+v", now)
	}
	dep.State, dep.Cause = seedbed.Failed, "No."
	if err := d.FinishDeployment(t.Context(), dep); err != nil {
		t.Fatal(err)
	}
	if again, err := d.RetrySite(t.Context(), spec.Site.ID, amina); err != nil || again.Kind != seedbed.Restore || again.Backup != r.Backup {
		t.Errorf("tried again it is %+v, %v", again, err)
	}
}

func TestRestoreSite_RefusesSecretsOfAnotherKeyAndChangesNothing(t *testing.T) {
	d, other := open(t, folder(t)), open(t, folder(t))
	spec := made(t, d)
	sealed, err := other.SealedSecrets(t.Context(), made(t, other).Site.ID)
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.RestoreSite(t.Context(), spec.Site.ID, seedbed.Restoration{Backup: "x", Title: "Other", Secrets: sealed}, amina)
	if seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("got %v, want a conflict", err)
	}
	if now := specOf(t, d, spec.Site.ID); now.Site.Title != "Guide" || now.Deployment.ID != spec.Deployment.ID {
		t.Errorf("the site is now %+v", now)
	}
}
