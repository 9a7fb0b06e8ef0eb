package arrival_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"seedbed/arrival"
)

// serve answers how many bytes came and what ended them.
func serve(t *testing.T, within time.Duration, paced bool) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = arrival.Limit(w, r, within, paced)
		if r.URL.Path == "/refused" {
			fmt.Fprint(w, "refused ", arrival.Refuse(w, r))
			return
		}
		n, err := io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/long" {
			time.Sleep(3 * within)
			err = r.Context().Err()
		}
		fmt.Fprintf(w, "%d %v; refused %t", n, err, arrival.Refuse(w, r))
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// post sends pieces of a body, with a pause before each, and returns the answer.
func post(t *testing.T, address, path string, length int, pause time.Duration, pieces ...string) (string, *http.Response, net.Conn) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", path, length)
	for _, piece := range pieces {
		time.Sleep(pause)
		fmt.Fprint(conn, piece)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body), answer, conn
}

// ends reports whether the other side closes the connection.
func ends(conn net.Conn) bool {
	_, err := io.Copy(io.Discard, conn)
	timeout, ok := err.(net.Error)
	return !ok || !timeout.Timeout()
}

func TestLimit_EndsWhatArrivesTooSlowly(t *testing.T) {
	t.Parallel()
	const within = 300 * time.Millisecond
	for _, paced := range []bool{false, true} {
		said, _, conn := post(t, serve(t, within, paced), "/", 1000, 0, "ten bytes.")
		if !strings.HasPrefix(said, "10 ") || !strings.Contains(said, "timeout") || !ends(conn) {
			t.Errorf("paced %t: %s", paced, said)
		}
	}
}

func TestLimit_LetsAPacedBodyTakeItsTime(t *testing.T) {
	t.Parallel()
	const within, pause = 2 * time.Second, 700 * time.Millisecond
	piece := strings.Repeat("x", arrival.Step)
	if said, _, _ := post(t, serve(t, within, true), "/", 3*len(piece), pause, piece, piece, piece); !strings.HasPrefix(said, fmt.Sprintf("%d <nil>", 3*len(piece))) {
		t.Errorf("paced: %s", said)
	}
	if said, _, _ := post(t, serve(t, within, false), "/", 3*len(piece), pause, piece, piece); !strings.Contains(said, "timeout") {
		t.Errorf("not paced: %s", said)
	}
}

func TestLimit_IsOfTheArrivalAlone(t *testing.T) {
	t.Parallel()
	for _, paced := range []bool{false, true} {
		if said, _, _ := post(t, serve(t, 200*time.Millisecond, paced), "/long", 3, 0, "abc"); said != "3 <nil>; refused false" {
			t.Errorf("paced %t: %s", paced, said)
		}
	}
}

func TestRefuse_WaitsForNothing(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	said, answer, conn := post(t, serve(t, time.Minute, false), "/refused", 1000, 0, "ten bytes.")
	if said != "refused true" || !answer.Close || !ends(conn) {
		t.Errorf("%s, close %t", said, answer.Close)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}
