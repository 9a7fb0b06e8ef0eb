package onebox

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/moby/client"
)

func TestPrepare_AVolumeThatIsNotThereIsARefusalThatNamesIt(t *testing.T) {
	root := t.TempDir()
	api, err := client.New(client.WithHost("unix://" + filepath.Join(root, "nobody.sock")))
	if err != nil {
		t.Fatal(err)
	}
	d := &docker{api: api, policy: policy{roots: []string{root}, programs: true}}
	at := filepath.Join(root, "wiki")
	a := testApp(1, 0, 0)
	a.Cmd, a.Container = "true", &appContainer{Type: mesosContainer, Volumes: []appVolume{{ContainerPath: "/data", HostPath: at, Mode: "RW"}}}
	i := newInstance("1", a, testTime).provision(a, nil, testTime)
	for name, get := range map[string]func() error{
		"launch": func() error { return d.prepare(t.Context(), i) },
		"supply": func() error { return d.supply(t.Context(), i) },
	} {
		err := get()
		if err == nil || isAway(err) || !strings.Contains(err.Error(), "The volume "+at+" is not on this machine") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(at); !os.IsNotExist(err) {
		t.Errorf("the folder was made: %v", err)
	}
	if err := os.Mkdir(at, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := d.prepare(t.Context(), i); err != nil {
		t.Errorf("it is there now: %v", err)
	}
	if !a.needsSupply() {
		t.Error("nobody looks for the volume before an old instance is stopped")
	}
}

func TestIsAway_TellsFilesFromSockets(t *testing.T) {
	nothing := filepath.Join(t.TempDir(), "nothing")
	if _, err := os.Stat(nothing); isAway(err) {
		t.Errorf("%v is taken for a Docker that does not answer", err)
	}
	if _, err := net.Dial("unix", nothing); !isAway(err) {
		t.Errorf("%v is taken for Docker's answer", err)
	}
}
