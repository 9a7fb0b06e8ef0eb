package storage

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"seedbed"
)

// cliPatience is how long one question to glusterd may take. It asks all other
// machines first, and gives those that are away some time.
const cliPatience = 40 * time.Second

// cli speaks to glusterd with the program gluster, about one volume. Its
// answers are XML; nothing else that it prints is read.
type cli struct {
	command []string
	volume  string
	turn    sync.Mutex // glusterd refuses what comes at the same time
}

// Outcome is what all of gluster’s answers begin with. It is exported because
// encoding/xml fills no other embedded struct.
type Outcome struct {
	XMLName xml.Name `xml:"cliOutput"`
	Ret     *code    `xml:"opRet"`
	Errstr  string   `xml:"opErrstr"`
}

// code is 0 if it worked. Unlike an int, it may not be empty.
type code int

// UnmarshalText accepts a number alone.
func (c *code) UnmarshalText(text []byte) error {
	n, err := strconv.Atoi(string(text))
	*c = code(n)
	return err
}

func (o *Outcome) result() *Outcome { return o }

type answer interface{ result() *Outcome }

// glusterError is what glusterd says when it does not do something.
type glusterError struct{ Errstr string }

// Error returns its own words.
func (e *glusterError) Error() string { return "glusterd: " + e.Errstr }

// said reports whether glusterd refused with these words.
func said(err error, words string) bool {
	var e *glusterError
	return errors.As(err, &e) && strings.Contains(e.Errstr, words)
}

// ask runs "gluster volume …" and reads its answer. What another machine is
// just doing with the volume is waited for.
func (c *cli) ask(ctx context.Context, into answer, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, cliPatience)
	defer cancel()
	c.turn.Lock()
	defer c.turn.Unlock()
	for {
		*into.result() = Outcome{}
		err := c.askOnce(ctx, into, args)
		if !said(err, "Another transaction is in progress") {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

func (c *cli) askOnce(ctx context.Context, into answer, args []string) error {
	argv := slices.Concat(c.command[1:], []string{"--mode=script", "--xml", "volume"}, args)
	cmd := exec.CommandContext(ctx, c.command[0], argv...)
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	runErr := cmd.Run()
	if err := readAnswer(stdout.Bytes(), into); err != nil {
		return silent(errors.Join(err, runErr, errors.New(clip(stderr.String()))))
	}
	if o := into.result(); *o.Ret != 0 {
		return fmt.Errorf("gluster volume %s: %w", strings.Join(args, " "), &glusterError{o.Errstr})
	}
	return nil
}

// readAnswer decodes one XML document that must be an answer of gluster's.
func readAnswer(text []byte, into answer) error {
	if err := xml.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read gluster's answer: %w: %s", err, clip(string(text)))
	}
	if into.result().Ret == nil {
		return errors.New("gluster's answer does not say whether it worked")
	}
	return nil
}

func silent(err error) error {
	return &seedbed.Error{Code: seedbed.Unavailable, Err: err,
		Message: "GlusterFS does not answer on this machine, so nothing about its volume can be changed or seen now. Files that are in use stay so. Start glusterd again."}
}

func clip(s string) string { return s[:min(len(s), 500)] }
