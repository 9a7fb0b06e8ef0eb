//go:build integration

package imagestest

import (
	"bufio"
	"net"
	"strconv"
	"strings"
	"testing"
)

// echo runs a server that answers each line with itself, and notes what came.
func echo(t *testing.T) (host string, port int, heard <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	lines := make(chan string, 10)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for in := bufio.NewReader(c); ; {
					line, err := in.ReadString('\n')
					if err != nil {
						return
					}
					lines <- line
					c.Write([]byte(line)) //nolint:errcheck // the test may be over
				}
			}()
		}
	}()
	return "127.0.0.1", l.Addr().(*net.TCPAddr).Port, lines
}

// talk says words one after the other, each after the answer to the last, and
// returns the answers until there is none.
func talk(t *testing.T, f *Fuse, words ...string) (answers []string) {
	t.Helper()
	c, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(f.Port())))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	blown, in := f.Blown(), bufio.NewReader(c)
	go func() {
		<-blown
		c.Close()
	}()
	for _, word := range words {
		if _, err := c.Write([]byte(word + "\n")); err != nil {
			return answers
		}
		answer, err := in.ReadString('\n')
		if err != nil {
			return answers
		}
		answers = append(answers, strings.TrimSpace(answer))
	}
	return answers
}

func TestFuse_BlowsAtItsPointAndPassesAllBeforeIt(t *testing.T) {
	for name, c := range map[string]struct {
		at    Point
		heard int // by the server
		said  int // by it to the client
	}{
		"never":                          {Point{}, 3, 3},
		"at an answer":                   {Point{Answers: 2}, 2, 1},
		"in the middle of an answer":     {Point{Bytes: 7}, 1, 0},
		"in the middle of a question":    {Point{Bytes: 11}, 1, 1},
		"at the last byte of a question": {Point{Bytes: 12}, 1, 1},
		"at the first byte of an answer": {Point{Bytes: 13}, 2, 1},
		"later than the end":             {Point{Answers: 9, Bytes: 99}, 3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			host, port, heard := echo(t)
			f := NewFuse(t)
			f.Aim(host, port)
			f.Set(c.at)
			if said := talk(t, f, "one", "two", "six"); len(said) != c.said {
				t.Errorf("the client heard %q, want %d answers", said, c.said)
			}
			for range c.heard {
				<-heard
			}
			if len(heard) != 0 {
				t.Errorf("the server heard %d questions too many", len(heard))
			}
			if c.said == 3 && f.Passed() != (Point{3, 24}) {
				t.Errorf("it counted %+v", f.Passed())
			}
			f.Set(Point{})
			if said := talk(t, f, "again"); len(said) != 1 {
				t.Errorf("set anew, it passes %q", said)
			}
		})
	}
}
