package main

import "testing"

func TestParseConfig_RefusesPlacesForVolumesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	for _, args := range [][]string{
		{"-volumes", "nfs:server"}, {"-volumes", "gluster:-x"}, {"-volumes", ""}, {"-volume-size", "0"}, {"-volume-size", "much"},
	} {
		if c, err := parseConfig("serve", append(args, "-dir", dir)); err == nil {
			t.Errorf("%v gives %+v", args, c)
		}
	}
	c, err := parseConfig("serve", []string{"-dir", dir, "-volumes", "gluster:m1/sites"})
	if err != nil || c.VolumeDir != dir+"/volumes" || c.VolumeMiB != 10240 {
		t.Errorf("got %+v, %v", c, err)
	}
}
