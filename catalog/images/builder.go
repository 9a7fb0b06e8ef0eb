package images

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/moby/moby/client"
	"golang.org/x/sync/errgroup"
)

const (
	buildTimeout = 20 * time.Minute
	askTimeout   = 30 * time.Second
	// atOnce is how many images are built at the same time: unpacking packages
	// keeps a core and a disk busy each.
	atOnce = 2
)

// Builder builds the images that Docker does not have yet.
type Builder struct {
	// Docker is the engine that builds and keeps the images.
	Docker *client.Client
	// Dir is a folder of the builder's own for what it lays out meanwhile, some
	// 400 MB. It is made if it is not there, on a file system that allows
	// device files.
	Dir string
	// Progress is called with a line for a person now and then; nil is allowed.
	// It may be called from several goroutines.
	Progress func(line string)
}

// Build returns when Docker has the images of those names and what they are
// built on; without a name, all of them. It may be stopped in the middle and
// repeated: an image either has its reference or is not there. Two of it must
// not run with the same Dir at the same time.
func (b *Builder) Build(ctx context.Context, names ...string) error {
	missing, err := b.Missing(ctx, names...)
	if err != nil || len(missing) == 0 {
		return err
	}
	a, err := askApt(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(b.Dir, 0o755); err != nil {
		return fmt.Errorf("make the builder's folder: %w", err)
	}
	if slices.Contains(missing, ground) {
		if err := b.buildGround(ctx, a); err != nil {
			return err
		}
	}
	if err := b.buildRest(ctx, a, missing); err != nil {
		return err
	}
	return b.proveNothingMissing(ctx, names)
}

// proveNothingMissing asks Docker once more: that builds ended without an error
// is what Docker said, that the images are there is what it has.
func (b *Builder) proveNothingMissing(ctx context.Context, names []string) error {
	missing, err := b.Missing(ctx, names...)
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("the images %v were built without an error and are not there", missing)
	}
	return err
}

// Missing returns which of the images of those names, and of what they are built
// on, Docker does not have, those that others are built on first. Without a
// name it looks for all of them.
func (b *Builder) Missing(ctx context.Context, names ...string) ([]string, error) {
	there, err := b.references(ctx)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		names = Names()
	}
	missing := []string{}
	for _, name := range WithParents(names...) {
		if !slices.Contains(there, Ref(name)) {
			missing = append(missing, name)
		}
	}
	return missing, nil
}

// references returns the references of all images that Docker has.
func (b *Builder) references(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	list, err := b.Docker.ImageList(ctx, client.ImageListOptions{})
	if err != nil {
		return nil, fmt.Errorf("ask Docker for its images: %w", err)
	}
	var refs []string
	for _, image := range list.Items {
		refs = append(refs, image.RepoTags...)
	}
	return refs, nil
}

// buildGround makes the ground image in two steps, the first of which is kept
// under a name of its own in case the second one fails.
func (b *Builder) buildGround(ctx context.Context, a apt) error {
	imported := "seedbed/bootstrap:" + digest(ground)[:12]
	there, err := b.references(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(there, imported) {
		b.say("Making the base image with debootstrap (about 30 s)…")
		if err := b.bootstrap(ctx, a, imported); err != nil {
			return fmt.Errorf("make the base image: %w", err)
		}
	}
	return b.build(ctx, a, ground, imported)
}

// buildRest builds the images that stand on the ground image, each as soon as
// what it stands on is there.
func (b *Builder) buildRest(ctx context.Context, a apt, missing []string) error {
	group, ctx := errgroup.WithContext(ctx)
	free := make(chan struct{}, atOnce)
	built := map[string]chan struct{}{}
	for _, name := range missing {
		if name == ground {
			continue
		}
		below, done := built[parent(name)], make(chan struct{}) // no below: it is there already
		built[name] = done
		group.Go(func() error {
			if err := wait(ctx, below, free); err != nil {
				return err
			}
			defer func() { <-free }()
			if err := b.build(ctx, a, name, Ref(parent(name))); err != nil {
				return err
			}
			close(done)
			return nil
		})
	}
	return group.Wait()
}

// wait returns when below is closed, or at once if it is nil, and a place is
// free, which is then taken.
func wait(ctx context.Context, below <-chan struct{}, free chan<- struct{}) error {
	if below != nil {
		select {
		case <-below:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	select {
	case free <- struct{}{}:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// build builds one image from its Dockerfile.
func (b *Builder) build(ctx context.Context, a apt, name, parent string) error {
	began := time.Now()
	b.say("Building the " + name + " image…")
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	result, err := b.Docker.ImageBuild(ctx, buildContext(name, a), client.ImageBuildOptions{
		Tags:        []string{Ref(name)},
		BuildArgs:   map[string]*string{"PARENT": &parent},
		NetworkMode: "host", // where the mirror is reached just as the machine reaches it
		Remove:      true,
		ForceRemove: true,
	})
	if err != nil {
		return fmt.Errorf("build the %s image: %w", name, err)
	}
	defer result.Body.Close()
	last := &tail{}
	if err := follow(result.Body, last); err != nil {
		return fmt.Errorf("build the %s image: %w; Docker said last:\n%s", name, errors.Join(err, ctx.Err()), last)
	}
	b.say(fmt.Sprintf("Built the %s image in %d s.", name, int(time.Since(began).Seconds())))
	return nil
}

func (b *Builder) say(line string) {
	if b.Progress != nil {
		b.Progress(line)
	}
}
