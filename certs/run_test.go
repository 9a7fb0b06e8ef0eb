package certs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"seedbed"
)

const day24 = 24 * time.Hour

// acting is a Keeper whose ACME authority is a signer.
func acting(t *testing.T, dir string, s *signer) *Keeper {
	t.Helper()
	k := open(t, dir, func(c *Config) { c.Source = ACME })
	k.issuers[ACME], k.look = s, time.Hour // many days pass
	return k
}

func TestRun_RenewsWithAThirdOfTheLifeLeftAndNotBefore(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &signer{authority: newAuthority(t, "root"), life: 90 * day24}
		k := acting(t, dir, s)
		k.Want(wanting("guide.example.org"))
		going(t, k)
		time.Sleep(55 * day24)
		if n := s.times("guide.example.org"); n != 1 {
			t.Errorf("after 55 of 90 days it was asked for %d times", n)
		}
		first := k.Certificates()["guide.example.org"]
		time.Sleep(6 * day24)
		if n := s.times("guide.example.org"); n != 2 || k.Certificates()["guide.example.org"] == first {
			t.Errorf("after 61 of 90 days it was asked for %d times", n)
		}
	})
}

func TestRun_AClockThatIsWrongAsksNoStorm(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &signer{authority: newAuthority(t, "root"), life: 90 * day24}
		k := acting(t, dir, s)
		k.Now = func() time.Time { return time.Now().Add(80 * day24) } // all is old at once
		k.Want(wanting("guide.example.org"))
		going(t, k)
		time.Sleep(30 * day24)
		if n := s.times("guide.example.org"); n < 2 || n > 3 {
			t.Errorf("in 30 days it was asked for %d times", n)
		}
	})
}

func TestRun_FailuresAreTriedMoreAndMoreSeldomAndHoldUpNoOthers(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &signer{authority: newAuthority(t, "root"), life: 90 * day24, answer: func(name seedbed.HostName) error {
			if name != "good.example.org" {
				return errors.New("no")
			}
			return nil
		}}
		k := acting(t, dir, s)
		hosts := wanting("good.example.org")
		for i := range 30 {
			hosts[seedbed.HostName(fmt.Sprintf("bad-%d.example.org", i))] = Usual
		}
		k.Want(hosts)
		going(t, k)
		time.Sleep(time.Second)
		if k.Certificates()["good.example.org"] == "" {
			t.Error("the good one waits")
		}
		time.Sleep(time.Hour)
		if n := s.times("bad-7.example.org"); n < 2 || n > 5 {
			t.Errorf("it was asked for %d times in the first hour; Let's Encrypt allows 5", n)
		}
		time.Sleep(3 * day24)
		before := s.times("bad-7.example.org")
		time.Sleep(3 * day24)
		if n := s.times("bad-7.example.org") - before; n < 2 || n > 3 {
			t.Errorf("it was asked for %d times in three later days", n)
		}
		if got := statusIn(k, "bad-7.example.org"); got.State != Failed || got.Next.IsZero() || got.Failures < 5 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestRun_ARestartAsksNoAuthorityAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &signer{authority: newAuthority(t, "root"), life: 90 * day24, answer: func(seedbed.HostName) error { return errors.New("no") }}
		for range 20 { // systemd starts it again and again
			k := acting(t, dir, s)
			k.Want(wanting("guide.example.org"))
			stop := goingUntil(k)
			time.Sleep(10 * time.Second)
			stop()
		}
		if n := s.times("guide.example.org"); n != 1 {
			t.Errorf("20 restarts asked %d times", n)
		}
	})
}

func TestRun_LaterMeansLater(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &signer{authority: newAuthority(t, "root"), life: 90 * day24}
		k := acting(t, dir, s)
		s.answer = func(seedbed.HostName) error {
			if s.times("guide.example.org") > 1 {
				return nil
			}
			return &setback{message: "Too many.", later: time.Now().Add(7 * day24)}
		}
		k.Want(wanting("guide.example.org"))
		going(t, k)
		time.Sleep(7*day24 - time.Minute)
		if n := s.times("guide.example.org"); n != 1 {
			t.Errorf("before the time that the authority named it was asked %d times", n)
		}
		time.Sleep(10 * time.Minute)
		if k.Certificates()["guide.example.org"] == "" {
			t.Errorf("after it: %+v", statusIn(k, "guide.example.org"))
		}
	})
}

func TestRun_AnAuthorityThatIsAwayBlamesNoHost(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		away.Store(true)
		s := &signer{authority: newAuthority(t, "root"), life: 90 * day24, answer: func(seedbed.HostName) error {
			if away.Load() {
				return &setback{message: "It does not answer.", innocent: true, later: time.Now().Add(time.Minute)}
			}
			return nil
		}}
		k := acting(t, dir, s)
		k.Want(wanting("guide.example.org"))
		going(t, k)
		time.Sleep(time.Hour)
		if got := statusIn(k, "guide.example.org"); got.Failures != 0 || got.State != Waiting || got.Trouble != "It does not answer." {
			t.Errorf("got %+v", got)
		}
		away.Store(false)
		time.Sleep(3 * time.Minute)
		if got := statusIn(k, "guide.example.org"); got.State != Valid {
			t.Errorf("after it is back: %+v", got)
		}
	})
}

func TestRun_WhatIsNotWantedIsKeptUntilItHasEnded(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := &signer{authority: newAuthority(t, "root"), life: 90 * day24}
		k := acting(t, dir, s)
		k.Want(wanting("guide.example.org"))
		going(t, k)
		time.Sleep(time.Minute)
		k.Want(wanting())
		time.Sleep(80 * day24)
		k.Want(wanting("guide.example.org"))
		time.Sleep(time.Minute)
		k.Want(wanting())
		if n := s.times("guide.example.org"); n != 2 { // it was old by then
			t.Errorf("it was asked for %d times", n)
		}
		time.Sleep(130 * day24)
		if left, _ := filepath.Glob(filepath.Join(dir, "pairs", "*-*.pem")); len(left) != 0 {
			t.Errorf("long after its end there is still %v", left)
		}
		if left, _ := os.ReadDir(k.ServedDir()); len(left) != 2 {
			t.Errorf("long after its end nginx still finds %v", left)
		}
	})
}

// goingUntil runs a Keeper until stop is called.
func goingUntil(k *Keeper) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { _ = k.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}
