package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const met = `{"version":2,"hosts":["guide.localhost"],"own":"guide.localhost","audience":"everybody","keys":[{"name":"joseph"}]}`

func TestSitesVisitors_ShowsAndChangesOnlyWhatWasSeen(t *testing.T) {
	asked := answering(t, map[string]string{"GET /sites/guide/visitors": met, "PATCH /sites/guide/visitors": strings.Replace(met, `"version":2`, `"version":3`, 1), "GET /sites/guide/visits": `{"hours":[{"requests":12},{"requests":3}]}`})
	said := captured(t, func() {
		for _, args := range [][]string{{"visitors", "guide"}, {"visitors", "guide", "maintenance=on", "hosts=wiki.example.org,guide.localhost", "upload=512"}, {"visits", "guide"}} {
			if err := run(t.Context(), append([]string{"sites"}, args...)); err != nil {
				t.Error(err)
			}
		}
	})
	want := `PATCH /sites/guide/visitors "seen" map[hosts:[wiki.example.org guide.localhost] maintenance:true upload:512]`
	if len(*asked) != 4 || (*asked)[2] != want || !strings.Contains(said, "joseph") || !strings.Contains(said, "15") {
		t.Errorf("asked %q, said %s", *asked, said)
	}
	for _, args := range [][]string{{}, {"guide", "maintenance"}, {"guide", "maintenance=yes"}, {"guide", "upload=x"}, {"guide", "door=paused"}, {"guide", "keys=a:b"}} {
		if err := run(t.Context(), append([]string{"sites", "visitors"}, args...)); exitCode(err) != exitUsage {
			t.Errorf("%v: %v", args, err)
		}
	}
}

func TestSitesVisitors_TakesPasswordsFromAFile(t *testing.T) {
	asked := answering(t, map[string]string{"GET /sites/guide/visitors": met, "PATCH /sites/guide/visitors": met})
	file := filepath.Join(t.TempDir(), "passwords")
	if err := os.WriteFile(file, []byte("joseph:four quiet: gates\n\namina:a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	captured(t, func() {
		if err := run(t.Context(), []string{"sites", "visitors", "guide", "audience=keys", "--passwords", file}); err != nil {
			t.Error(err)
		}
	})
	if want := `PATCH /sites/guide/visitors "seen" map[audience:keys keys:[map[name:joseph password:four quiet: gates] map[name:amina password:a]]]`; (*asked)[1] != want {
		t.Errorf("asked %q", *asked)
	}
}
