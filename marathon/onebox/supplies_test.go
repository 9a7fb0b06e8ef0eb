package onebox

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestReplace_StopsNothingThatRunsBeforeItsSuccessorCanBeHad(t *testing.T) {
	for _, how := range strategies {
		a := testApp(3, how.minimum, how.over)
		var all []*instance
		for _, id := range []string{"1", "2", "3"} {
			all = append(all, newInstance(id, a, testTime).provision(a, nil, testTime).started("", testTime))
		}
		all = append(all, newInstance("4", a, testTime).provision(a, nil, testTime)) // never came up
		s := situation{app: changed(a), instances: all, doing: restartApplication, now: testTime, unsupplied: true}
		o := decide(s)
		if runs := slices.ContainsFunc(o.retire, func(i *instance) bool { return i.Condition == running }); runs {
			t.Errorf("%+v: %v are stopped", how, o.retire)
		}
		s.unsupplied = false
		if then := decide(s); o.supply != (len(then.retire) > len(o.retire)) || then.supply {
			t.Errorf("%+v: it waits: %v, though later %d more are stopped", how, o.supply, len(then.retire)-len(o.retire))
		}
		fresh := newInstance("5", s.app, testTime).provision(s.app, nil, testTime).started("", testTime)
		s.unsupplied, s.instances = true, append(slices.Clone(all), fresh)
		if o := decide(s); o.supply {
			t.Errorf("%+v: it waits though a new one runs", how)
		}
	}
}

// shortage is a runtime in which what is needed cannot be had.
type shortage struct {
	*dryRuntime
	asked   int
	trouble error
}

func (s *shortage) supply(context.Context, *instance) error {
	s.asked++
	return s.trouble
}

const onlyOne = `"upgradeStrategy":{"minimumHealthCapacity":0,"maximumOverCapacity":0}`

func TestDeployment_TheOldOneRunsUntilTheNewImageCanBeHad(t *testing.T) {
	w := newWorld(t)
	w.do(201, "POST", "/v2/apps", small("/a", onlyOne, `"backoffSeconds":100`))
	w.settle(func() {})
	shop := &shortage{dryRuntime: w.containers, trouble: refusal{"the image img:2 is not on this machine, and pulling it failed: there is none"}}
	w.engine.runtime = shop
	w.do(200, "PUT", "/v2/apps/a", `{"mem":64,"container":{"docker":{"image":"img:2"}}}`)
	for range 5 {
		w.turn(false)
	}
	app, queue := w.do(200, "GET", "/v2/apps/a", ""), w.do(200, "GET", "/v2/queue", "")
	if w.running("/a", 32) != 1 || !strings.Contains(app, "there is none") || shop.asked != 1 {
		t.Errorf("%d run, asked %d times: %s", w.running("/a", 32), shop.asked, app)
	}
	if !strings.Contains(queue, `"count":1`) || !strings.Contains(queue, `"overdue":false`) || strings.Join(w.steps(), "") != "Restart /a" {
		t.Errorf("%v %s", w.steps(), queue)
	}
	w.do(204, "DELETE", "/v2/queue/a/delay", "")
	w.turn(false)
	if shop.asked != 2 {
		t.Errorf("without the delay it was asked %d times", shop.asked)
	}
	w.now, shop.trouble = w.now.Add(10*time.Minute), nil
	w.settle(func() {
		if w.running("/a", 32)+w.running("/a", 64) > 1 {
			t.Error("there are two")
		}
	})
	if queue := w.do(200, "GET", "/v2/queue", ""); w.running("/a", 64) != 1 || !strings.Contains(queue, `"queue":[]`) {
		t.Errorf("%s", queue)
	}
}

func TestSupplies_WhatNobodyWaitsForAnyMoreIsGivenUp(t *testing.T) {
	a := testApp(1, 0, 0)
	a.Container = &appContainer{Docker: &dockerImage{Image: "img:1"}}
	for name, then := range map[string]func(s *supplies){
		"taken back":            func(s *supplies) { s.want(a.ID, a, false, true, testTime) },
		"deleted":               func(s *supplies) { s.want(a.ID, nil, false, true, testTime) },
		"another configuration": func(s *supplies) { s.want(a.ID, changed(a), true, true, testTime) },
	} {
		s := newSupplies()
		s.want(a.ID, a, true, false, testTime)
		if len(s.due()) > 0 {
			t.Errorf("%s: it is asked for in spite of a delay", name)
		}
		s.want(a.ID, a, true, true, testTime.Add(time.Hour))
		ctx, cancel := context.WithCancel(t.Context())
		if since, waits := s.waiting(a); len(s.due()) != 1 || !waits || !since.Equal(testTime) || !s.begin(a, "task", cancel) || len(s.due()) != 0 {
			t.Errorf("%s: it is not asked for once, since %v", name, since)
		}
		then(s)
		if _, waits := s.waiting(a); ctx.Err() == nil || waits || len(s.tasks()) > 0 || s.begin(a, "task", cancel) {
			t.Errorf("%s: it goes on", name)
		}
		s.end(a)
	}
}
