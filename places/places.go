// Package places gives out a limited number of places, and to one person no more
// than some of them, so that nobody takes all. It does not know what they are for.
package places

import "sync"

// Places counts who has how many. Its methods may be called by any number of
// goroutines.
type Places struct {
	total, each int

	mu    sync.Mutex
	all   int
	taken map[int64]int // by person
}

// New returns that many places in all, of which each person may have some.
func New(total, each int) *Places {
	return &Places{total: total, each: each, taken: map[int64]int{}}
}

// Take gives a person a place, which is theirs until they leave; ok is false if
// there is none for them. leave is to be called once, and only if ok.
func (p *Places) Take(person int64) (leave func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all >= p.total || p.taken[person] >= p.each {
		return nil, false
	}
	p.all++
	p.taken[person]++
	return func() { p.leave(person) }, true
}

func (p *Places) leave(person int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all--
	if p.taken[person]--; p.taken[person] == 0 {
		delete(p.taken, person)
	}
}
