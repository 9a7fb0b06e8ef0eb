package main

import "testing"

func TestMachineOptions_AreNumbersAndPairs(t *testing.T) {
	c, err := parseConfig("serve", []string{"-dir", t.TempDir(), "-machine-memory", "2000", "-machine-attributes", "rack=r1, disk=ssd", "-machine-zone", "z"})
	if err != nil {
		t.Fatal(err)
	}
	m := c.promises
	if m.Mem != 2000 || m.CPUs != 0 || m.CPUFactor != 4 || m.Attributes["rack"] != "r1" || m.Attributes["disk"] != "ssd" || m.Zone != "z" {
		t.Errorf("%+v", m)
	}
	for _, wrong := range [][]string{
		{"-machine-cpus", "two"}, {"-machine-memory", "-1"}, {"-cpu-factor", "0"}, {"-machine-disk", "NaN"}, {"-machine-disk", "1e12"},
		{"-machine-attributes", "rack"}, {"-machine-attributes", "@zone=x"}, {"-machine-attributes", "hostname=x"},
	} {
		if _, err := parseConfig("serve", append(wrong, "-dir", t.TempDir())); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}
