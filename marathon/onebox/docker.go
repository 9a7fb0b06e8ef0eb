package onebox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	apicontainer "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"seedbed/marathon/onebox/fetcher"
	"seedbed/marathon/onebox/sandbox"
)

// Labels of our containers and networks.
const (
	labelInstallation = "seedbed.installation"
	labelTask         = "seedbed.task"
	labelApp          = "seedbed.app"
	labelMesosTask    = "MESOS_TASK_ID" // as Mesos gives it, for tools of that world
)

// Timeouts of talks with Docker.
const (
	askTimeout  = 10 * time.Second
	makeTimeout = 60 * time.Second
)

// docker is the engine's view of Docker: only containers and networks with the
// installation's label. Every call ends in bounded time, and all of them may be
// repeated. Containers are named by their task ids.
type docker struct {
	api          *client.Client
	installation string
	network      string
	hostIP       netip.Addr
	policy       policy
	boxes        *sandbox.Store
	files        *fetcher.Fetcher
	pulls        *pulls
	registryAuth string // the file of that name in Config
	now          func() time.Time
	networking   sync.Mutex // held while the network is looked for and made
	importing    sync.Mutex // held while the image of programs is looked for and made
	commands     sync.Map   // by task: the command of a check that has not ended, as Docker names it
}

func newDocker(cfg Config, p policy, boxes *sandbox.Store, files *fetcher.Fetcher) *docker {
	return &docker{
		api: cfg.Docker, installation: cfg.Installation, network: cfg.Network,
		hostIP: netip.MustParseAddr(cfg.HostIP), policy: p, boxes: boxes, files: files,
		pulls: newPulls(), registryAuth: cfg.RegistryAuth, now: cfg.Now,
	}
}

// ours selects what belongs to this installation.
func (d *docker) ours() client.Filters {
	return client.Filters{}.Add("label", labelInstallation+"="+d.installation)
}

func (d *docker) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err := d.api.Ping(ctx, client.PingOptions{})
	return err
}

// list returns all our containers by task id.
func (d *docker) list(ctx context.Context) (map[string]container, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	found, err := d.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: d.ours()})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	out := make(map[string]container, len(found.Items))
	for _, c := range found.Items {
		if c.Labels[labelInstallation] == d.installation {
			out[defaulted(c.Labels[labelTask], c.ID)] = d.listed(c)
		}
	}
	return out, nil
}

func (d *docker) listed(c apicontainer.Summary) container {
	out := container{
		ID: c.ID, TaskID: defaulted(c.Labels[labelTask], c.ID), App: c.Labels[labelApp],
		Running: c.State == apicontainer.StateRunning || c.State == apicontainer.StatePaused,
		Ended:   c.State == apicontainer.StateExited || c.State == apicontainer.StateDead,
		Made:    time.Unix(c.Created, 0),
	}
	out.IP = d.addressOf(c)
	return out
}

// pulling returns the images that are being pulled.
func (d *docker) pulling() []pullView { return d.pulls.list() }

// changes are Docker's names of the events after which a container is listed
// differently. Others come with every health check that is a command.
var changes = []string{"create", "start", "die", "pause", "unpause", "destroy"}

// watch calls changed when one of our containers has changed, until the stream
// or ctx ends.
func (d *docker) watch(ctx context.Context, changed func()) {
	stream := d.api.Events(ctx, client.EventsListOptions{Filters: d.ours().Add("type", "container").Add("event", changes...)})
	for {
		select {
		case <-stream.Messages:
			changed()
		case <-stream.Err:
			changed()
			return
		case <-ctx.Done():
			return
		}
	}
}

// launch makes the container of an instance and starts it. It cannot be cut off:
// a container that Docker is making anyway must not start behind our back.
func (d *docker) launch(ctx context.Context, i *instance) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), makeTimeout)
	defer cancel()
	spec, err := d.containerOf(ctx, i)
	if err != nil {
		return err
	}
	if d.networkOf(i.Spec) == d.network {
		if err := d.ensureNetwork(ctx); err != nil {
			return err
		}
	}
	if _, err := d.api.ContainerCreate(ctx, spec); err != nil && !errdefs.IsConflict(err) {
		return fmt.Errorf("create the container: %w", err)
	}
	return d.startOwn(ctx, i)
}

// startOwn starts the container of that name if it is ours. It may have been
// made, and even started, by an earlier process.
func (d *docker) startOwn(ctx context.Context, i *instance) error {
	task := i.TaskID()
	found, err := d.api.ContainerInspect(ctx, task, client.ContainerInspectOptions{})
	if err != nil {
		return fmt.Errorf("look at the container: %w", err)
	}
	c := found.Container
	if c.Config == nil || c.Config.Labels[labelInstallation] != d.installation || c.Config.Labels[labelTask] != task {
		return fmt.Errorf("another container has the name %s", task)
	}
	if c.State != nil && c.State.Status != apicontainer.StateCreated {
		return nil
	}
	if i.Spec.isProgram() {
		if err := d.writeAccounts(ctx, i); err != nil {
			return err
		}
	}
	if _, err := d.api.ContainerStart(ctx, c.ID, client.ContainerStartOptions{}); err != nil {
		return fmt.Errorf("start the container: %w", err)
	}
	return nil
}

// remove stops a container of ours, gently at first, and removes it. Between
// the two it calls stopped with the container. One that is not there is no
// error; one that Docker is still removing is.
func (d *docker) remove(ctx context.Context, name string, grace time.Duration, stopped func(id, task, app string)) error {
	ctx, cancel := context.WithTimeout(ctx, grace+drainPatience+makeTimeout)
	defer cancel()
	found, err := d.api.ContainerInspect(ctx, name, client.ContainerInspectOptions{})
	if errdefs.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at the container: %w", err)
	}
	c := found.Container
	if c.Config == nil || c.Config.Labels[labelInstallation] != d.installation {
		return nil // not ours to touch
	}
	d.commands.Delete(c.Config.Labels[labelTask])
	return d.removeOwn(ctx, c.ID, grace, func() { stopped(c.ID, c.Config.Labels[labelTask], c.Config.Labels[labelApp]) })
}

func (d *docker) removeOwn(ctx context.Context, id string, grace time.Duration, stopped func()) error {
	whole := int((grace + time.Second - 1) / time.Second)
	_, err := d.api.ContainerStop(ctx, id, client.ContainerStopOptions{Timeout: &whole})
	if err != nil && !errdefs.IsNotFound(err) && !errdefs.IsNotModified(err) {
		return fmt.Errorf("stop the container: %w", err)
	}
	stopped()
	_, err = d.api.ContainerRemove(ctx, id, client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove the container: %w", err)
	}
	return nil
}

// ending tells how a container of ours ended. One that is not there any more
// was removed by somebody else.
func (d *docker) ending(ctx context.Context, task string) (ending, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	found, err := d.api.ContainerInspect(ctx, task, client.ContainerInspectOptions{})
	if errdefs.IsNotFound(err) {
		return ending{"TASK_FAILED", "Failed", "The container is gone: something other than this engine removed it."}, nil
	}
	if err != nil {
		return ending{}, fmt.Errorf("look at the container: %w", err)
	}
	return describeEnding(found.Container.State, d.lastWords(ctx, task)), nil
}

// describeEnding puts the state of an ended container into words.
func describeEnding(s *apicontainer.State, words string) ending {
	switch {
	case s == nil:
		return ending{"TASK_FAILED", "Failed", withWords("Container ended", words)}
	case s.OOMKilled:
		return ending{"TASK_FAILED", "Failed", withWords("Container was ended because it used more memory than it may", words)}
	case s.ExitCode == 0 && s.Error == "":
		return ending{"TASK_FINISHED", "Finished", withWords("Container exited with status 0", words)}
	case s.Error != "":
		return ending{"TASK_FAILED", "Failed", withWords(cleanWords([]byte(s.Error)), words)}
	default:
		return ending{"TASK_FAILED", "Failed", withWords("Container exited with status "+strconv.Itoa(s.ExitCode), words)}
	}
}

// lastWords returns what a container printed last, cleaned; empty if that
// cannot be had, for it only explains.
func (d *docker) lastWords(ctx context.Context, task string) string {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	logs, err := d.api.ContainerLogs(ctx, task, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Tail: strconv.Itoa(2 * maxWordLines),
	})
	if err != nil {
		return ""
	}
	defer logs.Close()
	var out bytes.Buffer
	const most = 1 << 20
	if _, err := stdcopy.StdCopy(&out, &out, io.LimitReader(logs, most)); err != nil && out.Len() == 0 {
		return ""
	}
	return cleanWords(out.Bytes())
}

// output returns a container's log; see runtime.
func (d *docker) output(ctx context.Context, id, since string, follow bool) (io.ReadCloser, error) {
	stream, err := d.api.ContainerLogs(ctx, id, client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Timestamps: true, Since: since, Follow: follow,
	})
	if err != nil {
		return nil, fmt.Errorf("ask for the log: %w", err)
	}
	return stream, nil
}

// capacity returns what Docker's machine has.
func (d *docker) capacity(ctx context.Context) (cpus int, memory int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	found, err := d.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return 0, 0, fmt.Errorf("ask Docker about its machine: %w", err)
	}
	return found.Info.NCPU, found.Info.MemTotal, nil
}

// isAway reports whether an error means that Docker did not answer, rather
// than that it refused. The error of a file is no answer of Docker's, though its
// number would pass for an error of the network.
func isAway(err error) bool {
	var network net.Error
	var file *fs.PathError
	if errors.As(err, &file) {
		return false
	}
	return client.IsErrConnectionFailed(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network) || errdefs.IsUnavailable(err)
}

// dockerWords returns Docker's own words of an error, for people.
func dockerWords(err error) string {
	return cleanWords([]byte(strings.ReplaceAll(err.Error(), "Error response from daemon: ", "")))
}
