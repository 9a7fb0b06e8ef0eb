package doctor

import (
	"bytes"
	"context"
	"net"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestMachine_SaysWhatIsWrongWithASystem(t *testing.T) {
	for release, want := range map[string]Level{
		"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n": Fine,
		"PRETTY_NAME=\"Debian GNU/Linux 13\"\nID=debian\nVERSION_ID=\"13\"\n":            Trouble,
		"PRETTY_NAME=\"Ubuntu\"\nID=ubuntu\nVERSION_ID=\"12\"\n":                         Trouble,
	} {
		m := Machine{Root: fstest.MapFS{"etc/os-release": {Data: []byte(release)}}}
		if got := m.system(t.Context()); got.Level != want || want != Fine && got.Next == "" {
			t.Errorf("%q: %+v", release, got)
		}
	}
	if got := (Machine{Root: fstest.MapFS{}}).systemd(t.Context()); got.Level != Trouble {
		t.Errorf("without systemd: %+v", got)
	}
}

func TestMachine_JudgesMemory(t *testing.T) {
	for text, want := range map[string]Level{"MemTotal:  512000 kB\n": Trouble, "MemTotal: 1500000 kB\n": Warning, "MemTotal: 4000000 kB\n": Fine, "": Warning} {
		m := Machine{Root: fstest.MapFS{"proc/meminfo": {Data: []byte("X: 1 kB\n" + text)}}}
		if got := m.memory(t.Context()); got.Level != want {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestMachine_KnowsAClockThatCannotBeRight(t *testing.T) {
	made := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	m := Machine{Built: made, Now: func() time.Time { return made.AddDate(-56, 0, 0) }}
	if got := m.clock(t.Context()); got.Level != Trouble {
		t.Errorf("%+v", got)
	}
}

func TestFreePorts_TellsOursFromOthers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := []Port{{Address: l.Addr().String(), For: "the portal"}}
	for holder, want := range map[string]Level{"": Trouble, "Seedbed": Fine} {
		got := Examine(t.Context(), FreePorts(taken, func(context.Context) string { return holder }))
		if len(got) != 1 || got[0].Level != want || got[0].Check != "Port of the portal" {
			t.Errorf("held by %q: %+v", holder, got)
		}
	}
	elsewhere := FreePorts([]Port{{Address: "192.0.2.1:9", For: "x"}}, func(context.Context) string { return "" })
	if got := Examine(t.Context(), elsewhere); got[0].Level != Trouble {
		t.Errorf("an address of another machine: %+v", got)
	}
}

func TestWorst(t *testing.T) {
	for _, c := range []struct {
		levels []Level
		want   Level
	}{{nil, Fine}, {[]Level{Fine, Warning, Fine}, Warning}, {[]Level{Warning, Trouble, Warning}, Trouble}} {
		var all []Finding
		for _, l := range c.levels {
			all = append(all, Finding{Level: l})
		}
		if got := Worst(all); got != c.want {
			t.Errorf("%v: %s", c.levels, got)
		}
	}
}

func TestPrint_ShowsTheNextStepOfWhatIsWrong(t *testing.T) {
	var out bytes.Buffer
	Print(&out, []Finding{{Check: "A", Level: Fine, Says: "Well."}, {Check: "B", Level: Trouble, Says: "Broken.", Next: "Mend it."}}, Warning)
	if got := out.String(); strings.Contains(got, "Well") || !strings.Contains(got, "TROUBLE  B: Broken.\n           → Mend it.\n") {
		t.Errorf("it printed\n%s", got)
	}
}
