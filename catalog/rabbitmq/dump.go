package rabbitmq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"seedbed"
)

// form names the version of the form of a dump.
const form = "seedbed rabbitmq 1"

// dump is the content of a site's virtual host: its definitions, as the server
// gives and takes them. Limits are not in it: they are ours to set.
type dump struct {
	Form      string       `json:"seedbed"`
	Queues    []definition `json:"queues"`
	Exchanges []definition `json:"exchanges"`
	Bindings  []definition `json:"bindings"`
	Policies  []definition `json:"policies"`
}

// definition is one thing in a virtual host, as the server spells it.
type definition map[string]json.RawMessage

// Dump writes the site's queues, exchanges, bindings and policies. Messages are
// not in it: they are on their way from one program to another, and would be
// delivered twice if they came back.
func (*Kind) Dump(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, w io.Writer) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	var content dump
	err := inTime(ctx, func(ctx context.Context) error { return client{e}.get(ctx, &content, "definitions", b.Name) })
	if err != nil {
		return fmt.Errorf("dump virtual host %q: %w", b.Name, err)
	}
	content.Form = form
	if err := json.NewEncoder(w).Encode(content); err != nil {
		return fmt.Errorf("dump virtual host %q: %w", b.Name, err)
	}
	return nil
}

// Load makes the site's virtual host anew and puts into it what Dump wrote.
// Messages that waited in it are lost. What is not a whole dump changes
// nothing; stopped later, the virtual host has a part of what is loaded.
func (k *Kind) Load(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, r io.Reader) error {
	if err := checkBinding(b); err != nil {
		return err
	}
	content, err := readDump(r)
	if err != nil {
		return fmt.Errorf("load virtual host %q: %w", b.Name, err)
	}
	err = inTime(ctx, func(ctx context.Context) error { return client{e}.remove(ctx, "vhosts", b.Name) })
	if err != nil {
		return fmt.Errorf("empty virtual host %q: %w", b.Name, err)
	}
	if err := k.Ensure(ctx, e, b); err != nil {
		return err
	}
	err = inTime(ctx, func(ctx context.Context) error {
		return client{e}.post(ctx, content.definitions(), "definitions", b.Name)
	})
	if err != nil {
		return fmt.Errorf("load virtual host %q: %w", b.Name, err)
	}
	return nil
}

func readDump(r io.Reader) (dump, error) {
	var content dump
	text, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err != nil {
		return content, err
	}
	if len(text) > maxAnswer {
		return content, fmt.Errorf("the dump is longer than %d bytes", maxAnswer)
	}
	if err := json.Unmarshal(text, &content); err != nil || content.Form != form {
		return content, errors.Join(errors.New("this is not a whole dump of a virtual host"), err)
	}
	return content, nil
}

// definitions is what the server takes: lists, and nothing about users,
// permissions, parameters or another virtual host, whatever a made-up dump may
// hold.
func (d dump) definitions() map[string][]definition {
	all := map[string][]definition{"queues": d.Queues, "exchanges": d.Exchanges, "bindings": d.Bindings, "policies": d.Policies}
	for key, list := range all {
		if list == nil {
			all[key] = []definition{}
		}
		for _, d := range list {
			delete(d, "vhost")
		}
	}
	return all
}
