package main

import (
	"flag"
	"fmt"
	"strconv"
	"strings"

	"seedbed/marathon/onebox"
)

// machineOptions say what the engine may promise to tasks. They are texts until
// they are read, because they may come from the environment.
type machineOptions struct {
	cpus, memory, disk, factor, region, zone, attributes string

	promises onebox.Machine
}

// defaultFactor lets a machine of two processors run sites that ask for eight in
// all. A share of a processor is a weight, which slows nobody down who is alone,
// and most sites wait for visitors most of the time. Memory is not promised
// twice: who has used up that of the machine is ended.
const defaultFactor = "4"

func (o *machineOptions) flags(f *flag.FlagSet) {
	textFlag(f, &o.cpus, "machine-cpus", "", "processors that the engine promises to containers (default: those of the machine, times -cpu-factor)")
	textFlag(f, &o.memory, "machine-memory", "", "MiB of memory that the engine promises to containers (default: that of the machine less 512, but at least half)")
	textFlag(f, &o.disk, "machine-disk", "", "MiB of disk that the engine promises to containers (default: that of -dir less 5120, but at least half)")
	textFlag(f, &o.factor, "cpu-factor", defaultFactor, "how often the engine promises each processor of the machine")
	textFlag(f, &o.region, "machine-region", "", "what @region means in constraints")
	textFlag(f, &o.zone, "machine-zone", "", "what @zone means in constraints")
	textFlag(f, &o.attributes, "machine-attributes", "", "what other fields of constraints mean: rack=r1,disk=ssd")
}

// read turns the texts into what the engine takes.
func (o *machineOptions) read() error {
	o.promises = onebox.Machine{Region: o.region, Zone: o.zone, Attributes: map[string]string{}}
	for _, one := range []struct {
		to         *float64
		name, text string
	}{
		{&o.promises.CPUs, "machine-cpus", o.cpus}, {&o.promises.Mem, "machine-memory", o.memory},
		{&o.promises.Disk, "machine-disk", o.disk}, {&o.promises.CPUFactor, "cpu-factor", o.factor},
	} {
		if one.text == "" {
			continue
		}
		value, err := strconv.ParseFloat(one.text, 64)
		if err != nil || !(value > 0 && value < 1e9) {
			return fmt.Errorf("-%s: %q is not a number above 0", one.name, one.text)
		}
		*one.to = value
	}
	for _, pair := range words(o.attributes) {
		name, value, found := strings.Cut(pair, "=")
		if !found || name == "" || strings.HasPrefix(name, "@") || name == "hostname" {
			return fmt.Errorf("-machine-attributes: %q is not of the form NAME=VALUE with a name of its own", pair)
		}
		o.promises.Attributes[name] = value
	}
	return nil
}
