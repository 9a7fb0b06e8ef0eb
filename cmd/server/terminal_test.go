package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"seedbed/cmd/server/install"
)

func typed(in io.Reader) (*terminal, *strings.Builder) {
	var out strings.Builder
	return &terminal{bufio.NewScanner(in), &out}, &out
}

func TestTerminal_AsksUntilTheAnswerFits(t *testing.T) {
	person, out := typed(strings.NewReader("a b\nsites.example.org\ny\n"))
	answers := install.Answers{}.Complete()
	for _, q := range answers.Questions() {
		if err := person.answer(t.Context(), q, func() error { return answers.Complete().Check() }); err != nil {
			t.Fatal(err)
		}
	}
	if answers.Domain != "sites.example.org" || !strings.Contains(out.String(), "\"a b\" is not a host name") {
		t.Errorf("the domain is %q, and it said: %s", answers.Domain, out)
	}
	if said, err := person.ask(t.Context(), "Begin?"); said != "y" || err != nil {
		t.Errorf("what was typed ahead is %q, %v", said, err)
	}
}

func TestTerminal_EndsAtOnceWhenItIsTold(t *testing.T) {
	silent, _ := io.Pipe() // nobody types
	person, _ := typed(silent)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if said, err := person.ask(ctx, "Begin?"); !errors.Is(err, errNothingChanged) {
		t.Errorf("it gave %q, %v", said, err)
	}
	closed, _ := typed(strings.NewReader(""))
	if said, err := closed.ask(t.Context(), "Begin?"); !errors.Is(err, errNothingChanged) {
		t.Errorf("at the end of what can be read it gave %q, %v", said, err)
	}
}
