package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"seedbed/cmd/server/install"
)

var errNothingChanged = errors.New("nothing was changed")

// terminal is a person who can be asked. All questions of a command go to one
// terminal, because it reads ahead.
type terminal struct {
	in  *bufio.Scanner
	out io.Writer
}

// person returns the terminal of the command.
func (o *installOptions) person() *terminal {
	if o.asked == nil {
		o.asked = &terminal{bufio.NewScanner(os.Stdin), os.Stdout}
	}
	return o.asked
}

// ask puts a question and returns the answer. Ctrl-C, and the end of what can be
// read, end it at once.
func (t *terminal) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(t.out, question)
	read := make(chan bool, 1)
	go func() { read <- t.in.Scan() }() // the process ends before it, if nobody answers
	select {
	case ok := <-read:
		if ok {
			return strings.TrimSpace(t.in.Text()), nil
		}
	case <-ctx.Done():
	}
	fmt.Fprintln(t.out)
	return "", errNothingChanged
}

// answer asks until the answer fits.
func (t *terminal) answer(ctx context.Context, q install.Question, fits func() error) error {
	for {
		said, err := t.ask(ctx, fmt.Sprintf("%s [%s]: ", q.Text, q.Default))
		if err != nil {
			return err
		}
		if said != "" {
			q.Take(said)
		}
		if err := fits(); err == nil {
			return nil
		} else if said == "" {
			return err // it was so before, and is not what was asked for
		} else {
			fmt.Fprintln(t.out, sentence(err))
		}
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
