package web

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

const (
	logPage     = 32 << 10 // bytes of a log on one page
	logRefresh  = 10       // seconds; without script
	downloadFor = 10 * time.Minute
)

// showLogs handles GET /sites/{name}/logs. Of a site whose engine does not
// answer it shows the page all the same, and says so.
func (p *portal) showLogs(w http.ResponseWriter, r *http.Request) error {
	site, tasks, err := p.Control.Tasks(r.Context(), actor(r), siteName(r))
	if err != nil && seedbed.CodeOf(err) != seedbed.Unavailable {
		return err
	}
	page := templates.LogsPage{SiteFrame: siteFrame(site, "logs"), Tasks: tasks, Stream: streamAsked(r)}
	if err != nil {
		p.log(r, http.StatusServiceUnavailable, err)
		page.Trouble = seedbed.MessageOf(err)
	}
	frame := p.frame(r, templates.Sites, string(site.Site.Title))
	if len(tasks) > 0 {
		page.Task = taskAsked(r, tasks)
		if err := p.fillLog(r, &page); err != nil {
			return err
		}
		if page.Live() {
			frame.Refresh = logRefresh
		}
	}
	return p.show(w, r, http.StatusOK, templates.Logs(frame, page))
}

// taskAsked is the task that the address names; else the newest, so that a link
// to a task which is not kept any more still leads somewhere.
func taskAsked(r *http.Request, tasks []seedbed.Task) seedbed.Task {
	for _, t := range tasks {
		if string(t.ID) == r.URL.Query().Get("task") {
			return t
		}
	}
	return tasks[0]
}

// streamAsked is the stream that the address names; else what is printed
// usually.
func streamAsked(r *http.Request) seedbed.LogName {
	if r.URL.Query().Get("stream") == string(seedbed.Stderr) {
		return seedbed.Stderr
	}
	return seedbed.Stdout
}

// fillLog reads the piece of the log that the page shows: the end, or what is
// before a place. What cannot be read is said on the page.
func (p *portal) fillLog(r *http.Request, page *templates.LogsPage) error {
	log, err := p.Control.Log(r.Context(), actor(r), siteName(r), page.Task.ID, page.Stream)
	var part seedbed.LogPart
	if err == nil {
		part, err = readBefore(r, log)
	}
	switch seedbed.CodeOf(err) {
	case "":
	case seedbed.NotFound:
		page.Nothing = seedbed.MessageOf(err)
	case seedbed.Unavailable:
		page.Trouble = seedbed.MessageOf(err)
	default:
		return err
	}
	page.Lines, page.From = plainLines(part)
	page.To, page.Size = part.To, part.Size
	return nil
}

func readBefore(r *http.Request, log control.Log) (seedbed.LogPart, error) {
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil || before <= 0 {
		return log.Read(r.Context(), -1, logPage)
	}
	from := max(0, before-logPage)
	return log.Read(r.Context(), from, before-from)
}

// plainLines returns the whole lines of a piece as they can be shown, and where
// the first of them begins. A line that began before the piece is left for the
// page before, unless it is all that there is.
func plainLines(part seedbed.LogPart) (lines []string, from int64) {
	text, from := part.Text, part.From
	if cut := strings.IndexByte(text, '\n') + 1; part.From > 0 && cut > 0 && cut < len(text) {
		text, from = text[cut:], from+int64(cut)
	}
	text = strings.TrimSuffix(text, "\n")
	if text == "" {
		return nil, from
	}
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, seedbed.PlainLine(line))
	}
	return lines, from
}

// downloadLog handles GET /sites/{name}/logs/download. What is sent is as it was
// printed, as a file and never as a page.
func (p *portal) downloadLog(w http.ResponseWriter, r *http.Request) error {
	log, err := p.Control.Log(r.Context(), actor(r), siteName(r), seedbed.TaskID(r.URL.Query().Get("task")), streamAsked(r))
	if err != nil {
		return err
	}
	body, err := log.Download(r.Context())
	if err != nil {
		return err
	}
	defer body.Close()
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(downloadFor)) // not every server can
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.log"`, siteName(r), log.Name))
	if _, err := io.Copy(w, body); err != nil {
		p.log(r, http.StatusInternalServerError, fmt.Errorf("send a log: %w", err))
	}
	return nil
}
