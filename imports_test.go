package seedbed_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// allowed says what each package of the project may import of the project.
// What is not listed may import only the root.
var allowed = map[string][]string{
	"seedbed":                  nil,
	"seedbed/arrival":          nil,
	"seedbed/pauses":           nil,
	"seedbed/places":           nil,
	"seedbed/spool":            nil,
	"seedbed/api/wire":         nil,
	"seedbed/api/client":       {"seedbed/api/wire"},
	"seedbed/api":              {"seedbed", "seedbed/arrival", "seedbed/metrics", "seedbed/api/wire", "seedbed/control", "seedbed/httperror", "seedbed/pauses", "seedbed/places", "seedbed/spool"},
	"seedbed/migrations":       nil,
	"seedbed/static":           nil,
	"seedbed/daemon":           nil,
	"seedbed/consul":           {"seedbed", "seedbed/daemon"},
	"seedbed/nginxconf":        {"seedbed", "seedbed/daemon"},
	"seedbed/catalog":          {"seedbed", "seedbed/catalog/images"},
	"seedbed/catalog/postgres": {"seedbed", "seedbed/catalog/program"},
	"seedbed/catalog/mariadb":  {"seedbed", "seedbed/catalog/program"},
	"seedbed/db":               {"seedbed", "seedbed/migrations"},
	"seedbed/templates":        {"seedbed", "seedbed/static"},
	"seedbed/web":              {"seedbed", "seedbed/arrival", "seedbed/control", "seedbed/httperror", "seedbed/pauses", "seedbed/places", "seedbed/spool", "seedbed/static", "seedbed/templates"},
	"seedbed/web/webtest":      {"seedbed", "seedbed/control", "seedbed/db"},

	"seedbed/marathon/onebox": {"seedbed", "seedbed/arrival", "seedbed/marathon/onebox/fetcher", "seedbed/marathon/onebox/netns", "seedbed/marathon/onebox/sandbox"},
}

// TestImports_PointOneWay holds the import graph of docs/design.md.
func TestImports_PointOneWay(t *testing.T) {
	packages := listPackages(t)
	if len(packages) < 10 {
		t.Fatalf("found only %d packages; does the test look at the right place?", len(packages))
	}
	for path, imports := range packages {
		if strings.HasPrefix(path, "seedbed/cmd/") {
			continue // knows all
		}
		may, listed := allowed[path]
		if !listed {
			may = []string{"seedbed"}
		}
		for _, i := range imports {
			if (i == "seedbed" || strings.HasPrefix(i, "seedbed/")) && !slices.Contains(may, i) {
				t.Errorf("%s imports %s; it may import only %v", path, i, may)
			}
		}
	}
}

func TestImports_RootUsesTheStandardLibraryAlone(t *testing.T) {
	for _, i := range listPackages(t)["seedbed"] {
		if first, _, _ := strings.Cut(i, "/"); strings.Contains(first, ".") {
			t.Errorf("the root imports %s", i)
		}
	}
}

func listPackages(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := map[string][]string{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p.Imports
	}
}
