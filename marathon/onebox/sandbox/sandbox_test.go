package sandbox

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// line is what a container printed, and when.
type line struct {
	stream byte
	at     int // milliseconds
	text   string
}

// dockerLog is a log as Docker sends it. What is before since is left out.
func dockerLog(since string, lines ...line) *bytes.Buffer {
	var b bytes.Buffer
	for _, l := range lines {
		at := time.Unix(1_700_000_000, 0).Add(time.Duration(l.at) * time.Millisecond).UTC()
		if since != "" && fmt.Sprintf("%d.%09d", at.Unix(), at.Nanosecond()) < since {
			continue
		}
		entry := at.Format(time.RFC3339Nano) + " " + l.text
		b.Write([]byte{l.stream, 0, 0, 0})
		binary.Write(&b, binary.BigEndian, uint32(len(entry))) //nolint:errcheck // to memory
		b.WriteString(entry)
	}
	return &b
}

func numbered(n int) (lines []line, stdout, stderr string) {
	for i := range n {
		l := line{byte(1 + i%3/2), i / 2 * 700, fmt.Sprintf("line %d\n", i)} // two of the same time, more than slack in all
		lines = append(lines, l)
		if l.stream == 1 {
			stdout += l.text
		} else {
			stderr += l.text
		}
	}
	return lines, stdout, stderr
}

func newStore(t *testing.T, c Config) *Store {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func begin(t *testing.T, s *Store) *Writer {
	t.Helper()
	w, err := s.Begin("guide.1", "/sites/guide")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func content(t *testing.T, s *Store, names ...string) (text string) {
	t.Helper()
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(s.Directory("guide.1"), name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		text += string(b)
	}
	return text
}

func TestWriter_KilledAnywhereLosesAndDoublesNothing(t *testing.T) {
	lines, stdout, stderr := numbered(60)
	whole := dockerLog("", lines...).Len()
	for cut := 0; cut <= whole; cut += 7 {
		s := newStore(t, Config{})
		for _, kill := range []int{cut, cut / 2} { // it is not closed, as in a kill
			w := begin(t, s)
			log := dockerLog(w.Since(), lines...).Bytes()
			w.passed, w.again = map[string]bool{}, map[string]int{}
			copyKilled(w, log[:min(kill, len(log))])
		}
		w := begin(t, s)
		if err := w.Copy(dockerLog(w.Since(), lines...)); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := content(t, s, "stdout"); got != stdout {
			t.Fatalf("killed after %d bytes, stdout is\n%s", cut, got)
		}
		if got := content(t, s, "stderr"); got != stderr {
			t.Fatalf("killed after %d bytes, stderr is\n%s", cut, got)
		}
	}
}

// copyKilled copies without the note at the end, every other time with one in
// the middle.
func copyKilled(w *Writer, log []byte) {
	half := len(log) / 2 &^ 1
	in := newEntries(log)
	for n := 0; in.next(w) == nil; n++ {
		if n == half/100 {
			_ = w.save()
		}
	}
}

func TestWriter_PutsLargeFilesAsideAndLosesNothing(t *testing.T) {
	lines, stdout, _ := numbered(30)
	s := newStore(t, Config{MaxFile: int64(len(stdout)*3/4) + 1})
	w := begin(t, s)
	if err := w.Copy(dockerLog("", lines...)); err != nil {
		t.Fatal(err)
	}
	if got := content(t, s, "stdout.1", "stdout"); got != stdout {
		t.Errorf("both parts together are\n%s", got)
	}
	if content(t, s, "stdout.1") == "" || content(t, s, "stdout") == "" {
		t.Error("it was not put aside")
	}
}

func TestWriter_KilledWhilePuttingAside(t *testing.T) {
	lines, stdout, _ := numbered(30)
	s := newStore(t, Config{})
	w := begin(t, s)
	if err := w.Copy(dockerLog("", lines[:20]...)); err != nil {
		t.Fatal(err)
	}
	dir := s.Directory("guide.1")
	if err := os.Rename(filepath.Join(dir, "stdout"), filepath.Join(dir, "stdout.1")); err != nil {
		t.Fatal(err)
	}
	w = begin(t, s)
	if err := w.Copy(dockerLog(w.Since(), lines...)); err != nil {
		t.Fatal(err)
	}
	if got := content(t, s, "stdout.1", "stdout"); got != stdout {
		t.Errorf("both parts together are\n%s", got)
	}
}

func TestWriter_CopiesAnewWhatThePowerCutTook(t *testing.T) {
	lines, stdout, stderr := numbered(30)
	s := newStore(t, Config{})
	w := begin(t, s)
	if err := w.Copy(dockerLog("", lines...)); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(s.Directory("guide.1"), "stdout"), 5); err != nil {
		t.Fatal(err)
	}
	w = begin(t, s)
	if err := w.Copy(dockerLog(w.Since(), lines...)); err != nil {
		t.Fatal(err)
	}
	if content(t, s, "stdout") != stdout || content(t, s, "stderr") != stderr {
		t.Errorf("stdout is\n%s", content(t, s, "stdout"))
	}
}

func TestWriter_RefusesWhatIsNoLog(t *testing.T) {
	for _, garbage := range []string{"hello, this is no log", "\x01\x00\x00\x00\xff\xff\xff\xff", "\x01\x00\x00\x00\x00\x00\x00\x05abcde", "\x01\x00\x00"} {
		if err := begin(t, newStore(t, Config{})).Copy(strings.NewReader(garbage)); err == nil {
			t.Errorf("%q is taken for a log", garbage)
		}
	}
	for _, task := range []string{"", "..", "../x", "a/b", ".hidden", "a\x00"} {
		if _, err := newStore(t, Config{}).Begin(task, "/x"); err == nil {
			t.Errorf("%q may name a log", task)
		}
	}
}

func TestStore_ReadersNameOnlyFilesOfRuns(t *testing.T) {
	s := newStore(t, Config{})
	w := begin(t, s)
	if err := w.Copy(dockerLog("", line{1, 0, "open\n"})); err != nil {
		t.Fatal(err)
	}
	dir := s.Directory("guide.1")
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"", "/", "stdout", "guide.1/stdout", "/etc/passwd", dir, dir + "/../../notes/guide.1.json", dir + "/link", dir + "/../../../../../../../../etc/passwd",
		filepath.Dir(dir), dir + "/stdout/x", dir + "x/stdout", dir + "/nothing", "\x00",
	} {
		if _, _, err := s.Read(path, 0, 100); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q can be read (%v)", path, err)
		}
		if path != dir {
			if _, err := s.Browse(path); !errors.Is(err, ErrNotFound) {
				t.Errorf("%q can be browsed (%v)", path, err)
			}
		}
	}
	if data, size, err := s.Read(dir+"/stdout", 1, 3); string(data) != "pen" || size != 5 || err != nil {
		t.Errorf("reading gives %q of %d (%v)", data, size, err)
	}
	if list, err := s.Browse(dir); err != nil || len(list) != 2 {
		t.Errorf("browsing gives %v (%v), want stdout and stderr", list, err)
	}
}

func TestStore_TidyKeepsWhatLivesAndWhatIsNew(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	s := newStore(t, Config{Keep: 150 * time.Minute, Space: 25, Now: func() time.Time { return now }})
	for n, task := range []string{"old", "big", "new", "living"} {
		w, err := s.Begin(task, "/x")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Copy(dockerLog("", line{1, n, "twenty bytes of text"})); err != nil {
			t.Fatal(err)
		}
		if err := s.End(task, "TASK_FINISHED"); err != nil {
			t.Fatal(err)
		}
		now = now.Add(40 * time.Minute)
	}
	if err := s.Tidy(map[string]bool{"living": true}); err != nil {
		t.Fatal(err)
	}
	for task, kept := range map[string]bool{"old": false, "big": false, "new": true, "living": true} {
		if _, _, err := s.Read(s.Directory(task)+"/stdout", 0, 1); (err == nil) != kept {
			t.Errorf("%s: kept is %v, want %v", task, err == nil, kept)
		}
	}
	if notes, err := s.Notes(); err != nil || len(notes) != 2 || notes[0].State != "TASK_FINISHED" {
		t.Errorf("the notes are %+v (%v)", notes, err)
	}
}

// entries hands a log to a Writer one entry at a time.
type entries struct{ in *bufio.Reader }

func newEntries(log []byte) entries { return entries{bufio.NewReader(bytes.NewReader(log))} }

func (e entries) next(w *Writer) error { return w.copyEntry(e.in) }
