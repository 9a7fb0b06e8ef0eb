package db_test

import (
	"testing"

	"seedbed"
)

func TestStartService_WantsItOnce(t *testing.T) {
	d := open(t, folder(t))
	first, err := d.StartService(t.Context(), "redis", amina)
	if err != nil || first.Port != 8451 || first.Revision != 1 || first.Password.Reveal() == "" {
		t.Fatalf("got %+v, %v", first, err)
	}
	again, err := d.StartService(t.Context(), "redis", amina)
	if err != nil || again != first {
		t.Errorf("a second time it is %+v, %v", again, err)
	}
	anew, err := d.RestartService(t.Context(), "redis", amina)
	if err != nil || anew.Revision != 2 || anew.Password != first.Password || anew.Mark() == first.Mark() {
		t.Errorf("anew it is %+v, %v", anew, err)
	}
	if _, err := d.RestartService(t.Context(), "mariadb", amina); !seedbed.IsNotFound(err) {
		t.Errorf("one that is not there gives %v", err)
	}
	events, err := d.Events(t.Context(), seedbed.EventQuery{Sight: seedbed.Sight{Everything: true}, Limit: 10})
	if err != nil || len(events) != 2 || events[1].What != "asked for the service Redis" || events[0].What != "started Redis anew" {
		t.Errorf("the record is %+v, %v", events, err)
	}
	other, err := d.StartService(t.Context(), "rabbitmq", amina)
	if err != nil || other.Port == first.Port || other.AdminPort() == first.AdminPort() || other.Port == first.AdminPort() {
		t.Errorf("another one is %+v, %v", other, err)
	}
}

func TestRotateBindings_ChangesThePasswordsAndNothingElse(t *testing.T) {
	d := open(t, folder(t))
	dep, before := create(t, d, "Guide")
	dep.State = seedbed.Done
	if err := d.FinishDeployment(t.Context(), dep); err != nil {
		t.Fatal(err)
	}
	renewal, err := d.RotateBindings(t.Context(), dep.SiteID, amina)
	if err != nil || renewal.Kind != seedbed.Change || renewal.RevisionID != dep.RevisionID {
		t.Fatalf("got %+v, %v", renewal, err)
	}
	after := specOf(t, d, dep.SiteID)
	if after.Bindings[0].Password == before.Bindings[0].Password || after.Bindings[0].Service != before.Bindings[0].Service || after.Secrets["admin_password"] != before.Secrets["admin_password"] {
		t.Error("the password is the old one, or another secret is new")
	}

	plain := newSite("Plain")
	plain.Template.Needs = nil
	made, err := d.CreateSite(t.Context(), plain)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.RotateBindings(t.Context(), made.SiteID, amina); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("a site without parts gives %v", err)
	}
	if _, err := d.DeleteSite(t.Context(), dep.SiteID, amina); err != nil {
		t.Fatal(err)
	}
	if _, err := d.RotateBindings(t.Context(), dep.SiteID, amina); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("a site that is being deleted gives %v", err)
	}
}
