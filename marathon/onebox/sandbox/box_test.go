package sandbox

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"
)

func names(list []File) (out []string) {
	for _, f := range list {
		out = append(out, filepath.Base(f.Path))
	}
	slices.Sort(out)
	return out
}

func TestBox_IsReadBesideTheLogsAndLeadsNowhereElse(t *testing.T) {
	s := newStore(t, Config{})
	path, err := s.Box("guide.1", "/sites/guide")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Box("other.1", "/sites/other"); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o777 {
		t.Fatalf("its container cannot write it: %v %v", info.Mode(), err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	for name, text := range map[string]string{path + "/page": "hello", path + "/stdout": "a lie", path + "/sub/deep": "deep", secret: "no"} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for name, to := range map[string]string{"out": secret, "beside": "../other.1", "up": "../../notes/other.1.json", "in": "sub/deep"} {
		if err := os.Symlink(to, filepath.Join(path, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(path, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}

	dir := s.Directory("guide.1")
	for name, want := range map[string]string{"page": "hello", "sub/deep": "deep", "in": "deep", "stdout": ""} {
		if data, _, err := s.Read(dir+"/"+name, 0, 100); string(data) != want || err != nil {
			t.Errorf("%s is %q (%v)", name, data, err)
		}
	}
	for _, name := range []string{"out", "beside", "up", "pipe", "sub", "nothing", "../../boxes/guide.1/page"} {
		if _, _, err := s.Read(dir+"/"+name, 0, 100); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s can be read (%v)", name, err)
		}
	}
	if list, err := s.Browse(dir); err != nil || !slices.Equal(names(list), []string{"page", "stderr", "stdout", "sub"}) {
		t.Errorf("the folder has %v (%v)", names(list), err)
	}
	if list, err := s.Browse(dir + "/sub"); err != nil || len(list) != 1 || list[0].Path != dir+"/sub/deep" {
		t.Errorf("the folder in it has %v (%v)", list, err)
	}
	for _, name := range []string{"out", "beside", "up", "page", "pipe"} {
		if list, err := s.Browse(dir + "/" + name); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s can be browsed: %v", name, list)
		}
	}
}

func TestBox_IsEmptiedAndTidied(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := newStore(t, Config{Keep: time.Hour, Space: 100, Now: func() time.Time { return now }})
	for _, task := range []string{"large", "small"} {
		path, err := s.Box(task, "/x")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+"/left", make([]byte, 60), 0o644); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Minute)
	}
	if err := s.Tidy(map[string]bool{"small": true}); err != nil {
		t.Fatal(err)
	}
	if err := s.Tidy(nil); err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenBox("large"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the older one is kept though there is no space: %v", err)
	}
	box, err := s.EmptyBox("small", "/x")
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	if _, err := box.Stat("left"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is not empty: %v", err)
	}
}
