package main

import (
	"context"
	"fmt"
	"strings"

	"seedbed"
	"seedbed/api/wire"
)

// siteLog is `seedbed sites logs`: the end of what a site printed, with nothing
// that a terminal obeys.
func siteLog(ctx context.Context, args []string) error {
	c, errs := newCommand("sites logs", "NAME"), false
	c.BoolVar(&errs, "stderr", false, "what it printed as errors")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	path := sitePath(words[0]) + "/log?stream=stdout"
	if errs {
		path = sitePath(words[0]) + "/log?stream=stderr"
	}
	var log wire.Log
	if _, err := c.Get(ctx, path, &log); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(log)
	}
	for line := range strings.Lines(log.Text) {
		fmt.Fprintln(c.out, seedbed.PlainLine(strings.TrimSuffix(line, "\n")))
	}
	return nil
}
