package onebox

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"seedbed/marathon/onebox/fetcher"
)

// prepare gets what the container of an instance needs: the files that it asks
// for, and its image; its volumes must be there. It can be cut off, and begins anew
// then.
func (d *docker) prepare(ctx context.Context, i *instance) error {
	if err := d.policy.check(i.Spec); err != nil {
		return err
	}
	if err := d.policy.checkRealPaths(i.Spec); err != nil {
		return err
	}
	if err := d.fetch(ctx, i); err != nil {
		return err
	}
	if i.Spec.isProgram() {
		return nil
	}
	return d.ensureImage(ctx, i)
}

// supply prepares an instance that will never be launched.
func (d *docker) supply(ctx context.Context, i *instance) error {
	err := d.prepare(ctx, i)
	if len(i.Spec.Fetch) == 0 {
		return err
	}
	if dropped := d.boxes.Discard(i.TaskID()); err == nil {
		return dropped
	}
	return err
}

// fetch fills the sandbox of a container that has not been made yet.
func (d *docker) fetch(ctx context.Context, i *instance) error {
	if len(i.Spec.Fetch) == 0 {
		return nil
	}
	if made, err := d.isMade(ctx, i.TaskID()); made || err != nil {
		return err
	}
	box, err := d.boxes.EmptyBox(i.TaskID(), i.App)
	if err != nil {
		return err
	}
	defer box.Close()
	var items []fetcher.Item
	for _, f := range i.Spec.Fetch {
		items = append(items, fetcher.Item{URI: f.URI, Extract: f.Extract, Executable: f.Executable, DestPath: f.DestPath})
	}
	if err := d.files.Fetch(ctx, box, items, i.User); err != nil {
		if err := d.boxes.Empty(i.TaskID()); err != nil {
			return fmt.Errorf("throw away what was fetched: %w", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return refusal{"Failed to launch container: " + err.Error()} // whatever failed, it was not Docker
	}
	return nil
}

// isMade reports whether an earlier process has made the container.
func (d *docker) isMade(ctx context.Context, task string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err := d.api.ContainerInspect(ctx, task, client.ContainerInspectOptions{})
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the container: %w", err)
	}
	return true, nil
}
