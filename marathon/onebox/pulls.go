package onebox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
)

// How an image is pulled.
const (
	pullTimeout  = 2 * time.Hour
	pullStall    = 3 * time.Minute // in which nothing has come
	pullAttempts = 5
	pullPause    = time.Second // before the second attempt; then twice as long each time
)

// pulls are the images that are being pulled. Those who want the same image with
// the same password wait for one pull.
type pulls struct {
	mu  sync.Mutex
	now map[string]*pull
}

// pull is one image on its way.
type pull struct {
	image   string
	began   time.Time
	waiting []string // app ids, one for each who waits
	cancel  context.CancelFunc
	ended   chan struct{}
	err     error // once it has ended

	mu     sync.Mutex
	layers map[string]imageLayer
	failed string // why the last attempt was cut off
}

// imageLayer is how far a part of an image has come.
type imageLayer struct{ current, total int64 }

// pullView is a pull as clients see it. Total is what is known of: it grows while
// Docker learns how large the parts are.
type pullView struct {
	Image   string   `json:"image"`
	Apps    []string `json:"apps"`
	Began   string   `json:"began"`
	Current int64    `json:"currentBytes"`
	Total   int64    `json:"totalBytes"`
	Layers  int      `json:"layers"`
	Failure string   `json:"lastFailure,omitempty"`
}

func newPulls() *pulls { return &pulls{now: map[string]*pull{}} }

// share waits for the pull of that name, beginning it if there is none. It ends
// when nobody waits for it any more.
func (p *pulls) share(ctx context.Context, key, image, app string, now time.Time, work func(context.Context, *pull) error) error {
	one := p.join(key, image, app, now, work)
	defer p.leave(key, app, one)
	select {
	case <-one.ended:
		return one.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pulls) join(key, image, app string, now time.Time, work func(context.Context, *pull) error) *pull {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.now[key]
	if one == nil {
		ctx, cancel := context.WithTimeoutCause(context.Background(), pullTimeout, refusal{fmt.Sprintf("it took longer than %v", pullTimeout)})
		one = &pull{image: image, began: now, cancel: cancel, ended: make(chan struct{}), layers: map[string]imageLayer{}}
		p.now[key] = one
		go func() {
			one.err = work(ctx, one)
			p.drop(key, one)
			close(one.ended)
		}()
	}
	one.waiting = append(one.waiting, app)
	return one
}

// leave is called by everybody who has joined. The last one ends the pull.
func (p *pulls) leave(key, app string, one *pull) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := slices.Index(one.waiting, app)
	if one.waiting = slices.Delete(one.waiting, n, n+1); len(one.waiting) == 0 {
		one.cancel()
		if p.now[key] == one {
			delete(p.now, key) // who comes now must not join what is ending
		}
	}
}

func (p *pulls) drop(key string, one *pull) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now[key] == one {
		delete(p.now, key)
	}
}

// list returns the pulls by the names of their images.
func (p *pulls) list() []pullView {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []pullView{}
	for _, one := range p.now {
		v := one.view()
		v.Apps = slices.Compact(slices.Sorted(slices.Values(one.waiting)))
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b pullView) int { return cmp.Compare(a.Image+a.Began, b.Image+b.Began) })
	return out
}

func (p *pull) view() pullView {
	p.mu.Lock()
	defer p.mu.Unlock()
	v := pullView{Image: p.image, Began: stamp(p.began), Layers: len(p.layers), Failure: p.failed}
	for _, l := range p.layers {
		v.Current += l.current
		v.Total += l.total
	}
	return v
}

// note takes in what Docker says of one layer.
func (p *pull) note(m jsonstream.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.layers[m.ID]
	switch m.Status {
	case "Pulling fs layer":
	case "Downloading":
		if m.Progress == nil {
			return
		}
		l = imageLayer{m.Progress.Current, max(m.Progress.Total, m.Progress.Current)}
	case "Download complete", "Pull complete":
		l.current = l.total
	default:
		return
	}
	p.layers[m.ID] = l
}

// hasBegun reports whether anything of the image has come: then it is worth going
// on at once. Else the app's own delay comes first.
func (p *pull) hasBegun() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.layers) > 0
}

func (p *pull) noteFailure(words string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = words
}

// pull gets an image from its registry. What is cut off is begun again a few
// times; Docker keeps the layers that it has. Its failing is no sign that Docker
// is away, for it takes a registry as well.
func (d *docker) pull(ctx context.Context, app, image, auth string) error {
	return d.pulls.share(ctx, image+"\x00"+auth, image, app, d.now(), func(ctx context.Context, p *pull) error {
		pause := pullPause
		for attempt := 1; ; attempt++ {
			err := d.pullOnce(ctx, p, auth)
			if err == nil || ctx.Err() != nil || isFinal(err) || !p.hasBegun() || attempt == pullAttempts {
				return pulled(ctx, err)
			}
			p.noteFailure(dockerWords(err))
			select {
			case <-time.After(pause):
				pause *= 2
			case <-ctx.Done():
			}
		}
	})
}

// pulled puts the end of a pull into an error that is told rightly: that Docker is
// away, or else words.
func pulled(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case err == nil:
		return nil
	case cause != nil:
		return cause
	case client.IsErrConnectionFailed(err):
		return err
	}
	return refusal{dockerWords(err)}
}

// pullOnce pulls until the image is there or something fails. When nothing comes
// for a while it gives up.
func (d *docker) pullOnce(ctx context.Context, p *pull, auth string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stalled := time.AfterFunc(pullStall, func() { cancel(fmt.Errorf("nothing has come for %v", pullStall)) })
	defer stalled.Stop()
	progress, err := d.api.ImagePull(ctx, p.image, client.ImagePullOptions{RegistryAuth: auth})
	if err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	for message, err := range progress.JSONMessages(ctx) {
		if err != nil {
			return errors.Join(err, context.Cause(ctx))
		}
		if message.Error != nil {
			return message.Error
		}
		stalled.Reset(pullStall)
		p.note(message)
	}
	return context.Cause(ctx)
}

// isFinal reports whether asking again would not help.
func isFinal(err error) bool {
	if errdefs.IsNotFound(err) || errdefs.IsUnauthorized(err) || errdefs.IsPermissionDenied(err) || errdefs.IsInvalidArgument(err) {
		return true
	}
	text := strings.ToLower(err.Error())
	return slices.ContainsFunc([]string{"manifest unknown", "not found", "denied", "unauthorized", "no basic auth", "no matching manifest", "no space left"},
		func(part string) bool { return strings.Contains(text, part) })
}

// listPulls handles GET /v2/onebox/pulls, which Marathon does not have: the
// images that are being pulled now, and how far they have come.
func (e *Engine) listPulls(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, map[string]any{"pulls": e.runtime.pulling()})
}
