package nginxconf

import (
	"os"
	"path/filepath"
	"testing"
)

func TestStreamModule_IsFoundWhereNginxSays(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "ngx_stream_module.so")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for said, want := range map[string]struct {
		module   string
		possible bool
	}{
		"configure arguments: --with-stream --modules-path=/nowhere":                    {"", true},
		"configure arguments: --modules-path=" + dir + " --with-stream=dynamic":         {file, true},
		"configure arguments: --modules-path=" + dir + "/none --with-stream=dynamic":    {"", false},
		"configure arguments: --with-stream_ssl_module --modules-path=" + dir + "/none": {"", false},
	} {
		module, possible := streamModule(said)
		if module != want.module || possible != want.possible {
			t.Errorf("%s: %q, %v", said, module, possible)
		}
	}
}

func TestNew_RefusesAFolderThatCannotBeWritten(t *testing.T) {
	for _, dir := range []string{"/srv/a;b", "/srv/a$b", "/srv/a\nb", `/srv/a"b`} {
		if _, err := New(Config{Dir: dir, ConsulAddr: "127.0.0.1:1"}); err == nil {
			t.Errorf("%q is taken", dir)
		}
	}
}

func TestTempDir_IsRefusedIfItIsSomebodyElses(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	temp, err := tempDir(filepath.Join(dir, "nginx"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(temp, 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := tempDir(filepath.Join(dir, "nginx")); err == nil {
		t.Error("a folder that everybody can write to is taken")
	}
}
