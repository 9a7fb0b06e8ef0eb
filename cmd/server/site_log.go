package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"seedbed"
	"seedbed/api/wire"
)

// siteLog is `seedbed sites logs`: the end of what a site printed, with nothing
// that a terminal obeys, and with -f whatever it prints from then on.
func siteLog(ctx context.Context, args []string) error {
	c, errs, follow := newCommand("sites logs", "NAME"), false, false
	c.BoolVar(&errs, "stderr", false, "what it printed as errors")
	c.BoolVar(&follow, "f", false, "go on with whatever it prints, until Ctrl-C; with --json a line for each piece")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	stream := "?stream=stdout"
	if errs {
		stream = "?stream=stderr"
	}
	if follow {
		return c.followLog(ctx, sitePath(words[0])+"/log/events"+stream)
	}
	var log wire.Log
	if _, err := c.Get(ctx, sitePath(words[0])+"/log"+stream, &log); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(log)
	}
	printer := logPrinter{out: c.out}
	printer.print(log.Text)
	printer.end()
	return nil
}

// followLog prints until nobody wants more of it.
func (c *command) followLog(ctx context.Context, path string) error {
	printer := logPrinter{out: c.out}
	task := ""
	err := c.Follow(ctx, path, func(log wire.Log) error {
		if c.json {
			return json.NewEncoder(c.out).Encode(asciiControls{log})
		}
		if task != "" && task != log.Task {
			printer.end()
			fmt.Fprintln(os.Stderr, "It was started anew:")
		}
		task = log.Task
		printer.print(log.Text)
		return nil
	})
	printer.end()
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// logPrinter prints whole lines of what arrives in pieces.
type logPrinter struct {
	out  io.Writer
	rest string
}

// longestLine is how much of a line is waited for, in bytes.
const longestLine = 16 << 10

func (p *logPrinter) print(text string) {
	for line := range strings.Lines(p.rest + text) {
		whole, ended := strings.CutSuffix(line, "\n")
		if !ended && len(line) < longestLine {
			p.rest = line
			return
		}
		fmt.Fprintln(p.out, seedbed.PlainLine(whole))
	}
	p.rest = ""
}

// end prints what is left of a line.
func (p *logPrinter) end() {
	if p.rest != "" {
		fmt.Fprintln(p.out, seedbed.PlainLine(p.rest))
	}
	p.rest = ""
}
