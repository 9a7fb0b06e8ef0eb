package certs

import (
	"crypto/sha256"
	"encoding/binary"
	"time"
)

// growing is a pause that doubles with each failure.
type growing struct{ first, most time.Duration }

// pauses are how long nothing is tried after failures.
type pauses struct {
	own     growing // our own authority
	unasked growing // what came before an authority was asked
	asked   growing // an authority said no; Let's Encrypt allows five in an hour
}

func usualPauses() pauses {
	return pauses{
		own:     growing{5 * time.Second, 5 * time.Minute},
		unasked: growing{time.Minute, time.Hour},
		asked:   growing{15 * time.Minute, 24 * time.Hour},
	}
}

// after is the pause after what a record holds.
func (p pauses) after(source Source, asked bool, r record) time.Duration {
	g := p.unasked
	switch {
	case source == OwnCA:
		g = p.own
	case asked:
		g = p.asked
	}
	pause := g.after(r.Failures)
	return pause + spread(string(r.Host)+r.Next.String(), pause/8)
}

func (g growing) after(failures int) time.Duration {
	pause := g.first
	for range min(failures, 30) - 1 {
		pause = min(2*pause, g.most)
	}
	return pause
}

// spread returns a duration below most that depends on the text alone: things
// that would all come at once come one after the other, and do so again after a
// restart.
func spread(text string, most time.Duration) time.Duration {
	if most <= 0 {
		return 0
	}
	sum := sha256.Sum256([]byte(text))
	return time.Duration(binary.BigEndian.Uint64(sum[:8]) % uint64(most))
}
