package marathontest_test

import (
	"context"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"seedbed/marathon/marathontest"
	"seedbed/marathon/onebox"
)

// serve starts an engine until the test ends, and returns its address.
func serve(t *testing.T, cfg onebox.Config) string {
	t.Helper()
	cfg.Dir, cfg.Installation = t.TempDir(), defaulted(cfg.Installation, "conformance")
	engine, err := onebox.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(engine)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- engine.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
		server.Close()
		if err := engine.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return server.URL
}

func defaulted(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// TestOnebox_IsAMarathon checks an engine that starts nothing.
func TestOnebox_IsAMarathon(t *testing.T) {
	address := serve(t, onebox.Config{User: "marathon", Password: "four quiet garden gates", HostNetwork: true, HostPrograms: true})
	marathontest.Run(t, marathontest.Target{
		URL: address, User: "marathon", Password: "four quiet garden gates", Onebox: true, Dry: true,
	})
}

// The table in DESIGN.md and the suite's list are the same.
func TestDifferences_AreThoseOfTheDesign(t *testing.T) {
	design, err := os.ReadFile("../onebox/DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(design), "\n|---|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	var rows, listed []string
	for line := range strings.Lines(table) {
		rows = append(rows, strings.TrimSpace(strings.Split(line, "|")[1]))
	}
	for _, d := range marathontest.Differences() {
		listed = append(listed, d.Marathon)
		if seen := slices.Contains(marathontest.Checks(), d.Check); seen == (d.Unseen != "") {
			t.Errorf("%q: is there a check %q, or a reason for none?", d.Marathon, d.Check)
		}
	}
	if diff := cmp.Diff(rows, listed); diff != "" {
		t.Errorf("DESIGN.md against the suite: %s", diff)
	}
}

// Every check has a name of its own, "section: fact".
func TestChecks_HaveNamesOfTheirOwn(t *testing.T) {
	form := regexp.MustCompile(`^[a-z]+: .+[^.]$`)
	names := marathontest.Checks()
	for i, name := range names {
		if !form.MatchString(name) || slices.Contains(names[:i], name) {
			t.Errorf("%q", name)
		}
	}
}
