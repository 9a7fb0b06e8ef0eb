package reconcile

import (
	"context"
	"errors"
	"io"

	"seedbed"
)

// Engine keeps workloads running: Marathon, or onebox behind the same API.
type Engine interface {
	// Apply makes the engine keep w running in place of whatever it had under
	// w.ID, even if it is in the middle of something else with it. It returns
	// when the engine has taken the order, and is safe to repeat.
	Apply(ctx context.Context, w seedbed.Workload) error
	// Remove makes the engine stop and forget a workload. A workload that is
	// not there is no error.
	Remove(ctx context.Context, id seedbed.WorkloadID) error
	// Observe returns all workloads of the engine. An error means that nothing
	// is known, never that there are none.
	Observe(ctx context.Context) (map[seedbed.WorkloadID]seedbed.Observed, error)
	// Watch calls changed whenever something may have changed, until ctx ends.
	Watch(ctx context.Context, changed func())
}

// Router leads visitors to sites, and sites to shared services.
type Router interface {
	// Routes returns what nginx serves now, as proved by nginx itself. It is
	// an Unavailable error if nginx does not run.
	Routes(ctx context.Context) (seedbed.Routes, error)
	// Ask requests a site's first page through nginx, as a visitor would.
	Ask(ctx context.Context, host seedbed.HostName) seedbed.Answer
	// Watch calls changed whenever other routes are served, until ctx ends.
	Watch(ctx context.Context, changed func())
}

// Volumes keeps the directories of sites and services.
type Volumes interface {
	// Ensure makes the volume if it is not there, and returns its absolute
	// path. It is safe to repeat and never empties anything.
	Ensure(ctx context.Context, v seedbed.Volume) (path string, err error)
	// Exists reports whether the volume is there.
	Exists(ctx context.Context, v seedbed.Volume) (bool, error)
	// Remove deletes the volume with all that is in it. A volume that is not
	// there is no error.
	Remove(ctx context.Context, v seedbed.Volume) error
}

// Catalog turns what is wanted into what the engine is to run.
type Catalog interface {
	// Template returns the template of that name, or a NotFound error.
	Template(name string) (seedbed.Template, error)
	// SiteWorkload is pure: the same arguments give the same workload. paths
	// holds the absolute path of each volume by its name.
	SiteWorkload(spec seedbed.SiteSpec, paths map[string]string) (seedbed.Workload, error)
	// ServiceWorkload is its counterpart for a shared service.
	ServiceWorkload(s seedbed.Service, paths map[string]string) (seedbed.Workload, error)
}

// Images knows which of the catalog's images can be used.
type Images interface {
	// Image says how far the image of that name is.
	Image(name string) seedbed.ImageState
}

// ServiceKind administers one kind of shared service, such as PostgreSQL.
// All of it may be repeated and may be stopped in the middle.
type ServiceKind interface {
	// Check returns nil if the service answers its administrator.
	Check(ctx context.Context, e seedbed.Endpoint) error
	// Ensure makes the site's own part, with its password, and makes sure that
	// no other site can read it.
	Ensure(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error
	// Bound reports whether the site's own part is there and can be used with
	// its password.
	Bound(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (bool, error)
	// Gone reports whether nothing of the site's own part is left: neither
	// database nor role.
	Gone(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (bool, error)
	// Remove deletes the site's own part with all that is in it. A part that
	// is not there is no error.
	Remove(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error
	// Rotate is Ensure for a part that may be in use with another password: it
	// first shuts everybody out, and ends the connections that there are. What
	// the part holds stays as it is. Bound is false from its beginning to its
	// end.
	Rotate(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) error
	// Usage returns how much the site's own part takes. A part that is not
	// there is a NotFound error.
	Usage(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding) (seedbed.Usage, error)
	// Dump writes the content of the site's own part, as it is at one moment
	// where the kind can, in a form of the kind's own that only Load reads. It
	// holds no password. After an error what was written is of no use. It takes
	// as long as ctx lets it.
	Dump(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, w io.Writer) error
	// Load puts back what Dump wrote, in place of whatever is there. Text that
	// Dump did not write is an error. A Load that failed or was stopped is
	// repeated with the same text; the kind says what is there until then.
	Load(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, r io.Reader) error
}

// Deployments is what the reconciler reads from and writes to the database.
type Deployments interface {
	// UnfinishedDeployments returns those whose state is Working, oldest first.
	UnfinishedDeployments(ctx context.Context) ([]seedbed.Deployment, error)
	// SiteSpecs returns what is wanted of every site that is there.
	SiteSpecs(ctx context.Context) ([]seedbed.SiteSpec, error)
	// SiteSpec returns what is wanted of one site, or a NotFound error.
	SiteSpec(ctx context.Context, siteID int64) (seedbed.SiteSpec, error)
	// Services returns all shared services that are wanted.
	Services(ctx context.Context) ([]seedbed.Service, error)
	// MarkBinding records that a site's part of a service is about to be made.
	MarkBinding(ctx context.Context, b seedbed.Binding) error
	// SaveSteps writes how far a deployment has come.
	SaveSteps(ctx context.Context, d seedbed.Deployment) error
	// FinishDeployment writes the last state of a deployment with its Steps,
	// Cause and Words, unless it is not Working any more. After a Remove that
	// is Done the site's rows are gone and its name is free.
	FinishDeployment(ctx context.Context, d seedbed.Deployment) error
	// FailAndReturn writes that a change failed, as FinishDeployment does, and
	// starts a Return to the settings that worked before it, both or neither.
	// back is false if there are none but its own.
	FailAndReturn(ctx context.Context, d seedbed.Deployment) (back bool, err error)
	// FinishLate writes that a deployment which had Failed came to be after
	// all, unless the site has a newer one.
	FinishLate(ctx context.Context, d seedbed.Deployment) error
	// AddEvent records what happened.
	AddEvent(ctx context.Context, e seedbed.Event) error
}

// Part is a piece of the machinery that people should know about if it does
// not work: the engine, Docker, Consul, nginx.
type Part struct {
	Name string // "Docker"
	// Trouble is what it means for people and what to do, in one or two
	// sentences, where Check knows no better: "Sites cannot be started or
	// stopped. Start Docker …".
	Trouble string
	// Blocks is true if deployments cannot get on while it does not answer; the
	// time is then not counted against them.
	Blocks bool
	// Check returns nil if it answers.
	Check func(ctx context.Context) error
}

// status asks the part how it is.
func (p Part) status(ctx context.Context) seedbed.PartStatus {
	err := p.Check(ctx)
	if err == nil {
		return seedbed.PartStatus{Name: p.Name, OK: true, Blocks: p.Blocks}
	}
	status := seedbed.PartStatus{Name: p.Name, Blocks: p.Blocks, Trouble: p.Trouble, Words: err.Error()}
	var known *seedbed.Error
	if errors.As(err, &known) {
		status.Trouble = known.Message
	}
	return status
}
