package doctor

import (
	"bufio"
	"context"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Machine is what is asked of the machine itself, before and after a Seedbed is
// installed on it.
type Machine struct {
	Root   fs.FS     // the file system; os.DirFS("/")
	Dir    string    // that keeps everything; it need not be there yet
	Built  time.Time // when this program was made; the zero time if that is not known
	Now    func() time.Time
	Domain string // sites are at <name>.<Domain>
	Listen string // address of portal and sites
}

// Limits of a machine.
const (
	leastMemory = 900 << 20
	goodMemory  = 1800 << 20
	leastDisk   = 3 << 30
	goodDisk    = 10 << 30
)

// Checks returns the checks of the machine.
func (m Machine) Checks() []Check {
	return []Check{
		{"System", m.system},
		{"systemd", m.systemd},
		{"Processor", m.processor},
		{"Memory", m.memory},
		{"Disk", m.disk},
		{"Clock", m.clock},
		{"Containers", m.containers},
		{"Machine's name", m.hostName},
		{"Addresses of sites", m.domain},
	}
}

func (m Machine) system(context.Context) Finding {
	text, err := fs.ReadFile(m.Root, "etc/os-release")
	if err != nil {
		return trouble("It cannot be found out which system this is.", "Install on Debian 12.")
	}
	known := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		known[key] = strings.Trim(value, `"'`)
	}
	if known["ID"] != "debian" || known["VERSION_ID"] != "12" {
		return trouble("This machine runs "+known["PRETTY_NAME"]+".", "Install Debian 12; the images of sites are made from its packages.")
	}
	return fine(known["PRETTY_NAME"])
}

func (m Machine) systemd(context.Context) Finding {
	if _, err := fs.Stat(m.Root, "run/systemd/system"); err != nil {
		return trouble("systemd does not run here, so nothing would start again after a reboot.", "Use a machine that boots with systemd, as Debian does; a plain container does not.")
	}
	return fine("It runs.")
}

func (m Machine) processor(context.Context) Finding {
	if !slices.Contains([]string{"amd64", "arm64"}, runtime.GOARCH) {
		return trouble("This is a "+runtime.GOARCH+" machine.", "Use one with an amd64 or arm64 processor.")
	}
	return fine(fmt.Sprintf("%s with %d cores", runtime.GOARCH, runtime.NumCPU()))
}

func (m Machine) memory(context.Context) Finding {
	f, err := m.Root.Open("proc/meminfo")
	if err != nil {
		return warning("The size of the memory cannot be read.", "Look whether /proc is mounted.")
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == "MemTotal:" {
			kib, _ := strconv.ParseInt(fields[1], 10, 64)
			return judgeSize(kib<<10, leastMemory, goodMemory, "%s of memory", "Give the machine 2 GB or more; a few sites with a database need that.")
		}
	}
	return warning("The size of the memory cannot be read.", "Look whether /proc is mounted.")
}

func (m Machine) disk(context.Context) Finding {
	dir := m.Dir
	for ; dir != "/"; dir = filepath.Dir(dir) { // the nearest folder that is there
		if _, err := os.Stat(dir); err == nil {
			break
		}
	}
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return warning("The free space of "+dir+" cannot be read.", "Look whether its disk is mounted.")
	}
	return judgeSize(int64(s.Bavail)*s.Bsize, leastDisk, goodDisk, "%s free at "+dir, "Make room, or give the machine a larger disk. Sites stop when none is left.")
}

// judgeSize compares a size in bytes with what is needed and what is good.
func judgeSize(size, least, good int64, says, next string) Finding {
	says = fmt.Sprintf(says, fmt.Sprintf("%.1f GB", float64(size)/(1<<30)))
	switch {
	case size < least:
		return trouble("There is only "+says+".", next)
	case size < good:
		return warning("There is only "+says+".", next)
	default:
		return fine(says)
	}
}

func (m Machine) clock(ctx context.Context) Finding {
	now := m.Now()
	if now.Before(m.Built) {
		return trouble("The clock says "+now.Format(time.DateOnly)+", which is before this program was made.", "Set the clock: timedatectl set-time “2026-01-31 12:00:00”, with today's date and time. Sign-ins and updates depend on it.")
	}
	out, err := exec.CommandContext(ctx, "timedatectl", "show", "--property=NTPSynchronized", "--value").Output()
	if err == nil && strings.TrimSpace(string(out)) == "no" {
		return warning("The clock says "+now.Format(time.DateTime)+" and is not set from the network.", "Compare it with your watch. Where there is a network: timedatectl set-ntp true.")
	}
	return fine(now.Format(time.DateTime + " MST"))
}

// containers looks for what Docker needs of the kernel.
func (m Machine) containers(ctx context.Context) Finding {
	if !m.hasOverlay(ctx) {
		return trouble("The kernel has no overlay file system, on which containers stand.", "Use Debian's own kernel; in a virtual machine of a hosting company, ask for one with a kernel of its own.")
	}
	_, v2 := fs.Stat(m.Root, "sys/fs/cgroup/cgroup.controllers")
	_, v1 := fs.Stat(m.Root, "sys/fs/cgroup/memory")
	if v1 != nil && v2 != nil {
		return trouble("The kernel cannot limit the memory of containers: no cgroups are mounted at /sys/fs/cgroup.", "Boot with systemd, and without “cgroup_disable=memory”.")
	}
	return fine("The kernel has what containers need.")
}

func (m Machine) hasOverlay(ctx context.Context) bool {
	text, err := fs.ReadFile(m.Root, "proc/filesystems")
	if err == nil && strings.Contains(string(text), "\toverlay\n") {
		return true
	}
	return exec.CommandContext(ctx, "modprobe", "--dry-run", "--quiet", "overlay").Run() == nil
}

func (m Machine) hostName(ctx context.Context) Finding {
	name, err := os.Hostname()
	if err != nil {
		return warning("The machine has no name.", "Give it one: hostnamectl set-hostname NAME.")
	}
	if _, err := net.DefaultResolver.LookupHost(ctx, name); err != nil {
		return warning("The machine does not find itself by its name, “"+name+"”.", "Add the line “127.0.1.1 "+name+"” to /etc/hosts.")
	}
	return fine(name)
}

// domain asks whether visitors would find sites here: any name below the domain
// has to lead to this machine.
func (m Machine) domain(ctx context.Context) Finding {
	if m.Domain == "localhost" {
		return warning("Sites are at <name>.localhost, which only browsers on this machine find.", "Choose a domain of your own, and have its DNS lead *.<domain> to this machine.")
	}
	name := "seedbed-check." + m.Domain
	found, err := net.DefaultResolver.LookupHost(ctx, name)
	if err != nil {
		return warning("Names such as "+name+" lead nowhere yet, so visitors find no site.", "Have the DNS of "+m.Domain+" lead *."+m.Domain+" to this machine.")
	}
	if !slices.ContainsFunc(found, isOurs) {
		return warning(name+" leads to "+strings.Join(found, ", ")+", which is not an address of this machine.", "If that is a router that passes visitors on, all is well. Otherwise correct the DNS of "+m.Domain+".")
	}
	return fine("*." + m.Domain + " leads here.")
}

// isOurs reports whether the machine has an address.
func isOurs(text string) bool {
	all, err := net.InterfaceAddrs()
	want, err2 := netip.ParseAddr(text)
	return err == nil && err2 == nil && slices.ContainsFunc(all, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr().Unmap() == want.Unmap()
	})
}
