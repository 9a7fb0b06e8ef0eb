//go:build integration

package marathontest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"seedbed/marathon/onebox"
)

// Clients that were written for Marathon by others see what is there. They are
// modules of their own, so each is a `go test` of its own.
func TestClients_WorkUnchanged(t *testing.T) {
	address := serve(t, onebox.Config{User: "marathon", Password: "four quiet garden gates"})
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("four quiet garden gates\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, client := range []string{"traefik", "prometheus"} {
		t.Run(client, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-timeout=5m", "./...")
			cmd.Dir = filepath.Join("clients", client)
			cmd.Env = append(os.Environ(), "SEEDBED_TEST_MARATHON_URL="+address, "SEEDBED_TEST_MARATHON_USER=marathon", "SEEDBED_TEST_MARATHON_PASSWORD_FILE="+password)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
