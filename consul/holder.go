package consul

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// holder is who holds a lock, in words that only a process of the same machine,
// since the same start of it, can look up.
type holder struct {
	Host  string `json:"host"` // for people
	Boot  string `json:"boot"` // kernel's random id of this start of the machine
	Space string `json:"space"`
	PID   int    `json:"pid"`
	Began string `json:"began"` // when the process started, in ticks since the boot
	Beats int    `json:"beats"` // signs of life so far; 0 if it gives none
}

// thisProcess is what this process is as a holder. What cannot be found out is
// empty, and then nobody can prove that it is gone.
func thisProcess() holder {
	host, _ := os.Hostname() // only said to people
	boot, space := here()
	began, _ := begun(os.Getpid())
	return holder{Host: host, Boot: boot, Space: space, PID: os.Getpid(), Began: began}
}

// here returns what tells this start of this machine, and this space of process
// ids, from all others.
func here() (boot, space string) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", ""
	}
	space, err = os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "", ""
	}
	return strings.TrimSpace(string(id)), space
}

// begun returns when a process started, in ticks. The error is fs.ErrNotExist if
// there is none.
func begun(pid int) (string, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", err
	}
	// The name is in brackets and may hold anything; the time is the 20th field
	// after it (proc_pid_stat(5), field 22).
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return "", errors.New("the kernel does not tell when the process began")
	}
	if fields[0] == "Z" || fields[0] == "X" {
		return "", fs.ErrNotExist
	}
	return fields[19], nil
}

// isGone reports whether the process has surely ended. Of another machine, or
// another start of this one, nothing is known.
func (h holder) isGone() bool {
	boot, space := here()
	if boot == "" || h.Boot != boot || h.Space != space || h.PID <= 0 || h.Began == "" {
		return false
	}
	began, err := begun(h.PID)
	return errors.Is(err, fs.ErrNotExist) || err == nil && began != h.Began
}
