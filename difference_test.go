package seedbed

import (
	"strings"
	"testing"
)

func TestDifferences_TellWhatChangedAndNoVariables(t *testing.T) {
	template := Template{Questions: []Question{
		{Name: "language", Label: "Language", Type: ChoiceQuestion, Default: "en", Choices: []Choice{{Value: "en", Label: "English"}, {Value: "fr", Label: "Français"}}},
		{Name: "private", Label: "Private", Type: SwitchQuestion, Default: "off"},
		{Name: "image", Label: "Image", Type: ImageQuestion},
		{Name: "more", Label: "Further variables", Type: VariablesQuestion},
	}}
	before := Revision{Title: "Guide", Settings: map[string]string{"language": "en", "more": "KEY=sesame"}}
	after := Revision{Title: "Handbook", Settings: map[string]string{"language": "fr", "private": "off", "image": strings.Repeat("é", 90), "more": "KEY=hunter2"}}
	got := Tell(Differences(template, before, after))
	want := "Name from “Guide” to “Handbook”; Language from “English” to “Français”; Image from “nothing” to “" + strings.Repeat("é", 80) + "…”; Further variables"
	if got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	if all := Differences(template, after, after); len(all) != 0 {
		t.Errorf("a revision differs from itself in %v", all)
	}
	if told := Tell(Differences(Template{}, before, after)); told != "Name from “Guide” to “Handbook”" {
		t.Errorf("without a template told %q", told)
	}
}
