//go:build integration

package routing

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// host is where visitors reach an app.
func host(id string) string {
	return strings.ReplaceAll(strings.TrimPrefix(id, "/"), "/", "-") + ".example.org"
}

// visit asks an app's first page through nginx.
func (w *world) visit(ctx context.Context, client *http.Client, host string) (status int, body string, _ error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.routing.Listen+"/", nil)
	if err != nil {
		return 0, "", err
	}
	request.Host = host
	answer, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return answer.StatusCode, string(text), err
}

// visitors asks apps that are well all the time, again and again, until ctx ends,
// and tells the first answers that were wrong.
func (w *world) visitors(ctx context.Context, random *rand.Rand, right map[string]string) (asked int, wrong []string) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	for ctx.Err() == nil {
		id := steadyID(random.IntN(steadyApps))
		if n := random.IntN(steadyApps + rollingApps); n >= steadyApps {
			id = rollingID(n - steadyApps)
		}
		status, body, err := w.visit(ctx, client, host(id))
		if ctx.Err() != nil {
			break
		}
		asked++
		if expected, known := right[id]; err != nil || status != 200 || known && !strings.Contains(expected, body) {
			wrong = append(wrong, fmt.Sprintf("%s: %s answers %d %.80q, %v", time.Now().Format("05.000"), id, status, body, err))
		}
		if len(wrong) > 20 {
			break
		}
		time.Sleep(3 * time.Millisecond)
	}
	return asked, wrong
}
