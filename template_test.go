package seedbed_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed"
)

// open is a template that leaves all that can be left to an answer.
func open() seedbed.Template {
	return seedbed.Template{
		Memory: 1, Port: 1, Asked: seedbed.Asked{Image: "image", Port: "port", Memory: "size", HealthPath: "page"},
		Needs:   []seedbed.Need{{Service: "postgres"}, {Service: "redis", If: "cache"}},
		Volumes: []seedbed.TemplateVolume{{Name: "kept", Asked: "folder"}, {Name: "own", Path: "/own"}},
		Questions: []seedbed.Question{
			{Name: "image", Type: seedbed.ImageQuestion}, {Name: "port", Type: seedbed.NumberQuestion, Default: "8000"},
			{Name: "size", Type: seedbed.ChoiceQuestion, Default: "small", Choices: []seedbed.Choice{{Value: "small", Amount: 256}, {Value: "large", Amount: 1024}}},
			{Name: "page", Type: seedbed.PageQuestion}, {Name: "folder", Type: seedbed.FolderQuestion}, {Name: "cache", Type: seedbed.SwitchQuestion, Default: "off"},
		},
		Env: []seedbed.EnvVar{{Name: "A"}, {Name: "B", If: "cache"}, {Name: "C", Unless: "cache"}},
	}
}

func TestTemplate_ForAnswersDecidesAllThatWasLeftToThem(t *testing.T) {
	got := open().For(map[string]string{"image": "docker.io/library/nginx:1", "port": "80", "size": "large", "page": "/up", "folder": "/data", "cache": "on"})
	if got.Reference != "docker.io/library/nginx:1" || got.Port != 80 || got.Memory != 1024 || got.Health.Path != "/up" {
		t.Errorf("got %+v", got)
	}
	if want := []string{"postgres", "redis"}; !cmp.Equal(got.Kinds(), want) {
		t.Errorf("it needs %v, want %v", got.Kinds(), want)
	}
	if want := []seedbed.TemplateVolume{{Name: "kept", Path: "/data", Asked: "folder"}, {Name: "own", Path: "/own"}}; !cmp.Equal(got.Volumes, want) {
		t.Errorf("its volumes are %v", got.Volumes)
	}
	if want := []seedbed.EnvVar{{Name: "A"}, {Name: "B", If: "cache"}}; !cmp.Equal(got.Env, want) {
		t.Errorf("its environment is %v", got.Env)
	}
}

func TestTemplate_ForNoAnswersTakesTheDefaults(t *testing.T) {
	got := open().For(nil)
	if got.Reference != "" || got.Port != 8000 || got.Memory != 256 || got.Health.Path != "" || len(got.Volumes) != 1 {
		t.Errorf("got %+v", got)
	}
	if want := []string{"postgres"}; !cmp.Equal(got.Kinds(), want) {
		t.Errorf("it needs %v, want %v", got.Kinds(), want)
	}
	if want := []seedbed.EnvVar{{Name: "A"}, {Name: "C", Unless: "cache"}}; !cmp.Equal(got.Env, want) {
		t.Errorf("its environment is %v", got.Env)
	}
}

func TestTemplate_ForChangesNeitherTheTemplateNorAFixedOne(t *testing.T) {
	left := open()
	left.For(map[string]string{"cache": "on", "folder": "/data"})
	if diff := cmp.Diff(open(), left); diff != "" {
		t.Errorf("the template itself was changed (-want +got)\n%s", diff)
	}
	fixed := seedbed.Template{Image: "wiki", Memory: 512, Port: 8080, Needs: []seedbed.Need{{Service: "postgres"}}, Env: []seedbed.EnvVar{{Name: "A"}}, Volumes: []seedbed.TemplateVolume{{Name: "files", Path: "/srv"}}}
	if diff := cmp.Diff(fixed, fixed.For(map[string]string{"image": "evil", "": "80"})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
