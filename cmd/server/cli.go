package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"unicode"

	"seedbed/api/client"
)

// Exit codes, beside 0 for done. docs/api.md explains them.
const (
	exitFailed     = 1 // refused, or something went wrong
	exitUsage      = 2 // the command was not written right
	exitMissing    = 3 // there is no such thing
	exitNotAllowed = 4 // no token, a bad one, or one that may not do this
	exitNoAnswer   = 5 // nothing answers at the server's address
	exitDeployment = 6 // it was taken on, and the deployment then failed
	// exitUnconfirmed: nobody typed the name, so nothing was done
	exitUnconfirmed = 7
)

// unconfirmed is that what was to be confirmed was not.
type unconfirmed struct{ sentence string }

// Error returns the sentence.
func (u *unconfirmed) Error() string { return u.sentence }

// usageError is a command that was not written right.
type usageError struct{ sentence string }

// Error returns the sentence.
func (u *usageError) Error() string { return u.sentence }

func misused(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// exitCode is what a script gets to see of an error.
func exitCode(err error) int {
	var status exitStatus
	var usage *usageError
	var refused *client.Refused
	var silent *client.NoAnswer
	var failed *deploymentFailed
	var partly *notApplied
	var not *unconfirmed
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &partly):
		return partly.exitCode()
	case errors.As(err, &usage):
		return exitUsage
	case errors.As(err, &not):
		return exitUnconfirmed
	case errors.As(err, &silent):
		return exitNoAnswer
	case errors.As(err, &failed):
		return exitDeployment
	case errors.As(err, &refused) && refused.Status == 404:
		return exitMissing
	case errors.As(err, &refused) && (refused.Status == 401 || refused.Status == 403):
		return exitNotAllowed
	}
	return exitFailed
}

// command is a subcommand that speaks with a server.
type command struct {
	*flag.FlagSet
	out       io.Writer
	server    string
	tokenFile string
	json      bool
	*client.Client
}

// newCommand has the options that all of them have. usage is one line.
func newCommand(name, usage string) *command {
	c := &command{FlagSet: flag.NewFlagSet("seedbed "+name, flag.ContinueOnError), out: os.Stdout}
	c.SetOutput(io.Discard)
	c.Usage = func() {
		fmt.Printf("seedbed %s %s\n\n", name, usage)
		c.SetOutput(os.Stdout)
		c.PrintDefaults()
		c.SetOutput(io.Discard)
	}
	c.StringVar(&c.server, "server", fromEnv("server", "http://localhost:"+fromEnv("port", "8400")), "address of the portal")
	c.StringVar(&c.tokenFile, "token-file", fromEnv("token-file", defaultTokenFile()), "file with the token; SEEDBED_TOKEN in the environment wins over it")
	c.BoolVar(&c.json, "json", false, "print JSON")
	return c
}

// parse is words that are as many as there are names.
func (c *command) parse(args []string, names ...string) ([]string, error) {
	words, err := c.words(args)
	if err == nil && len(words) != len(names) {
		return nil, misused("this is written: %s %s", c.Name(), strings.Join(names, " "))
	}
	return words, err
}

// words reads options and other words in any order. Behind “--” everything is a
// word.
func (c *command) words(args []string) (words []string, err error) {
	for len(args) > 0 {
		if err := c.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, misused("%s; '%s -h' lists the options", err, c.Name())
		}
		rest := c.Args()
		if read := len(args) - len(rest); read > 0 && args[read-1] == "--" {
			words, args = append(words, rest...), nil
			continue
		}
		if args = rest; len(rest) > 0 {
			words, args = append(words, rest[0]), rest[1:]
		}
	}
	return words, nil
}

// connect reads the token. It is never on the command line, which everybody on
// the machine can see.
func (c *command) connect() (err error) {
	token := os.Getenv("SEEDBED_TOKEN")
	if token == "" {
		if token, err = readTokenFile(c.tokenFile); err != nil {
			return err
		}
	}
	if c.Client, err = client.New(c.server, token); err != nil {
		return misused("%s", err)
	}
	return nil
}

func defaultTokenFile() string {
	folder, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "seedbed", "token")
}

// readTokenFile reads a token from a file that is its owner's alone.
func readTokenFile(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", misused("There is no token. Make one with “seedbed token create”, and put it into %s (mode 0600) or into SEEDBED_TOKEN.", path)
	}
	if err != nil {
		return "", fmt.Errorf("open the token's file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("look at the token's file: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", misused("Others can read %s. Make it yours alone: chmod 600 %s", path, path)
	}
	content, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return "", fmt.Errorf("read the token's file: %w", err)
	}
	return strings.TrimSpace(string(content)), nil
}

// printJSON prints what a program reads.
func (c *command) printJSON(v any) error {
	e := json.NewEncoder(c.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(asciiControls{v})
}

// asciiControls keeps a terminal from obeying what is in JSON: the encoder
// escapes the control codes of ASCII, and this those of Unicode.
type asciiControls struct{ v any }

// MarshalJSON escapes what cannot be seen.
func (a asciiControls) MarshalJSON() ([]byte, error) {
	plain, err := json.Marshal(a.v)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, r := range string(plain) {
		if r > 0x7e && !unicode.IsPrint(r) && r <= 0xffff {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return []byte(b.String()), nil
}

// say prints a line.
func (c *command) say(words ...string) {
	for i := range words {
		words[i] = visible(words[i])
	}
	fmt.Fprintln(c.out, strings.Join(words, " "))
}

// table prints rows under a heading, in columns.
func (c *command) table(heading []string, rows [][]string) error {
	w := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{heading}, rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = visible(cell)
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	return w.Flush()
}

// visible is text that does nothing to a terminal, nor to a command that it is
// copied into: control and format characters become “�”, and what begins like an
// option is put into quotes.
func visible(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\u200c' || r == '\u200d' || unicode.IsPrint(r) { // joiners belong to the writing of Persian, Hindi and others
			return r
		}
		return '\ufffd'
	}, s)
	if strings.HasPrefix(s, "-") && s != "-" {
		return "“" + s + "”"
	}
	return s
}
