package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// readOptions reads the options of a command, which takes no other words. What
// is wrong is one sentence, and not a list of all options; -h prints that.
func readOptions(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(io.Discard)
	flags.Usage = func() {} // it is called for mistakes too
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Printf("Options of %s:\n", flags.Name())
		flags.SetOutput(os.Stdout)
		flags.PrintDefaults()
		return err
	}
	if err != nil {
		return misused("%s; '%s -h' lists the options", err, flags.Name())
	}
	if flags.NArg() > 0 {
		return misused("%q is too much; '%s -h' lists the options", flags.Arg(0), flags.Name())
	}
	return nil
}
