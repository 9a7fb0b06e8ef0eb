//go:build integration

package nginxconf_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"seedbed"
)

func TestRouter_BoundsTheGenerationsOfOldWorkers(t *testing.T) {
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go keepOpen(l)
	chat := instance("chat.1", "/sites/chat", "chat.localhost", l.Addr().(*net.TCPAddr).Port)
	all := []seedbed.Instance{chat}
	var open []net.Conn
	for n := range 6 { // one connection that stays for each generation
		all = append(all, instance(fmt.Sprintf("s%d.1", n), fmt.Sprintf("/sites/s%d", n), fmt.Sprintf("s%d.localhost", n), chat.Ports[0]))
		w.engine.set(all...)
		eventually(t, "led", w.led(seedbed.HostName(fmt.Sprintf("s%d.localhost", n)), 1))
		conn, err := net.Dial("tcp", w.config.Listen)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
		fmt.Fprint(conn, "GET /ws HTTP/1.1\r\nHost: chat.localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		if _, err := conn.Read(make([]byte, 10)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "old workers are counted", func() string {
		if got := w.router.Report().OldGenerations; got != 5 {
			return fmt.Sprint(got)
		}
		return ""
	})
	for _, conn := range open {
		conn.Close()
	}
	eventually(t, "they are gone", func() string {
		if got := w.router.Report().OldGenerations; got != 0 {
			return fmt.Sprint(got)
		}
		return ""
	})
}

// keepOpen answers each connection as a WebSocket server begins to, and then waits
// until the other side hangs up.
func keepOpen(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			in := bufio.NewReader(conn)
			for line, err := in.ReadString('\n'); err == nil && line != "\r\n"; line, err = in.ReadString('\n') {
			}
			fmt.Fprint(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
			_, _ = io.Copy(io.Discard, in)
		}()
	}
}
