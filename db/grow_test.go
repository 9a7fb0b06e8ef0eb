package db_test

import (
	"errors"
	"slices"
	"testing"

	"seedbed"
)

// growing is a template whose sites have more when more is switched on.
var growing = seedbed.Template{
	Name: "growing", Kind: seedbed.SiteTemplate, Secrets: []string{"key"},
	Needs:   []seedbed.Need{{Service: "postgres", If: "database"}, {Service: "redis", If: "cache"}},
	Volumes: []seedbed.TemplateVolume{{Name: "files", Asked: "folder"}},
	Questions: []seedbed.Question{
		{Name: "database", Type: seedbed.SwitchQuestion, Default: "off"}, {Name: "cache", Type: seedbed.SwitchQuestion, Default: "off"}, {Name: "folder", Type: seedbed.FolderQuestion},
	},
}

func kinds(spec seedbed.SiteSpec) (all []string) {
	for _, b := range spec.Bindings {
		all = append(all, b.Service.Kind)
	}
	return all
}

func TestChangeSite_GivesWhatIsSwitchedOnAndKeepsWhatIsSwitchedOff(t *testing.T) {
	d := open(t, folder(t))
	d.Template = func(string) (seedbed.Template, error) { return growing, nil }
	site := newSite("Clinic")
	site.Template, site.Settings = growing, map[string]string{"database": "on", "cache": "off", "folder": ""}
	dep, err := d.CreateSite(t.Context(), site)
	if err != nil {
		t.Fatal(err)
	}
	first := specOf(t, d, dep.SiteID)
	if got := kinds(first); !slices.Equal(got, []string{"postgres"}) || len(first.Volumes) != 0 || len(first.Secrets) != 1 {
		t.Fatalf("it began with %v, %v", got, first.Volumes)
	}
	change := func(settings map[string]string) seedbed.SiteSpec {
		t.Helper()
		if _, err := d.ChangeSite(t.Context(), dep.SiteID, site.Title, settings, amina); err != nil {
			t.Fatal(err)
		}
		return specOf(t, d, dep.SiteID)
	}
	more := change(map[string]string{"database": "off", "cache": "on", "folder": "/data"})
	if got := kinds(more); !slices.Equal(got, []string{"postgres", "redis"}) || len(more.Volumes) != 1 {
		t.Errorf("switched over, it has %v, %v", got, more.Volumes)
	}
	if more.Bindings[0].Password != first.Bindings[0].Password || more.Secrets["key"] != first.Secrets["key"] {
		t.Error("what it had has another password now")
	}
	less := change(map[string]string{"database": "off", "cache": "off", "folder": ""})
	if got := kinds(less); !slices.Equal(got, []string{"postgres", "redis"}) || len(less.Volumes) != 1 {
		t.Errorf("switched off, it has %v, %v left", got, less.Volumes)
	}
}

func TestChangeSite_KeepsWhatThereIsWhenItsTemplateIsGone(t *testing.T) {
	d := open(t, folder(t))
	d.Template = func(string) (seedbed.Template, error) { return seedbed.Template{}, errors.New("gone") }
	dep, before := create(t, d, "Clinic")
	if _, err := d.ChangeSite(t.Context(), dep.SiteID, "Clinic 2", nil, amina); err != nil {
		t.Fatal(err)
	}
	if after := specOf(t, d, dep.SiteID); len(after.Bindings) != len(before.Bindings) || len(after.Volumes) != len(before.Volumes) {
		t.Errorf("it had %v and has %v", before, after)
	}
}
