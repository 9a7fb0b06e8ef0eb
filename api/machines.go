package api

import (
	"net/http"

	"seedbed"
	"seedbed/api/wire"
)

// listMachines handles GET /machines, by name.
func (a *api) listMachines(w http.ResponseWriter, r *http.Request) error {
	machines, err := a.Control.Machines(r.Context(), actor(r))
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, all(machines, machineShape))
}

func machineShape(m seedbed.Machine) wire.Machine {
	return wire.Machine{
		ID: string(m.ID), Name: m.Name, Up: m.Up, Since: moment(m.Since), Tasks: m.Tasks,
		Total: resourcesShape(m.Total), Promised: resourcesShape(m.Promised),
	}
}

func resourcesShape(r seedbed.Resources) wire.Resources {
	return wire.Resources{CPUs: r.CPUs, Memory: r.Memory, Disk: r.Disk}
}

// showUsage handles GET /sites/{name}/usage.
func (a *api) showUsage(w http.ResponseWriter, r *http.Request) error {
	use, err := a.Control.Usage(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	shape := wire.Usage{At: use.At.UTC(), Tasks: use.Tasks, Memory: use.Memory, MemoryLimit: use.Limit}
	if use.CPUsKnown {
		shape.CPUs = &use.CPUs
	}
	return a.answer(w, r, http.StatusOK, shape)
}
