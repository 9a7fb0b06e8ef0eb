package onebox

import (
	"testing"
	"time"
)

// An engine that starts nothing looks for logs once and then leaves it.
func TestLogs_AreNotLookedForWhereNothingRuns(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", guide)
	await(t, "the log is called whole", func() bool {
		f.engine.logs.mu.Lock()
		defer f.engine.logs.mu.Unlock()
		for _, c := range f.engine.logs.now {
			return !c.running() && c.whole
		}
		return false
	})
}

// The last of a log is copied even if that was tried a moment ago, and by one at
// a time.
func TestLogs_TheLastIsCopiedAtOnceAndByOneAtATime(t *testing.T) {
	l := &logs{now: map[string]*copier{}}
	first, ok := l.begin("x", testTime)
	if !ok {
		t.Fatal("nothing begins")
	}
	if one, other := l.beginLast("x", testTime); one != nil || other != first {
		t.Error("a second one begins beside the first")
	}
	close(first.ended)
	if _, ok := l.begin("x", testTime); ok {
		t.Error("it is begun again at once")
	}
	last, _ := l.beginLast("x", testTime)
	if last == nil {
		t.Fatal("the last is not copied")
	}
	close(last.ended)
	if again, _ := l.beginLast("x", testTime); again == nil {
		t.Error("what failed is not tried again")
	} else {
		again.whole = true
		close(again.ended)
	}
	if one, ok := l.begin("x", testTime.Add(time.Hour)); ok {
		t.Errorf("a whole log is copied again: %v", one)
	}
}
