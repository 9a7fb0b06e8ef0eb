package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"seedbed"
)

// small makes a bundle of a few files.
func small(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, PackageFolder), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{ProgramName, ImagesName, PackageFolder + "/one.deb", PackageFolder + "/Packages"} {
		write(t, filepath.Join(dir, name), "what is in "+name)
	}
	if err := (Manifest{Format: format, Version: "1", Architecture: "amd64"}).write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func verify(t *testing.T, dir string) error {
	t.Helper()
	m, err := Open(dir)
	if err != nil {
		return err
	}
	return m.Verify(t.Context(), dir)
}

func TestVerify_AcceptsWhatWasMade(t *testing.T) {
	if err := verify(t, small(t)); err != nil {
		t.Error(err)
	}
}

func TestVerify_RefusesWhatWasChanged(t *testing.T) {
	for name, spoil := range map[string]func(dir string){
		"a byte":         func(dir string) { write(t, filepath.Join(dir, ImagesName), "what is in images.tar.gy") },
		"a missing file": func(dir string) { os.Remove(filepath.Join(dir, ProgramName)) },
		"a package more": func(dir string) { write(t, filepath.Join(dir, PackageFolder, "two.deb"), "evil") },
		"a link out of it": func(dir string) {
			os.Remove(filepath.Join(dir, ProgramName))
			os.Symlink("/bin/true", filepath.Join(dir, ProgramName))
		},
		"a manifest of later": func(dir string) { write(t, filepath.Join(dir, ManifestName), `{"format": 2}`) },
		"an unknown field":    func(dir string) { write(t, filepath.Join(dir, ManifestName), `{"format": 1, "more": true}`) },
		"a path out of it": func(dir string) {
			write(t, filepath.Join(dir, ManifestName), `{"format": 1, "files": [{"path": "../x"}]}`)
		},
	} {
		dir := small(t)
		spoil(dir)
		if err := verify(t, dir); seedbed.CodeOf(err) != seedbed.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := verify(t, t.TempDir()); seedbed.CodeOf(err) != seedbed.NotFound {
		t.Errorf("an empty folder: %v", err)
	}
}

func TestReplaceable_LeavesOtherFoldersAlone(t *testing.T) {
	dir := small(t)
	if err := replaceable(dir); err != nil {
		t.Errorf("an earlier bundle: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, ManifestName)); err != nil {
		t.Fatal(err)
	}
	if err := replaceable(dir); seedbed.CodeOf(err) != seedbed.Conflict {
		t.Errorf("something else: %v", err)
	}
	if err := replaceable(filepath.Join(dir, "new")); err != nil {
		t.Errorf("nothing: %v", err)
	}
}

func TestNames_TakesTheFirstOfAlternatives(t *testing.T) {
	if got := names("apparmor, docker.io (>= 20) | docker-ce,nginx-light"); !slices.Equal(got, []string{"apparmor", "docker.io", "nginx-light"}) {
		t.Errorf("got %q", got)
	}
	if got := names(""); len(got) != 0 {
		t.Errorf("got %q", got)
	}
}
