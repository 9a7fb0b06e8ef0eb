package onebox

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPrograms_AreRefusedUnlessAllowed(t *testing.T) {
	dry := func(programs bool) *fixture {
		return newFixture(t, func(c *Config) { c.Docker, c.HostPrograms, c.HostNetwork = nil, programs, true })
	}
	off, on := dry(false), dry(true)
	if text := fmt.Sprint(off.expect(422, "PUT", "/v2/apps/hello", `{"cmd":"sleep 100"}`)); !strings.Contains(text, "-host-programs") {
		t.Errorf("the refusal is %s", text)
	}
	if text := fmt.Sprint(on.expect(422, "PUT", "/v2/apps/hello", `{"cmd":"sleep 100","user":"root"}`)); !strings.Contains(text, "/user") {
		t.Errorf("the user is not refused: %s", text)
	}
	outside := `{"cmd":"sleep 100","container":{"type":"MESOS","volumes":[{"hostPath":"/etc","containerPath":"/data","mode":"RW"}]}}`
	if text := fmt.Sprint(on.expect(422, "PUT", "/v2/apps/hello", outside)); !strings.Contains(text, "hostPath") {
		t.Errorf("its volume may be anywhere: %s", text)
	}
	on.expect(201, "PUT", "/v2/apps/hello", `{"cmd":"sleep 100"}`)
	if i := on.awaitInstance("/hello"); i.User < 200000 || i.User > 265535 {
		t.Errorf("its user is %d", i.User)
	}
}

// awaitInstance returns an app's first instance that has been launched.
func (f *fixture) awaitInstance(id string) (i *instance) {
	await(f.t, "it is launched", func() bool {
		list := f.engine.records.snapshot().byApp[id]
		if len(list) > 0 && list[0].Condition != scheduled {
			i = list[0]
		}
		return i != nil
	})
	return i
}

func TestUserFor_EachAppHasOneUserOfItsOwn(t *testing.T) {
	users := TaskUsers{200000, 200002}
	r, err := openRecords(filepath.Join(t.TempDir(), "onebox.db"), [KeySize]byte{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	seen := map[int]string{}
	err = r.change(newHub(time.Now), func(txn *txn) error {
		for _, id := range []string{"/a", "/b", "/c"} {
			a := testApp(1, 1, 1)
			a.ID = id
			first := users.userFor(txn, a)
			if other := seen[first]; other != "" {
				t.Errorf("%s has the user of %s", id, other)
			}
			seen[first] = id
			i := newInstance(strings.Trim(id, "/"), a, testTime).provision(a, nil, testTime)
			i.User = first
			txn.putInstance(i)
			if again := users.userFor(txn, a); again != first {
				t.Errorf("%s has the users %d and %d", id, first, again)
			}
		}
		withImage := testApp(1, 1, 1)
		withImage.Container = &appContainer{Docker: &dockerImage{Image: "x"}}
		if user := users.userFor(txn, withImage); user != 0 {
			t.Errorf("one with an image has the user %d", user)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Whatever the machine's folders are, links or folders, a program finds them
// where it looks, and nothing else of the machine.
func TestMachine_IsShownReadOnlyAndWithoutSecrets(t *testing.T) {
	root := t.TempDir()
	for _, folder := range []string{"usr/bin", "sbin", "etc/ssl/certs", "etc/ssl/private", "etc/python3.11", "home/me"} {
		if err := os.MkdirAll(filepath.Join(root, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink("usr/bin", root+"/bin"), os.WriteFile(root+"/etc/shadow", nil, 0o600), os.WriteFile(root+"/etc/passwd", nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, m := range machineMounts(root) {
		if !m.ReadOnly {
			t.Errorf("%s can be written", m.Target)
		}
		targets = append(targets, m.Target)
	}
	if got := strings.Join(targets, " "); got != "/usr /sbin /etc/python3.11 /etc/ssl/certs" {
		t.Errorf("it sees %s", got)
	}
	content, err := programArchive(root)
	if err != nil {
		t.Fatal(err)
	}
	links := map[string]string{}
	for r := tar.NewReader(bytes.NewReader(content)); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		links[head.Name] = head.Linkname
	}
	if links["bin"] != "usr/bin" {
		t.Errorf("the image has %v", links)
	}
	for _, folder := range []string{"usr", "sbin", "etc", "tmp", "mnt/mesos/sandbox"} {
		if to, there := links[folder]; !there || to != "" {
			t.Errorf("the image has no folder %s: %v", folder, links)
		}
	}
}
