package onebox

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// wantsText reports whether a client asks for a list of tasks as old bridges
// read it.
func wantsText(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "text/plain") && !strings.Contains(accept, "application/json")
}

// answerText sends the tasks of apps as Marathon did until 1.9: a line for each
// service port, with the addresses of all that run.
func (g gallery) answerText(w http.ResponseWriter, apps []*appRecord) error {
	var out bytes.Buffer
	for _, r := range apps {
		for n, spec := range r.App.portSpecs() {
			if !spec.Hidden {
				g.writeLine(&out, r.App, n, spec.Service)
			}
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write(out.Bytes())
	return err
}

func (g gallery) writeLine(out *bytes.Buffer, a *app, n, service int) {
	fmt.Fprintf(out, "%s\t%d\t", safeID(a.ID), service)
	for _, i := range g.byApp[a.ID] {
		if i.Condition == running && n < len(i.Ports) {
			fmt.Fprintf(out, "%s\t", net.JoinHostPort(g.host, strconv.Itoa(i.Ports[n])))
		}
	}
	out.WriteByte('\n')
}
