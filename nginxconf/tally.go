package nginxconf

import (
	"encoding/gob"
	"io"
	"math"
	"time"

	"seedbed"
)

// How far back visits are counted, and how many hours of that are shown.
const (
	minutesKept = 60
	hoursKept   = 31 * 24
	hoursShown  = 24
)

// bucket counts the visits of one minute or hour. It is small, because there may
// be hundreds for each of thousands of sites: when it was is told modulo 2^16,
// which is longer than anything is kept.
type bucket struct {
	Bytes  uint64
	Count  uint32
	At     uint16
	Failed uint16 // at most 65535
	Slow   uint16 // at most 65535
}

// buckets are those in which there were visits, the oldest first.
type buckets []bucket

// count adds a visit in the given minute or hour.
func (b buckets) count(at uint16, v seedbed.Visit) buckets {
	for n := len(b) - 1; n >= 0; n-- { // lines may come a little late
		if b[n].At == at {
			b[n].add(v)
			return b
		}
		if int16(b[n].At-at) < 0 {
			break
		}
	}
	n := len(b)
	for n > 0 && int16(b[n-1].At-at) > 0 {
		n--
	}
	b = append(b, bucket{})
	copy(b[n+1:], b[n:])
	b[n] = bucket{At: at}
	b[n].add(v)
	return b
}

func (b *bucket) add(v seedbed.Visit) {
	b.Count++
	b.Bytes += uint64(max(v.Bytes, 0))
	if v.Status >= 500 && b.Failed < math.MaxUint16 {
		b.Failed++
	}
	if v.Took > seedbed.SlowVisit && b.Slow < math.MaxUint16 {
		b.Slow++
	}
}

// since drops all that is longer ago.
func (b buckets) since(now uint16, kept int) buckets {
	n := 0
	for n < len(b) && now-b[n].At >= uint16(kept) && now-b[n].At < 1<<15 {
		n++
	}
	if n == 0 {
		return b
	}
	return append(buckets(nil), b[n:]...)
}

// shown is what people see of the last ones, without gaps.
func (b buckets) shown(now time.Time, unit time.Duration, last int) []seedbed.VisitCount {
	all := make([]seedbed.VisitCount, last)
	for n := range all {
		all[n].From = now.Truncate(unit).Add(-unit * time.Duration(last-1-n))
	}
	for _, one := range b {
		if ago := int(int16(index(now, unit) - one.At)); ago >= 0 && ago < last {
			all[last-1-ago] = one.shown(all[last-1-ago].From)
		}
	}
	return all
}

func (b bucket) shown(from time.Time) seedbed.VisitCount {
	return seedbed.VisitCount{From: from, Requests: int64(b.Count), Errors: int64(b.Failed), Slow: int64(b.Slow), Bytes: int64(b.Bytes)}
}

func index(at time.Time, unit time.Duration) uint16 {
	return uint16(at.Unix() / int64(unit/time.Second))
}

// tally counts the visits of all sites, by the names that sites have in the log.
type tally map[string]*siteTally

type siteTally struct{ Minutes, Hours buckets }

// add counts a visit. One that is older than all that is kept, or of the future,
// counts for nothing.
func (t tally) add(site string, v seedbed.Visit, now time.Time) {
	at := v.At
	if age := now.Sub(at); age > hoursKept*time.Hour || age < -time.Hour {
		return
	}
	one := t[site]
	if one == nil {
		one = &siteTally{}
		t[site] = one
	}
	if now.Sub(at) < minutesKept*time.Minute {
		one.Minutes = one.Minutes.count(index(at, time.Minute), v).since(index(now, time.Minute), minutesKept)
	}
	one.Hours = one.Hours.count(index(at, time.Hour), v).since(index(now, time.Hour), hoursKept)
}

// forget drops all that is too old, and the sites of which nothing is left.
func (t tally) forget(now time.Time) {
	for id, one := range t {
		one.Minutes = one.Minutes.since(index(now, time.Minute), minutesKept)
		one.Hours = one.Hours.since(index(now, time.Hour), hoursKept)
		if len(one.Hours) == 0 {
			delete(t, id)
		}
	}
}

// counted is what is kept of the visits over a restart: what was counted, and up
// to where in which file.
type counted struct {
	At     time.Time
	Begun  time.Time // the file
	File   uint64    // its inode
	Offset int64
	Sites  tally
}

func (c counted) write(to io.Writer) error { return gob.NewEncoder(to).Encode(c) }

// readCounted reads what was kept. What has become too old since is dropped.
func readCounted(from io.Reader, now time.Time) (c counted, err error) {
	if err := gob.NewDecoder(from).Decode(&c); err != nil {
		return counted{}, err
	}
	if c.Sites == nil || now.Sub(c.At) > hoursKept*time.Hour || c.At.After(now.Add(time.Hour)) {
		c.Sites = tally{}
	}
	c.Sites.forget(now)
	return c, nil
}
