package marathontest

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
)

// listener reads an event stream for as long as its check runs.
type listener struct {
	header http.Header
	close  func()

	mu     sync.Mutex
	frames []frame
	beats  int
	wrong  []string // lines that are no part of a frame
	ended  bool
}

// frame is an event as it came.
type frame struct {
	kind   string
	fields any
}

// listen begins to listen and returns when the stream has said that it is
// attached, if it tells of that.
func (p *probe) listen(query string) *listener {
	ctx, cancel := context.WithCancel(p.ctx)
	res := p.send(ctx, "GET", "/v2/events"+query, "", "Accept", "text/event-stream")
	if res.StatusCode != http.StatusOK {
		cancel()
		p.fatalf("GET /v2/events%s: status %d", query, res.StatusCode)
	}
	l := &listener{header: res.Header}
	l.close = func() {
		cancel()
		_ = res.Body.Close()
	}
	go l.read(bufio.NewReader(res.Body))
	p.eventually("the stream begins", func() bool { return len(l.all()) > 0 || query != "" })
	return l
}

// read takes the stream apart: "event: x", "data: {…}" and an empty line, each
// ended by CR and LF.
func (l *listener) read(r *bufio.Reader) {
	var kind, data string
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			l.note(func() { l.ended = true })
			return
		}
		text, crlf := strings.CutSuffix(line, "\r\n")
		k, isEvent := strings.CutPrefix(text, "event: ")
		d, isData := strings.CutPrefix(text, "data: ")
		switch {
		case !crlf || text != "" && !isEvent && !isData:
			l.note(func() { l.wrong = append(l.wrong, line) })
		case isEvent:
			kind = k
		case isData:
			data += d
		case kind == "" && data == "":
			l.note(func() { l.beats++ })
		default:
			l.add(kind, data)
			kind, data = "", ""
		}
	}
}

func (l *listener) add(kind, data string) {
	var fields any
	if json.Unmarshal([]byte(data), &fields) != nil {
		l.note(func() { l.wrong = append(l.wrong, data) })
		return
	}
	l.note(func() { l.frames = append(l.frames, frame{kind, fields}) })
}

func (l *listener) note(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// all are the events that have come.
func (l *listener) all() []frame {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]frame{}, l.frames...)
}

// about are the events of one kind that say the given text somewhere.
func (l *listener) about(kind, text string) []any {
	var out []any
	for _, f := range l.all() {
		if f.kind == kind && mentions(f.fields, text) {
			out = append(out, f.fields)
		}
	}
	return out
}

func marshal(value any) []byte {
	text, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	return text
}

// hears waits for an event of one kind that says the given text somewhere, and
// returns the first.
func (p *probe) hears(l *listener, kind, text string) any {
	p.eventually("an event "+kind+" about "+text, func() bool { return len(l.about(kind, text)) > 0 })
	return l.about(kind, text)[0]
}

func mentions(fields any, text string) bool { return strings.Contains(string(marshal(fields)), text) }
