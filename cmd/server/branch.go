package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
)

// word is one of the words behind a command, "list" behind "seedbed sites".
type word struct {
	name string
	does string // in half a line
	run  func(ctx context.Context, args []string) error
}

// branch calls what the first word names, or tells which words there are.
func branch(ctx context.Context, name string, args []string, words []word) error {
	if len(args) > 0 {
		for _, w := range words {
			if w.name == args[0] {
				return w.run(ctx, args[1:])
			}
		}
		if isHelp(args[0]) {
			return tellWords(name, words)
		}
	}
	names := make([]string, len(words))
	for i, w := range words {
		names[i] = w.name
	}
	return misused("this is written: seedbed %s %s", name, strings.Join(names, "|"))
}

func isHelp(arg string) bool {
	return arg == "-h" || arg == "-help" || arg == "--help" || arg == "help"
}

// tellWords prints a line for each word.
func tellWords(name string, words []word) error {
	fmt.Printf("seedbed %s WORD\n\n", name)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, one := range words {
		fmt.Fprintf(w, "  %s\t%s\n", one.name, one.does)
	}
	fmt.Fprintf(w, "\nEach has its options: seedbed %s %s -h\n", name, words[0].name)
	return w.Flush()
}

// help is `seedbed help`, or with words what “-h” behind them tells.
func help(ctx context.Context, words []string) error {
	if len(words) == 0 {
		fmt.Print(usage)
		return nil
	}
	return run(ctx, append(words, "-h"))
}
