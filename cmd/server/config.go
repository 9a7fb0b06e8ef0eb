package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"seedbed"
	"seedbed/storage"
)

// config is what an installation can choose. A flag wins over the environment
// (SEEDBED_PORT for -port), which wins over the default.
type config struct {
	Dir       string // keeps everything
	Listen    string // address of the portal and of the sites
	Port      int    // the first of the ports; see the methods below
	Domain    string // sites are <name>.<Domain>
	Consul    string // program
	Nginx     string // program
	TaskPorts string // "31000-31999": ports for containers, on the loopback address
	Volumes   string // where people's files are: "folder", or what storage.ParseGluster reads
	// ServiceDir is the folder for volumes of shared services, if sites are on
	// GlusterFS; the same as VolumeDir puts them there as well.
	ServiceDir string
	VolumeDir  string // the folder, or where the GlusterFS volume is mounted
	Gluster    string // program that speaks to glusterd
	BackupDir  string // folder of the backups of sites
	VolumeMiB  int64  // that a volume may hold if its template does not say so; GlusterFS only
	SitePort   int    // sites; the default is counted from Port
	Adopt      bool   // systemd keeps Consul and nginx running, not serve

	LogAge   time.Duration // how long logs of containers that have ended are kept
	LogSpace int           // MiB that they may take in all
	machineOptions
	visitorOptions
	certOptions
}

// parseConfig reads the flags of a command.
func parseConfig(command string, args []string, more ...func(*flag.FlagSet)) (config, error) {
	var c config
	flags := flag.NewFlagSet("seedbed "+command, flag.ContinueOnError)
	text := func(to *string, name, value, about string) {
		flags.StringVar(to, name, fromEnv(name, value), about)
	}
	text(&c.Dir, "dir", "var", "folder that keeps everything")
	text(&c.Listen, "listen", "127.0.0.1", "address on which portal and sites are served")
	text(&c.Domain, "domain", "localhost", "sites are served at <name>.<domain>")
	text(&c.Consul, "consul", besides("consul"), "Consul's program")
	text(&c.Nginx, "nginx", "/usr/sbin/nginx", "nginx's program")
	text(&c.TaskPorts, "task-ports", "31000-31999", "ports for containers, on the loopback address")
	text(&c.Volumes, "volumes", "folder", "where people's files are: folder, gluster:VOLUME (mounted already), or gluster:HOST,HOST/VOLUME")
	text(&c.VolumeDir, "volume-dir", "", "folder for people's files, or where the GlusterFS volume is mounted (default <dir>/volumes)")
	text(&c.BackupDir, "backup-dir", "", "folder for backups of sites (default <dir>/backups)")
	text(&c.Gluster, "gluster", "/usr/sbin/gluster", "GlusterFS's program")
	text(&c.ServiceDir, "service-volume-dir", "", "folder for the files of shared services where those of sites are on GlusterFS (default <dir>/service-volumes)")
	volumeMiB := fromEnv("volume-size", "10240")
	flags.StringVar(&volumeMiB, "volume-size", volumeMiB, "MiB that a volume on GlusterFS may hold if its template does not say so")
	days, space := fromEnv("log-days", "7"), fromEnv("log-space", "1024")
	flags.StringVar(&days, "log-days", days, "days that logs of containers are kept after their end")
	flags.StringVar(&space, "log-space", space, "MiB that these logs may take in all")
	c.machineOptions.flags(flags)
	c.visitorOptions.flags(flags)
	c.certOptions.flags(flags)
	flags.BoolVar(&c.Adopt, "adopt", fromEnv("adopt", "") == "1", "find Consul and nginx instead of starting them; systemd keeps them running")
	port, sitePort := fromEnv("port", "8400"), fromEnv("site-port", "")
	flags.StringVar(&sitePort, "site-port", sitePort, "port of the sites, such as 80; the default is 80 above the portal's")
	flags.StringVar(&port, "port", port, "port of the portal; sites are 80 above it, and others follow (docs/design.md)")
	for _, f := range more {
		f(flags)
	}
	if err := readOptions(flags, args); err != nil {
		return c, err
	}
	if err := c.readPorts(port, sitePort); err != nil {
		return c, err
	}
	var err error
	if c.VolumeMiB, err = strconv.ParseInt(volumeMiB, 10, 64); err != nil {
		return c, fmt.Errorf("-volume-size: %q is not a number", volumeMiB)
	}
	if err := c.readLogLimits(days, space); err != nil {
		return c, err
	}
	if err := errors.Join(c.machineOptions.read(), c.certOptions.read()); err != nil {
		return c, err
	}
	if err := c.visitorOptions.read(); err != nil {
		return c, err
	}
	return c, c.complete()
}

func (c *config) readPorts(port, sitePort string) (err error) {
	if c.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("-port: %q is not a number", port)
	}
	if c.SitePort = c.Port + siteOffset; sitePort == "" {
		return nil
	}
	if c.SitePort, err = strconv.Atoi(sitePort); err != nil {
		return fmt.Errorf("-site-port: %q is not a number", sitePort)
	}
	return nil
}

func (c *config) readLogLimits(days, space string) (err error) {
	n, err := strconv.Atoi(days)
	if err != nil || n < 1 || n > 3650 {
		return fmt.Errorf("-log-days: %q is not a number of days", days)
	}
	c.LogAge = time.Duration(n) * 24 * time.Hour
	if c.LogSpace, err = strconv.Atoi(space); err != nil || c.LogSpace < 1 || c.LogSpace > 1<<20 {
		return fmt.Errorf("-log-space: %q is not a number of MiB", space)
	}
	return nil
}

// fromEnv returns what the environment says of an option.
func fromEnv(name, value string) string {
	if v := os.Getenv("SEEDBED_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))); v != "" {
		return v
	}
	return value
}

// besides returns the path of a program that lies beside this one.
func besides(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}

// complete checks the values and makes paths absolute.
func (c *config) complete() (err error) {
	if c.VolumeDir == "" {
		c.VolumeDir = filepath.Join(c.Dir, "volumes")
	}
	if c.ServiceDir == "" {
		c.ServiceDir = filepath.Join(c.Dir, "service-volumes")
	}
	if c.BackupDir == "" {
		c.BackupDir = filepath.Join(c.Dir, "backups")
	}
	for _, path := range []*string{&c.Dir, &c.Consul, &c.Nginx, &c.Gluster, &c.VolumeDir, &c.ServiceDir, &c.BackupDir} {
		if *path, err = filepath.Abs(*path); err != nil {
			return fmt.Errorf("find %s: %w", *path, err)
		}
	}
	if net.ParseIP(c.Listen) == nil {
		return fmt.Errorf("-listen: %q is not an IP address", c.Listen)
	}
	if c.Port < 1024 || c.Port+siteOffset > 65535 {
		return fmt.Errorf("-port: %d is not between 1024 and %d", c.Port, 65535-siteOffset)
	}
	if c.SitePort < 1 || c.SitePort > 65535 {
		return fmt.Errorf("-site-port: %d is not a port", c.SitePort)
	}
	if _, err := seedbed.ParseHostName(c.Domain); err != nil {
		return fmt.Errorf("-domain: %q is not a host name", c.Domain)
	}
	if err := c.checkVolumes(); err != nil {
		return err
	}
	_, _, err = c.taskPorts()
	return err
}

func (c config) checkVolumes() error {
	if c.VolumeMiB < 1 || c.VolumeMiB > 1<<30 {
		return fmt.Errorf("-volume-size: %d is not a number of MiB", c.VolumeMiB)
	}
	if c.Volumes == "folder" {
		return nil
	}
	if _, _, err := storage.ParseGluster(c.Volumes); err != nil {
		return fmt.Errorf("-volumes: %w", err)
	}
	return nil
}

// The ports are counted from Port, so that a second installation on the same
// machine needs one option only.
const (
	consulOffset    = 10 // HTTP; Serf and RPC are the two after it
	engineOffset    = 20
	tlsOffset       = 43 // sites by HTTPS
	challengeOffset = 44 // what authorities ask
	siteOffset      = 80
	statusOffset    = 90 // of a router that runs alone
	bridgeOffset    = 91 // of a bridge that runs alone
	serviceOffset   = 50 // of the first shared service
)

func (c config) portalAddress() string { return c.address(c.Listen, 0) }
func (c config) siteAddress() string   { return net.JoinHostPort(c.Listen, strconv.Itoa(c.sitePort())) }
func (c config) consulAddress() string { return c.address("127.0.0.1", consulOffset) }
func (c config) engineAddress() string { return c.address("127.0.0.1", engineOffset) }

func (c config) address(host string, offset int) string {
	return net.JoinHostPort(host, strconv.Itoa(c.Port+offset))
}

// portalURL is where people reach the portal: on the network if it listens
// there, else from this machine.
func (c config) portalURL() string {
	host := "localhost"
	switch ip := net.ParseIP(c.Listen); {
	case ip.IsUnspecified():
		host = ownAddress()
	case !ip.IsLoopback():
		host = c.Listen
	}
	return "http://" + c.address(host, 0)
}

// ownAddress is the address by which other machines most likely reach this one:
// the one that it would itself send from. Nothing is sent.
func ownAddress() string {
	c, err := net.Dial("udp4", "192.0.2.1:9") // RFC 5737: an address of nobody
	if err != nil {
		return "localhost" // no way leads out of this machine
	}
	defer c.Close()
	host, _, err := net.SplitHostPort(c.LocalAddr().String())
	if err != nil {
		return "localhost"
	}
	return host
}

// siteURL is where visitors reach a site.
func (c config) siteURL(host seedbed.HostName) string {
	return "http://" + c.siteHost(string(host))
}

// sitePort is where sites are served.
func (c config) sitePort() int { return cmp.Or(c.SitePort, c.Port+siteOffset) }

// siteHost is a host name as visitors write it, with the port where it needs one.
func (c config) siteHost(host string) string {
	if c.sitePort() == 80 {
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(c.sitePort()))
}

func (c config) taskPorts() (first, last int, err error) {
	from, to, ok := strings.Cut(c.TaskPorts, "-")
	first, err1 := strconv.Atoi(from)
	last, err2 := strconv.Atoi(to)
	if !ok || errors.Join(err1, err2) != nil || first < 1024 || last > 65535 || first > last {
		return 0, 0, fmt.Errorf("-task-ports: %q is not a range such as 31000-31999", c.TaskPorts)
	}
	return first, last, nil
}

// path returns a path below Dir.
func (c config) path(names ...string) string {
	return filepath.Join(append([]string{c.Dir}, names...)...)
}
