//go:build integration

package images_test

import (
	"testing"

	"github.com/moby/moby/client"

	"seedbed/catalog/images"
)

func TestBuilder_BuildsWhatIsMissingAndNothingTwice(t *testing.T) {
	docker, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	defer docker.Close()
	b := &images.Builder{Docker: docker, Dir: t.TempDir(), Progress: func(line string) { t.Log(line) }}
	if err := b.Build(t.Context()); err != nil {
		t.Fatal(err)
	}
	if missing, err := b.Missing(t.Context()); err != nil || len(missing) > 0 {
		t.Fatalf("after Build, missing = %v, %v", missing, err)
	}
	said := 0
	b.Progress = func(string) { said++ }
	if err := b.Build(t.Context()); err != nil || said > 0 {
		t.Errorf("a second Build gave %v and built %d times", err, said)
	}
}
