package nginxconf

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedbed"
)

const someSite = "0123456789abcdef01234567"

// visitOf is a line as nginx writes it.
func visitOf(site string, at time.Time, status int) string {
	return fmt.Sprintf(`{"t":"%d.250","s":"%s","h":"wiki.example.org","m":"GET","u":"/a","c":"%d","b":"12","d":"0.003","a":"192.0.2.1","r":"","g":"curl"}`+"\n",
		at.Unix(), site, status)
}

func TestReadVisit_BelievesNothingButItsForm(t *testing.T) {
	good := visitOf(someSite, time.Unix(1e9, 0), 200)
	site, v, err := readVisit([]byte(strings.Replace(good, "curl", `\u0000\"}<script>`, 1)))
	if err != nil || site != someSite || v.Status != 200 || v.Agent != "\x00\"}<script>" || v.Took != 3*time.Millisecond || v.At.Unix() != 1e9 || v.Bytes != 12 {
		t.Errorf("%q, %+v, %v", site, v, err)
	}
	for _, bad := range []string{"", "null", "[]", "{}", good[:50], strings.Replace(good, someSite, "../../etc/passwd", 1), strings.Replace(good, `"200"`, `"2000"`, 1),
		strings.Replace(good, `"200"`, `200`, 1), strings.Replace(good, "1000000000.250", "NaN", 1), strings.Replace(good, "1000000000.250", "1e300", 1)} {
		if site, v, err := readVisit([]byte(bad)); err == nil {
			t.Errorf("%q is %q, %+v", bad, site, v)
		}
	}
}

func FuzzReadVisit(f *testing.F) {
	f.Add([]byte(visitOf(someSite, time.Unix(1e9, 0), 200)))
	f.Fuzz(func(t *testing.T, text []byte) {
		if site, v, err := readVisit(text); err == nil && (!idForm.MatchString(site) || v.Status < 0 || v.Took < 0) {
			t.Errorf("%q is %q, %+v", text, site, v)
		}
	})
}

// countingIn returns a log of visits in a folder of its own.
func countingIn(t *testing.T, dir string) *visitLog {
	l := newVisitLog(filepath.Join(dir, "visits"), time.Now, func() {})
	l.path = filepath.Join(dir, "access.log")
	l.load(func(err error) { t.Error(err) })
	return l
}

func writeLog(t *testing.T, path string, lines ...string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(strings.Join(lines, "")); err != nil {
		t.Fatal(err)
	}
}

func (l *visitLog) total(t *testing.T) (hours, failed int) {
	t.Helper()
	v, err := l.of(someSite)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range v.Hours {
		hours, failed = hours+int(c.Requests), failed+int(c.Errors)
	}
	return hours, failed
}

func TestVisitLog_CountsEachVisitOnceOverRestartsAndFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		l := countingIn(t, dir)
		l.size = 500
		written := 0
		for round := range 10 {
			line := visitOf(someSite, time.Now(), 200+300*(round%2))
			writeLog(t, l.path, line, "broken\n", strings.Repeat("x", maxLine+5)+"\n", line[:40])
			step(t, l)
			file := l.path
			if !l.putAway.IsZero() {
				file += ".1" // nginx goes on with the old file for a moment
			}
			writeLog(t, file, line[40:])
			if written += 2; round%3 == 0 {
				step(t, l)
				if err := l.keep(); err != nil {
					t.Fatal(err)
				}
				l.file.Close()
				size := l.size
				l = countingIn(t, dir)
				l.size = size
			}
			for range 3 {
				time.Sleep(readEvery)
				step(t, l)
			}
		}
		if count, failed := l.total(t); count != written || failed != written/2 {
			t.Errorf("%d were counted and %d failed, of %d", count, failed, written)
		}
		if found, _ := filepath.Glob(l.path + ".*"); len(found) != logFiles {
			t.Errorf("there are %d files", len(found))
		}
		v, err := l.of(someSite)
		if err != nil || len(v.Last) == 0 || len(v.Last) > lastShown || v.Last[0].From != "192.0.2.1" {
			t.Errorf("%+v, %v", v.Last, err)
		}
		l.file.Close()
	})
}

func step(t *testing.T, l *visitLog) {
	t.Helper()
	if err := l.step(); err != nil {
		t.Fatal(err)
	}
}

func TestVisitLog_ForgetsAddressesAfterAWeek(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		l := countingIn(t, dir)
		l.reopen = func() { writeLog(t, l.path) }
		writeLog(t, l.path, visitOf(someSite, time.Now(), 200))
		if err := os.Chtimes(l.path, time.Now(), time.Now()); err != nil { // files have the real time
			t.Fatal(err)
		}
		for range 7*24 + 2 {
			step(t, l)
			if err := l.forget(time.Now()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		found, _ := filepath.Glob(l.path + "*")
		for _, path := range found {
			if text, err := os.ReadFile(path); err != nil || bytes.Contains(text, []byte("192.0.2.1")) {
				t.Errorf("%s: %s, %v", path, text, err)
			}
		}
		if hours := l.sites[someSite].Hours; len(hours) != 1 || hours[0].Count != 1 {
			t.Errorf("%+v is left", hours)
		}
	})
}

func TestTally_IsBoundedAndSaysWhen(t *testing.T) {
	sites, now := tally{}, time.Unix(1_800_000_000, 0)
	for hour := range 2 * hoursKept {
		at := now.Add(time.Duration(hour) * time.Hour)
		for visit, status := range map[time.Time]int{at: 200, at.Add(-time.Second): 500, at.Add(-90 * 24 * time.Hour): 200, at.Add(90 * 24 * time.Hour): 200} {
			sites.add(someSite, seedbed.Visit{At: visit, Status: status, Bytes: 10, Took: 3 * time.Second}, at)
		}
	}
	last := now.Add((2*hoursKept - 1) * time.Hour)
	if one := sites[someSite]; len(one.Hours) > hoursKept || len(one.Minutes) > minutesKept {
		t.Errorf("%d hours and %d minutes are kept", len(one.Hours), len(one.Minutes))
	}
	hours := sites[someSite].Hours.shown(last, time.Hour, hoursShown)
	want := seedbed.VisitCount{From: last.Truncate(time.Hour), Requests: 1, Slow: 1, Bytes: 10}
	if newest := hours[len(hours)-1]; newest != want {
		t.Errorf("the newest is %+v, want %+v", newest, want)
	}
	want = seedbed.VisitCount{From: want.From.Add(-time.Hour), Requests: 2, Errors: 1, Slow: 2, Bytes: 20}
	if before := hours[len(hours)-2]; before != want {
		t.Errorf("the one before it is %+v, want %+v", before, want)
	}
	for n := 1; n < len(hours); n++ {
		if !hours[n].From.Equal(hours[n-1].From.Add(time.Hour)) {
			t.Fatalf("%v follows %v", hours[n].From, hours[n-1].From)
		}
	}
	if sites.forget(last.Add(32 * 24 * time.Hour)); len(sites) != 0 {
		t.Error("a site that nobody visits is kept")
	}
}
