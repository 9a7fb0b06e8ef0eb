package places

import "testing"

func TestPlaces_OnePersonTakesNotAll(t *testing.T) {
	p := New(5, 2)
	var leave []func()
	take := func(person int64, want bool) {
		t.Helper()
		l, ok := p.Take(person)
		if ok != want {
			t.Errorf("person %d gets a place: %t", person, ok)
		}
		if ok {
			leave = append(leave, l)
		}
	}
	for range 2 {
		take(1, true)
	}
	take(1, false)
	take(2, true)
	take(2, true)
	take(3, true)
	take(4, false) // all are taken
	for _, l := range leave {
		l()
	}
	if p.all != 0 || len(p.taken) != 0 {
		t.Errorf("%d are still taken, by %v", p.all, p.taken)
	}
	take(1, true)
}
