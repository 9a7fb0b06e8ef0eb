package nginxconf

import (
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// LogFilter returns a writer for log.SetOutput of the standard library.
// consul-template, which runs in this process, writes its log there and nowhere
// else, thousands of lines of it, among them its configuration with the token
// for Consul. Only lines of the levels WARN and ERR are passed on to to, as a
// fact of a constant message; so are lines of other writers, which have no
// level. Install it after slog.SetDefault, which sets the same output.
//
// to must not itself write to the standard library's log.
func LogFilter(to *slog.Logger) io.Writer { return logFilter{to} }

// chatter is a line of a low level, with or without date and time before it.
var chatter = regexp.MustCompile(`^([0-9/:. ]+ )?\[(TRACE|DEBUG|INFO)\]`)

type logFilter struct{ to *slog.Logger }

// Write takes one line, as package log gives it. It never fails.
func (f logFilter) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if text != "" && !chatter.MatchString(text) {
		f.to.Warn("a library says", "line", text)
	}
	return len(line), nil
}
