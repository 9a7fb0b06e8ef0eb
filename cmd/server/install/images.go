package install

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/moby/moby/client"

	"seedbed/catalog/images"
	"seedbed/cmd/server/bundle"
)

// buildFolder is where images are laid out while they are built.
const buildFolder = "/var/lib/seedbed-build"

// images brings the images of sites into Docker: those of the bundle, or
// those that most people begin with, built from Debian's packages.
func (i *Installer) images() Step {
	will := "Build the images that most sites begin with from Debian's packages (some minutes)"
	if i.Manifest != nil {
		will = fmt.Sprintf("Load %d images of sites from the bundle", len(i.Manifest.Images))
	}
	return Step{Will: will, Done: i.hasImages, Do: i.bringImages}
}

func (i *Installer) hasImages(ctx context.Context) (bool, error) {
	missing, err := i.missing(ctx)
	return len(missing) == 0, err
}

// missing returns the names of the images that are not there, and that the
// bundle, if any, could bring.
func (i *Installer) missing(ctx context.Context) ([]string, error) {
	docker, err := client.New(client.WithHost(dockerHost))
	if err != nil {
		return nil, fmt.Errorf("use Docker: %w", err)
	}
	defer docker.Close()
	if i.Manifest == nil {
		return (&images.Builder{Docker: docker}).Missing(ctx, i.Images...)
	}
	missing, err := (&images.Builder{Docker: docker}).Missing(ctx)
	return slices.DeleteFunc(missing, func(name string) bool { return !slices.Contains(i.Manifest.Images, images.Ref(name)) }), err
}

func (i *Installer) bringImages(ctx context.Context) error {
	docker, err := client.New(client.WithHost(dockerHost))
	if err != nil {
		return fmt.Errorf("use Docker: %w", err)
	}
	defer docker.Close()
	if i.Manifest != nil {
		return i.load(ctx, docker)
	}
	builder := images.Builder{Docker: docker, Dir: buildFolder, Progress: i.Say}
	if err := builder.Build(ctx, i.Images...); err != nil {
		return err
	}
	return os.RemoveAll(buildFolder)
}

func (i *Installer) load(ctx context.Context, docker *client.Client) error {
	f, err := os.Open(filepath.Join(i.From, bundle.ImagesName))
	if err != nil {
		return fmt.Errorf("load the images: %w", err)
	}
	defer f.Close()
	result, err := docker.ImageLoad(ctx, f)
	if err != nil {
		return fmt.Errorf("load the images: %w", err)
	}
	defer result.Close()
	if _, err := io.Copy(io.Discard, result); err != nil {
		return fmt.Errorf("load the images: %w", err)
	}
	return nil
}
