package onebox

import (
	"context"
	"io"
	"time"
)

// runtime carries out what the records say. docker is the real one; dryRuntime
// starts nothing. Every call ends in bounded time, and all of them may be
// repeated. Containers are named by their task ids.
type runtime interface {
	// ping returns nil if the runtime answers.
	ping(ctx context.Context) error
	// list returns all our containers by task id.
	list(ctx context.Context) (map[string]container, error)
	// watch calls changed whenever list may have changed, until ctx ends or it
	// cannot go on.
	watch(ctx context.Context, changed func())
	// prepare gets what the container of an instance needs before it can be made.
	// That may take long; it can be cut off and repeated.
	prepare(ctx context.Context, i *instance) error
	// supply does what prepare does, and keeps nothing but the image: it tells
	// whether an instance could be launched.
	supply(ctx context.Context, i *instance) error
	// pulling returns the images that are being pulled.
	pulling() []pullView
	// launch makes the container of an instance and starts it.
	launch(ctx context.Context, i *instance) error
	// remove stops a container of ours, gently at first, and removes it. Between
	// the two it calls stopped. One that is not there is no error.
	remove(ctx context.Context, name string, grace time.Duration, stopped func(id, task, app string)) error
	// ending tells how a container ended.
	ending(ctx context.Context, task string) (ending, error)
	// lastWords returns what a container printed last, for people.
	lastWords(ctx context.Context, task string) string
	// output returns what a container printed since a moment, in the framing of
	// Docker's log with a time before each line, and goes on if follow is set.
	output(ctx context.Context, id string, since string, follow bool) (io.ReadCloser, error)
	// execute runs a command in a container and returns its output and status.
	execute(ctx context.Context, task, command string) (output string, status int, err error)
	// networkPath returns the file that names a container's network namespace.
	networkPath(ctx context.Context, task string) (string, error)
	// statistics tells what a container uses.
	statistics(ctx context.Context, i *instance) (statistics, error)
	// capacity returns what the machine has: processors, and memory in bytes.
	capacity(ctx context.Context) (cpus int, memory int64, err error)
}
