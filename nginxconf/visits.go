package nginxconf

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"seedbed"
)

// Times and sizes of the log of visits. It names visitors' addresses, so it is
// kept for a week at most.
const (
	readEvery   = 2 * time.Second
	keepEvery   = 5 * time.Minute
	forgetEvery = time.Hour
	logSize     = 16 << 20 // of a file, until another is begun
	logDay      = 24 * time.Hour
	logFiles    = 4 // that are kept besides the one in use
	logKept     = 7 * 24 * time.Hour
	switchAfter = 3 * time.Second // workers write for this long to the file that was put away
	lastShown   = 50
	lastWithin  = 1 << 20 // bytes at the end of a file that are searched for the last visits
)

// visitLog reads what nginx writes of visits, counts it, and puts full files away.
type visitLog struct {
	size   int64  // of a file, until another is begun
	kept   string // of the file with what was counted
	now    func() time.Time
	reopen func() // tells nginx to open its log anew

	mu         sync.Mutex
	path       string // of the file that nginx writes to; "" until it is known
	sites      tally
	visits     uint64
	unreadable uint64

	file    *os.File
	offset  int64
	rest    []byte    // of a line whose end has not been written yet
	tooLong bool      // the rest of a line that is too long is left out
	begun   time.Time // when the file was
	putAway time.Time // when the file was put away; zero if it is the one in use
}

func newVisitLog(kept string, now func() time.Time, reopen func()) *visitLog {
	return &visitLog{size: logSize, kept: kept, now: now, reopen: reopen, sites: tally{}}
}

// run counts what is written to a file until ctx ends, and keeps what it counted.
func (l *visitLog) run(ctx context.Context, path string, told func(error)) {
	l.mu.Lock()
	l.path = path
	l.mu.Unlock()
	l.load(told)
	l.reopen() // a program that was killed may have put the file away and not said so
	ticks := time.NewTicker(readEvery)
	defer ticks.Stop()
	kept, forgot := l.now(), l.now()
	for ctx.Err() == nil {
		if err := l.step(); err != nil {
			told(err)
		}
		now := l.now()
		if now.Sub(forgot) > forgetEvery {
			forgot = now
			if err := l.forget(now); err != nil {
				told(err)
			}
		}
		if now.Sub(kept) > keepEvery {
			kept = now
			if err := l.keep(); err != nil {
				told(err)
			}
		}
		select {
		case <-ctx.Done():
		case <-ticks.C:
		}
	}
	if err := errors.Join(l.step(), l.keep()); err != nil {
		told(err)
	}
	if l.file != nil {
		l.file.Close()
	}
}

// step reads what is new, and puts the file away when it is full.
func (l *visitLog) step() error {
	if err := l.open(); err != nil || l.file == nil {
		return err
	}
	if err := l.read(); err != nil {
		return err
	}
	now := l.now()
	if !l.putAway.IsZero() {
		if now.Sub(l.putAway) >= switchAfter {
			return l.close()
		}
		return nil
	}
	if l.offset >= l.size || l.offset > 0 && now.Sub(l.begun) > logDay {
		if err := l.rotate(); err != nil {
			return err
		}
		l.putAway = now
	}
	return nil
}

// open opens the file that nginx writes to, if none is open. One that is not there
// yet is no error.
func (l *visitLog) open() error {
	if l.file != nil {
		return nil
	}
	file, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open the log of visits: %w", err)
	}
	l.file, l.offset, l.rest, l.begun, l.putAway = file, 0, nil, l.now(), time.Time{}
	return nil
}

func (l *visitLog) close() error {
	err := l.file.Close()
	l.file = nil
	return err
}

// read counts the lines that are new.
func (l *visitLog) read() error {
	buffer := make([]byte, 256<<10)
	for {
		n, err := l.file.ReadAt(buffer, l.offset)
		l.offset += int64(n)
		l.take(buffer[:n])
		if err == io.EOF || n == 0 && err == nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the log of visits: %w", err)
		}
	}
}

// take counts lines, the last of which may go on later.
func (l *visitLog) take(text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for {
		line, after, whole := bytes.Cut(text, []byte("\n"))
		if len(l.rest)+len(line) > maxLine {
			l.rest, l.tooLong = nil, true
		} else if !l.tooLong {
			l.rest = append(l.rest, line...)
		}
		if !whole {
			return
		}
		l.count(now)
		text = after
	}
}

func (l *visitLog) count(now time.Time) {
	site, v, err := readVisit(l.rest)
	if l.tooLong {
		err = errVisit
	}
	if l.rest, l.tooLong = l.rest[:0], false; err != nil {
		l.unreadable++
		return
	}
	l.visits++
	l.sites.add(site, v, now)
}

// forget drops what has become too old, in memory and in files.
func (l *visitLog) forget(now time.Time) error {
	l.mu.Lock()
	l.sites.forget(now)
	l.mu.Unlock()
	for n := 1; n <= logFiles; n++ {
		info, err := os.Stat(l.numbered(n))
		if err != nil || now.Sub(info.ModTime()) < logKept-logDay { // its first line may be a day older
			continue
		}
		if err := os.Remove(l.numbered(n)); err != nil {
			return fmt.Errorf("remove an old log of visits: %w", err)
		}
	}
	return nil
}

// numbered is the file that was put away so many turns ago.
func (l *visitLog) numbered(turns int) string {
	if turns == 0 {
		return l.path
	}
	return l.path + "." + strconv.Itoa(turns)
}

// rotate puts the file away, and those before it one further. nginx writes to it
// until it has opened the new one.
func (l *visitLog) rotate() error {
	for n := logFiles; n > 0; n-- {
		if err := os.Rename(l.numbered(n-1), l.numbered(n)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("put the log of visits away: %w", err)
		}
	}
	l.reopen()
	return nil
}

// load takes up what was counted before, and where.
func (l *visitLog) load(told func(error)) {
	file, err := os.Open(l.kept)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err != nil {
		told(fmt.Errorf("read what was counted of visits: %w", err))
		return
	}
	defer file.Close()
	before, err := readCounted(bufio.NewReader(file), l.now())
	if err != nil {
		told(fmt.Errorf("what was counted of visits cannot be read, so it begins anew: %w", err))
		return
	}
	l.mu.Lock()
	l.sites = before.Sites
	l.mu.Unlock()
	l.goOn(before)
}

// goOn opens the file that was read last where that ended.
func (l *visitLog) goOn(before counted) {
	for _, path := range []string{l.path, l.path + ".1"} {
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		info, err := file.Stat()
		if err != nil || inode(info) != before.File || info.Size() < before.Offset {
			file.Close()
			continue
		}
		l.file, l.offset, l.begun = file, before.Offset, before.Begun
		if path != l.path {
			l.putAway = l.now()
		}
		return
	}
}

func inode(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return 0
}

// keep writes down what was counted.
func (l *visitLog) keep() error {
	c := counted{At: l.now(), Begun: l.begun, Offset: l.offset - int64(len(l.rest))}
	if l.file != nil {
		if info, err := l.file.Stat(); err == nil {
			c.File = inode(info)
		}
	}
	l.mu.Lock()
	c.Sites = l.sites
	var b bytes.Buffer
	err := c.write(&b)
	l.mu.Unlock()
	if err == nil {
		err = replaceFile(l.kept, b.Bytes(), 0o600)
	}
	if err != nil {
		return fmt.Errorf("keep what was counted of visits: %w", err)
	}
	return nil
}

// of returns what is known of a site's visits.
func (l *visitLog) of(site string) (v seedbed.Visits, err error) {
	now := l.now()
	l.mu.Lock()
	one := l.sites[site]
	if one == nil {
		one = &siteTally{}
	}
	v.Minutes = one.Minutes.shown(now, time.Minute, minutesKept)
	v.Hours = one.Hours.shown(now, time.Hour, hoursShown)
	path := l.path
	l.mu.Unlock()
	if path == "" {
		return v, nil
	}
	if v.Last, err = lastVisits(path, site); err == nil && len(v.Last) < lastShown {
		var earlier []seedbed.Visit
		earlier, err = lastVisits(path+".1", site)
		v.Last = append(earlier, v.Last...)
		v.Last = v.Last[max(0, len(v.Last)-lastShown):]
	}
	slices.Reverse(v.Last)
	return v, err
}

// lastVisits searches the end of the log for a site's last visits.
func lastVisits(path, site string) (all []seedbed.Visit, _ error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the log of visits: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("look at the log of visits: %w", err)
	}
	from := max(0, info.Size()-lastWithin)
	lines := bufio.NewScanner(io.NewSectionReader(file, from, info.Size()-from))
	lines.Buffer(nil, lastWithin)
	wanted := []byte(`"s":"` + site + `"`)
	for lines.Scan() {
		if !bytes.Contains(lines.Bytes(), wanted) {
			continue
		}
		if id, v, err := readVisit(lines.Bytes()); err == nil && id == site {
			all = append(all, v)
		}
	}
	return all[max(0, len(all)-lastShown):], nil
}

// Visits returns how often a workload's sites were asked, and for what last. A
// workload of which nothing is known has none.
func (r *Router) Visits(_ context.Context, id seedbed.WorkloadID) (seedbed.Visits, error) {
	return r.visits.of(idHash(id))
}

// reopenLog tells nginx to open its logs anew.
func (r *Router) reopenLog() {
	if err := r.keepLogPrivate(); err != nil {
		r.Log.Warn("make a new log of visits", "error", err)
	}
	if pid := r.nginx.pid(); pid != 0 {
		if err := syscall.Kill(pid, syscall.SIGUSR1); err != nil {
			r.Log.Warn("tell nginx to open its log anew", "error", err)
		}
	}
}

// countVisits counts until ctx ends.
func (r *Router) countVisits(ctx context.Context) {
	said := ""
	r.visits.run(ctx, r.nginx.visitsFile(), func(err error) {
		if said != err.Error() {
			said = err.Error()
			r.Log.Warn("visits are not counted as they should be", "error", err)
		}
	})
}
