package reconciletest

import (
	"context"
	"io"

	"seedbed"
)

// Engine is the World as a reconcile.Engine.
type Engine struct{ *World }

// Remove stops a workload.
func (e Engine) Remove(_ context.Context, id seedbed.WorkloadID) error {
	return e.do(func() { delete(e.running, id) })
}

// Volumes is the World as reconcile.Volumes.
type Volumes struct{ *World }

// Ensure makes a volume.
func (v Volumes) Ensure(_ context.Context, volume seedbed.Volume) (path string, err error) {
	return "/volumes/" + volume.Owner + "/" + volume.Name, v.do(func() { v.volumes[volume] = true })
}

// Exists looks for a volume.
func (v Volumes) Exists(_ context.Context, volume seedbed.Volume) (there bool, err error) {
	err = v.do(func() { there = v.volumes[volume] })
	return there, err
}

// Remove deletes a volume.
func (v Volumes) Remove(_ context.Context, volume seedbed.Volume) error {
	return v.do(func() { delete(v.volumes, volume) })
}

// Kind is the World as a reconcile.ServiceKind.
type Kind struct{ *World }

// Check answers while the world is up.
func (k Kind) Check(context.Context, seedbed.Endpoint) error { return k.do(func() {}) }

// Ensure makes a binding.
func (k Kind) Ensure(_ context.Context, _ seedbed.Endpoint, b seedbed.Binding) error {
	return k.do(func() { k.bindings[b.Name] = b.Password; k.Ensured[b.Name]++ })
}

// Bound looks for a binding and compares its password.
func (k Kind) Bound(_ context.Context, _ seedbed.Endpoint, b seedbed.Binding) (bound bool, err error) {
	err = k.do(func() {
		password, there := k.bindings[b.Name]
		bound = there && password == b.Password
	})
	return bound, err
}

// Gone reports whether a binding is not there.
func (k Kind) Gone(_ context.Context, _ seedbed.Endpoint, b seedbed.Binding) (gone bool, err error) {
	err = k.do(func() { _, there := k.bindings[b.Name]; gone = !there })
	return gone, err
}

// Remove deletes a binding.
func (k Kind) Remove(_ context.Context, _ seedbed.Endpoint, b seedbed.Binding) error {
	return k.do(func() { delete(k.bindings, b.Name) })
}

// Rotate gives a binding another password.
func (k Kind) Rotate(_ context.Context, _ seedbed.Endpoint, b seedbed.Binding) error {
	return k.do(func() { k.bindings[b.Name] = b.Password; k.Rotated[b.Name]++ })
}

// Usage is the same for all bindings.
func (k Kind) Usage(context.Context, seedbed.Endpoint, seedbed.Binding) (u seedbed.Usage, err error) {
	return seedbed.Usage{Bytes: 8 << 20, Connections: 1}, k.do(func() {})
}

// Dump writes what Load was given last.
func (k Kind) Dump(_ context.Context, _ seedbed.Endpoint, b seedbed.Binding, w io.Writer) (err error) {
	var content string
	if err := k.do(func() { content = k.Content[b.Name] }); err != nil {
		return err
	}
	_, err = io.WriteString(w, content)
	return err
}

// Load keeps what it is given.
func (k Kind) Load(_ context.Context, _ seedbed.Endpoint, b seedbed.Binding, r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return k.do(func() { k.Content[b.Name] = string(content) })
}
