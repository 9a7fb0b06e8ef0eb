package reconciletest

import (
	"context"

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
	return k.do(func() { k.bindings[b.Name] = true; k.Ensured[b.Name]++ })
}

// Bound looks for a binding.
func (k Kind) Bound(_ context.Context, _ seedbed.Endpoint, b seedbed.Binding) (there bool, err error) {
	err = k.do(func() { there = k.bindings[b.Name] })
	return there, err
}

// Gone reports whether a binding is not there.
func (k Kind) Gone(_ context.Context, _ seedbed.Endpoint, b seedbed.Binding) (gone bool, err error) {
	err = k.do(func() { gone = !k.bindings[b.Name] })
	return gone, err
}

// Remove deletes a binding.
func (k Kind) Remove(_ context.Context, _ seedbed.Endpoint, b seedbed.Binding) error {
	return k.do(func() { delete(k.bindings, b.Name) })
}
