package onebox

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moby/moby/api/types/jsonstream"
)

func TestPulls_ManyShareOneAndTheLastEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, began, done := newPulls(), 0, make(chan struct{})
		work := func(ctx context.Context, _ *pull) error {
			began++
			select {
			case <-done:
				return errors.New("the end")
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		var all sync.WaitGroup
		first, cancel := context.WithCancel(t.Context())
		all.Go(func() {
			if err := p.share(first, "a", "a", "/app", testTime, work); !errors.Is(err, context.Canceled) {
				t.Errorf("the one that left: %v", err)
			}
		})
		for range 3 {
			all.Go(func() {
				if err := p.share(t.Context(), "a", "a", "/app", testTime, work); err == nil || err.Error() != "the end" {
					t.Errorf("one that stayed: %v", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		if list := p.list(); began != 1 || len(list) != 1 || len(list[0].Apps) != 1 || list[0].Apps[0] != "/app" {
			t.Errorf("%d were begun, listed are %+v", began, list)
		}
		close(done)
		all.Wait()
		if len(p.list()) != 0 {
			t.Error("it is listed after its end")
		}

		alone, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		ended := make(chan struct{})
		_ = p.share(alone, "b", "b", "/app", testTime, func(ctx context.Context, _ *pull) error {
			<-ctx.Done()
			close(ended)
			return ctx.Err()
		})
		<-ended // nobody waited any more
	})
}

func TestPull_AddsUpItsLayers(t *testing.T) {
	p := &pull{image: "x", layers: map[string]imageLayer{}}
	if p.hasBegun() {
		t.Error("it has begun")
	}
	for _, m := range []jsonstream.Message{
		{Status: "Pulling from library/x", ID: "latest"}, {Status: "Pulling fs layer", ID: "a"}, {Status: "Pulling fs layer", ID: "b"},
		{Status: "Downloading", ID: "a", Progress: &jsonstream.Progress{Current: 50, Total: 100}},
		{Status: "Downloading", ID: "b", Progress: &jsonstream.Progress{Current: 10, Total: 60}},
		{Status: "Download complete", ID: "b"}, {Status: "Extracting", ID: "b", Progress: &jsonstream.Progress{Current: 1, Total: 60}},
	} {
		p.note(m)
	}
	if v := p.view(); v.Current != 110 || v.Total != 160 || v.Layers != 2 {
		t.Errorf("it is %+v", v)
	}
}
