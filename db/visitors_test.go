package db_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"seedbed"
	"seedbed/db"
)

const hash = "$2a$06$abcdefghijklmnopqrstuuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// visit changes how a site meets its visitors.
func visit(t *testing.T, d *db.DB, site int64, change func(*seedbed.Visitors)) error {
	t.Helper()
	v := specOf(t, d, site).Visitors
	change(&v)
	_, err := d.ChangeVisitors(t.Context(), site, v, false, amina)
	return err
}

func TestVisitors_AreKeptWithEveryVersionAndNoHashInThem(t *testing.T) {
	where := folder(t)
	d := open(t, where)
	dep, first := create(t, d, "Clinic")
	if first.Visitors.Version != 0 || !slices.Equal(first.Visitors.Hosts, []seedbed.HostName{first.Own()}) {
		t.Fatalf("it begins with %+v", first.Visitors)
	}
	must(t, visit(t, d, dep.SiteID, func(v *seedbed.Visitors) {
		v.Hosts = append([]seedbed.HostName{"clinic.example.org"}, v.Hosts...)
		v.Audience, v.Keys = seedbed.KeyHolders, []seedbed.VisitorKey{{Name: "joseph", Hash: hash}}
	}))
	must(t, visit(t, d, dep.SiteID, func(v *seedbed.Visitors) { v.Keys[0].Hash, v.Words = "", "Back at noon." }))
	spec := specOf(t, d, dep.SiteID)
	v := spec.Visitors
	if v.Version != 2 || v.By != "amina" || v.Words != "Back at noon." || len(v.Keys) != 1 || v.Keys[0].Hash != hash {
		t.Errorf("it has %+v", v)
	}
	if spec.Main() != "clinic.example.org" || spec.Own() != first.Own() || len(spec.Addresses) != 2 {
		t.Errorf("its addresses are %+v", spec.Addresses)
	}
	versions, err := d.Visitors(t.Context(), dep.SiteID)
	if err != nil || len(versions) != 2 || versions[0].Version != 2 || versions[1].Words != "" || versions[1].Keys[0].Hash != "" {
		t.Errorf("versions %+v %v", versions, err)
	}
	if bytes.Contains(readAll(t, where), []byte(hash)) {
		t.Error("the hash can be read in the database’s files")
	}
	events, err := d.Events(t.Context(), seedbed.EventQuery{Sight: seedbed.Sight{Everything: true}, Limit: 5})
	if err != nil || events[1].Details != "Addresses from “"+string(first.Own())+"” to “clinic.example.org, "+string(first.Own())+"”; Who may visit from “everybody” to “with a name and a password”; Names with a password from “nothing” to “joseph”" {
		t.Errorf("told %+v %v", events, err)
	}
}

func TestVisitors_HaveHostNamesThatNoOtherSiteHas(t *testing.T) {
	d := open(t, folder(t))
	one, _ := create(t, d, "Clinic")
	two, other := create(t, d, "Other")
	add := func(site int64, host seedbed.HostName) error {
		return visit(t, d, site, func(v *seedbed.Visitors) { v.Hosts = append(v.Hosts, host) })
	}
	must(t, add(one.SiteID, "clinic.example.org"))
	for _, host := range []seedbed.HostName{"clinic.example.org", specOf(t, d, one.SiteID).Own()} {
		if e := asError(t, add(two.SiteID, host)); e.Code != seedbed.Conflict || e.Field != "hosts" {
			t.Errorf("%s for the other: %+v", host, e)
		}
	}
	if e := asError(t, visit(t, d, two.SiteID, func(v *seedbed.Visitors) { v.Hosts = []seedbed.HostName{"x.example.org"} })); e.Field != "hosts" {
		t.Errorf("its own one taken away: %+v", e)
	}
	if got := specOf(t, d, two.SiteID); got.Main() != other.Own() || got.Visitors.Version != 0 {
		t.Errorf("a refused change was made: %+v", got)
	}
}

func TestVisitors_LetNobodyTakeOverANameThatWasLetGo(t *testing.T) {
	d := open(t, folder(t))
	now := time.Now()
	d.Now = func() time.Time { return now }
	dep, _ := create(t, d, "Clinic")
	other, err := d.CreateProject(t.Context(), "Elsewhere", first(t, d))
	must(t, err)
	n := newSite("Stranger")
	n.ProjectID = other.ID
	stranger, err := d.CreateSite(t.Context(), n)
	must(t, err)
	colleague, _ := create(t, d, "Colleague")
	add := func(site int64) error {
		return visit(t, d, site, func(v *seedbed.Visitors) { v.Hosts = append(v.Hosts, "clinic.example.org") })
	}
	drop := func(site int64) error {
		return visit(t, d, site, func(v *seedbed.Visitors) { v.Hosts = v.Hosts[:1] })
	}
	must(t, add(dep.SiteID))
	must(t, drop(dep.SiteID))
	if e := asError(t, add(stranger.SiteID)); e.Code != seedbed.Conflict {
		t.Errorf("taken at once: %+v", e)
	}
	must(t, add(colleague.SiteID)) // of the same project
	removal, err := d.DeleteSite(t.Context(), colleague.SiteID, amina)
	must(t, err)
	must(t, d.FinishDeployment(t.Context(), removal.Completed(now)))
	if e := asError(t, add(stranger.SiteID)); e.Code != seedbed.Conflict {
		t.Errorf("taken after its site was deleted: %+v", e)
	}
	now = now.Add(8 * 24 * time.Hour)
	must(t, add(stranger.SiteID))
}

func TestVisitors_StartTheSiteAnewWhereItIsToKnow(t *testing.T) {
	d := open(t, folder(t))
	made, first := create(t, d, "Clinic")
	must(t, d.FinishDeployment(t.Context(), made.Completed(time.Now())))
	v := first.Visitors
	v.Hosts = append([]seedbed.HostName{"clinic.example.org"}, v.Hosts...)
	dep, err := d.ChangeVisitors(t.Context(), first.Site.ID, v, true, amina)
	if err != nil || dep.ID == 0 || dep.Kind != seedbed.Change || dep.RevisionID != first.Revision.ID {
		t.Errorf("%+v %v", dep, err)
	}
}
