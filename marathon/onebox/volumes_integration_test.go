//go:build integration

package onebox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDeployment_ASiteIsOnTheAirWhileItsVolumeIsMissing(t *testing.T) {
	root := t.TempDir()
	at := filepath.Join(root, "wiki")
	r := newReal(t, func(c *Config) { c.VolumeRoots = []string{root} })
	r.put(`{` + onlyOne + `}`)
	r.awaitSettled(1)
	old := r.app().Tasks[0].ID
	r.put(fmt.Sprintf(`{%s,"maxLaunchDelaySeconds":2,"container":{"docker":{"image":%q},"volumes":[{"containerPath":"/data","hostPath":%q,"mode":"RW"}]}}`, onlyOne, r.image, at))
	await(t, "the failure is told", func() bool { return r.app().LastTaskFailure != nil })
	a := r.app()
	if len(a.Tasks) != 1 || a.Tasks[0].ID != old || a.LastTaskFailure.State != "TASK_FAILED" || !strings.Contains(a.LastTaskFailure.Message, at) {
		t.Errorf("%+v", a)
	}
	if err := os.Mkdir(at, 0o755); err != nil {
		t.Fatal(err)
	}
	r.awaitSettled(1)
	if r.app().Tasks[0].ID == old {
		t.Error("the old one runs on")
	}
}

func TestLaunch_ATaskComesUpByItselfWhenItsVolumeIsThere(t *testing.T) {
	root := t.TempDir()
	at := filepath.Join(root, "wiki")
	r := newReal(t, func(c *Config) { c.VolumeRoots = []string{root} })
	r.put(fmt.Sprintf(`{"maxLaunchDelaySeconds":2,"container":{"docker":{"image":%q},"volumes":[{"containerPath":"/data","hostPath":%q,"mode":"RW"}]}}`, r.image, at))
	await(t, "the failure is told", func() bool { f := r.app().LastTaskFailure; return f != nil && strings.Contains(f.Message, at) })
	if err := os.Mkdir(at, 0o755); err != nil {
		t.Fatal(err)
	}
	r.awaitSettled(1)
}
