package onebox

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
)

// toUI handles GET /: as in Marathon it leads to the user interface.
func toUI(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/ui/", http.StatusFound)
	return nil
}

// noUI handles GET /ui/ and what is below it, where Marathon has its own.
func noUI(w http.ResponseWriter, _ *http.Request) error {
	return answerPlain(w, "This engine answers the API of Marathon "+marathonVersion+" and has no pages of its own.\n/help lists what it answers, /v2/info tells how it is set up.\n")
}

// help handles GET /help: every path with its methods, one on a line.
func (e *Engine) help(w http.ResponseWriter, _ *http.Request) error {
	var out bytes.Buffer
	table := e.table()
	for _, pattern := range sortedKeys(table) {
		fmt.Fprintf(&out, "%s\t%s\n", strings.NewReplacer("...", "", "{$}", "").Replace(pattern), allow(sortedKeys(table[pattern])))
	}
	return answerPlain(w, out.String())
}

// showLogging handles GET /logging: the level of the log. Marathon's can be set
// there; this one is set when the engine starts.
func (e *Engine) showLogging(w http.ResponseWriter, r *http.Request) error {
	return answer(w, http.StatusOK, map[string]string{"ROOT": levelOf(r.Context(), e.log)})
}

func levelOf(ctx context.Context, log *slog.Logger) string {
	for _, level := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if log.Enabled(ctx, level) {
			return level.String()
		}
	}
	return "OFF"
}

func answerPlain(w http.ResponseWriter, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte(text))
	return err
}
