package nginxconf

import (
	"io"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"
)

// repeatAfter is how long a line that was passed on is not passed on again.
const repeatAfter = time.Minute

// LogFilter returns a writer for log.SetOutput of the standard library.
// consul-template, which runs in this process, writes its log there and nowhere
// else, thousands of lines of it, among them its configuration with the token
// for Consul. Only lines of the levels WARN and ERR are passed on to to, as a
// fact of a constant message, the same one once a minute; so are lines of other
// writers, which have no level. Install it after slog.SetDefault, which sets
// the same output.
//
// to must not itself write to the standard library's log.
func LogFilter(to *slog.Logger) io.Writer { return &logFilter{to: to} }

type logFilter struct {
	to *slog.Logger

	mu    sync.Mutex
	since time.Time
	said  map[string]bool // since then
}

// prefix is what package log puts before a line, and chatter the beginning of a
// line of a low level.
var (
	prefix  = regexp.MustCompile(`^[0-9/:. ]+ `)
	chatter = regexp.MustCompile(`^\[(TRACE|DEBUG|INFO)\]`)
)

// Write takes one line, as package log gives it. It never fails.
func (f *logFilter) Write(line []byte) (int, error) {
	text := strings.TrimSpace(prefix.ReplaceAllString(string(line), ""))
	if text != "" && !chatter.MatchString(text) && f.isNew(text) {
		f.to.Warn("a library says", "line", text)
	}
	return len(line), nil
}

func (f *logFilter) isNew(text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.since) > repeatAfter {
		f.since, f.said = time.Now(), map[string]bool{}
	}
	if f.said[text] {
		return false
	}
	f.said[text] = true
	return true
}
