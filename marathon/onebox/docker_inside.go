package onebox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// execute runs a command in a container and returns its output and status.
func (d *docker) execute(ctx context.Context, task, command string) (output string, status int, err error) {
	if err := d.checkPrevious(ctx, task); err != nil {
		return "", 0, err
	}
	made, err := d.api.ExecCreate(ctx, task, client.ExecCreateOptions{
		AttachStdout: true, AttachStderr: true, Cmd: []string{"/bin/sh", "-c", command},
	})
	if err != nil {
		return "", 0, fmt.Errorf("prepare the command: %w", err)
	}
	d.commands.Store(task, made.ID)
	stream, err := d.api.ExecAttach(ctx, made.ID, client.ExecAttachOptions{})
	if err != nil {
		return "", 0, fmt.Errorf("run the command: %w", err)
	}
	defer stream.Close()
	stop := context.AfterFunc(ctx, stream.Close) // the stream itself knows no deadline
	defer stop()
	var out bytes.Buffer
	_, err = stdcopy.StdCopy(&out, &out, io.LimitReader(stream.Reader, 64<<10))
	if ctx.Err() != nil || err != nil {
		return "", 0, fmt.Errorf("read the command's output: %w", errors.Join(ctx.Err(), err))
	}
	found, err := d.api.ExecInspect(ctx, made.ID, client.ExecInspectOptions{})
	if err != nil {
		return "", 0, fmt.Errorf("look at the command: %w", err)
	}
	d.commands.Delete(task)
	return cleanWords(out.Bytes()), found.ExitCode, nil
}

// checkPrevious refuses while the last command in a container goes on: Docker
// cannot end it, and a heap of them would fill the container.
func (d *docker) checkPrevious(ctx context.Context, task string) error {
	id, there := d.commands.Load(task)
	if !there {
		return nil
	}
	found, err := d.api.ExecInspect(ctx, id.(string), client.ExecInspectOptions{})
	if err == nil && found.Running {
		return errors.New("the command of the check before has not ended yet")
	}
	d.commands.Delete(task)
	return nil
}

// networkPath returns the file that names a container's network namespace.
func (d *docker) networkPath(ctx context.Context, task string) (string, error) {
	found, err := d.api.ContainerInspect(ctx, task, client.ContainerInspectOptions{})
	if err != nil {
		return "", fmt.Errorf("look at the container: %w", err)
	}
	if found.Container.NetworkSettings == nil {
		return "", nil
	}
	return found.Container.NetworkSettings.SandboxKey, nil
}
