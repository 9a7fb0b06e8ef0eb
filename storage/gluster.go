package storage

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"seedbed"
)

// GlusterConfig says which GlusterFS volume holds the volumes of sites, and how
// it comes to this machine. All fields but Servers and MountLog are needed.
type GlusterConfig struct {
	Volume string // its name in GlusterFS
	// Servers are host names or addresses that it is mounted from, the others
	// in reserve for the first. With none, somebody else mounts it.
	Servers []string
	Dir     string // where it is mounted, absolute
	Size    int64  // MiB that a volume of a site may hold if it does not say so itself
	// Command is the program that speaks to glusterd on this machine, with
	// what comes before its arguments: ["gluster"].
	Command  []string
	MountLog string // file for what the mount has to say; "" means the system's own
	Memory   Memory
	Now      func() time.Time
}

// Gluster keeps volumes as folders of a GlusterFS volume, each with a quota. It
// is a Directory that may come and go, and may be used by many goroutines.
type Gluster struct {
	*Directory
	config GlusterConfig
	cli    cli

	mu      sync.Mutex
	checked time.Time // when the bricks were last asked for
	bricks  error     // what came of it
}

var glusterName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$`)

// ParseGluster reads "gluster:VOLUME", which is mounted already, or
// "gluster:HOST,HOST/VOLUME", which is to be mounted from the first of the
// hosts that answers.
func ParseGluster(s string) (volume string, servers []string, err error) {
	rest, ok := strings.CutPrefix(s, "gluster:")
	if hosts, name, has := strings.Cut(rest, "/"); has {
		servers, rest = strings.Split(hosts, ","), name
	}
	if !ok || !glusterName.MatchString(rest) {
		return "", nil, fmt.Errorf("%q is neither gluster:VOLUME nor gluster:HOST,HOST/VOLUME", s)
	}
	for _, host := range servers {
		if _, err := seedbed.ParseHostName(host); err != nil && net.ParseIP(host).To4() == nil {
			return "", nil, fmt.Errorf("%q is not the name or address of a machine", host)
		}
	}
	return rest, servers, nil
}

// NewGluster opens the volume, mounting it where that is ours to do. One that
// is away is no error, as with New.
func NewGluster(ctx context.Context, c GlusterConfig) (*Gluster, error) {
	if !filepath.IsAbs(c.Dir) || c.Size <= 0 || len(c.Command) == 0 || c.Memory == nil || c.Now == nil {
		return nil, fmt.Errorf("GlusterFS volume %q: its configuration is not complete", c.Volume)
	}
	g := &Gluster{config: c, cli: cli{command: c.Command, volume: c.Volume}}
	g.Directory = &Directory{path: filepath.Clean(c.Dir), memory: c.Memory, reach: g.reach}
	return g, g.start(ctx)
}

// Ensure makes the volume if it is not there, limits what it may hold, and
// returns its absolute path. It is safe to repeat, and after a change of the
// volume's size gives it the new one.
func (g *Gluster) Ensure(ctx context.Context, v seedbed.Volume) (string, error) {
	path, err := g.Directory.Ensure(ctx, v)
	if err != nil {
		return "", err
	}
	if err := g.limit(ctx, v); err != nil {
		return "", fmt.Errorf("limit volume %s of %s: %w", v.Name, v.Owner, err)
	}
	return path, nil
}

// Remove deletes the volume with its limit and all that is in it. It is safe to
// repeat.
func (g *Gluster) Remove(ctx context.Context, v seedbed.Volume) error {
	there, err := g.Exists(ctx, v)
	if err != nil {
		return err
	}
	if there {
		if err := g.unlimit(ctx, v); err != nil {
			return fmt.Errorf("take the limit off volume %s of %s: %w", v.Name, v.Owner, err)
		}
	}
	return g.Directory.Remove(ctx, v)
}

// bricksEvery is how often the bricks are asked for, because that costs glusterd
// a moment on every machine.
const bricksEvery = 30 * time.Second

// CheckBricks returns nil if all bricks were there when they were last asked
// for, at most half a minute ago.
func (g *Gluster) CheckBricks(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if age := g.config.Now().Sub(g.checked); age < bricksEvery && !g.checked.IsZero() {
		return g.bricks
	}
	bricks, err := g.cli.bricks(ctx)
	if err == nil {
		err = missing(bricks)
	}
	g.bricks, g.checked = err, g.config.Now()
	return err
}

func missing(bricks []seedbed.Brick) error {
	var away []string
	for _, b := range bricks {
		if !b.Online {
			away = append(away, b.Host+":"+b.Path)
		}
	}
	if len(away) == 0 {
		return nil
	}
	return fmt.Errorf("away: %s", strings.Join(away, ", "))
}
