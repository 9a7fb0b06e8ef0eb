package main

import (
	"fmt"
	"log"
	"log/slog"
	"os"

	"seedbed/nginxconf"
)

// maxLogSize is how large the log grows before it is begun anew; one older
// file is kept beside it.
const maxLogSize = 20 << 20

// openLog sends everything to the log file and what is worth a look also to
// the terminal.
func (s *server) openLog() (err error) {
	if s.logFile, err = openLogFile(s.path("seedbed.log")); err != nil {
		return err
	}
	s.log = slog.New(slog.NewMultiHandler(
		slog.NewTextHandler(s.logFile, nil),
		slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	catchTemplateLog(s.log)
	return nil
}

// catchTemplateLog takes up what consul-template says to Go's own log.
func catchTemplateLog(to *slog.Logger) {
	log.SetFlags(0)
	log.SetOutput(nginxconf.LogFilter(to.With("part", "consul-template")))
}

// logFile is a file that is begun anew when it has grown to maxLogSize. It is
// written by one handler, which writes one line at a time.
type logFile struct {
	path string
	file *os.File
	size int64
}

func openLogFile(path string) (*logFile, error) {
	l := &logFile{path: path}
	return l, l.open()
}

func (l *logFile) open() (err error) {
	if l.file, err = os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	info, err := l.file.Stat()
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	l.size = info.Size()
	return nil
}

// Write writes a line.
func (l *logFile) Write(line []byte) (int, error) {
	if l.size > maxLogSize {
		if err := l.renew(); err != nil {
			return 0, err
		}
	}
	n, err := l.file.Write(line)
	l.size += int64(n)
	return n, err
}

func (l *logFile) renew() error {
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		return fmt.Errorf("put the log aside: %w", err)
	}
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("put the log aside: %w", err)
	}
	return l.open()
}

// Close closes the file.
func (l *logFile) Close() error { return l.file.Close() }
