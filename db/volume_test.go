package db_test

import "testing"

func TestVolumesMark_IsKeptAndReplaced(t *testing.T) {
	where := folder(t)
	d := open(t, where)
	if mark, err := d.VolumesMark(t.Context()); mark != "" || err != nil {
		t.Fatalf("at first it is %q, %v", mark, err)
	}
	for _, mark := range []string{"ONE", "TWO"} {
		if err := d.SetVolumesMark(t.Context(), mark); err != nil {
			t.Fatal(err)
		}
	}
	if mark, err := open(t, where).VolumesMark(t.Context()); mark != "TWO" || err != nil {
		t.Errorf("after a restart it is %q, %v", mark, err)
	}
}
