package storage

import (
	"context"
	"strconv"

	"seedbed"
)

// limits is the answer to "volume quota VOLUME list".
type limits struct {
	Outcome
	Limits []struct {
		Path  string     `xml:"path"`
		Limit limitBytes `xml:"hard_limit"`
		Used  int64      `xml:"used_space"`
	} `xml:"volQuota>limit"`
}

// limitBytes is a number of bytes, or 0 where gluster has "N/A": there is no
// limit.
type limitBytes int64

// UnmarshalText accepts nothing else.
func (l *limitBytes) UnmarshalText(text []byte) error {
	if string(text) == "N/A" {
		*l = 0
		return nil
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	*l = limitBytes(n)
	return err
}

// limit makes GlusterFS refuse what goes beyond the size of a volume that is
// there, unless it does so already.
func (g *Gluster) limit(ctx context.Context, v seedbed.Volume) error {
	size := v.Size
	if size <= 0 {
		size = g.config.Size
	}
	want, path := size<<20, glusterPath(v)
	usage, err := g.cli.usage(ctx, path)
	if said(err, quotaIsOff) {
		err = g.cli.enableQuota(ctx)
	}
	if err != nil || usage[path].Limit == want {
		return err
	}
	return g.cli.ask(ctx, &Outcome{}, "quota", g.config.Volume, "limit-usage", path, strconv.FormatInt(want, 10))
}

func (g *Gluster) unlimit(ctx context.Context, v seedbed.Volume) error {
	path := glusterPath(v)
	usage, err := g.cli.usage(ctx, path)
	if said(err, quotaIsOff) {
		return nil
	}
	if _, limited := usage[path]; err != nil || !limited {
		return err
	}
	return g.cli.ask(ctx, &Outcome{}, "quota", g.config.Volume, "remove", path)
}

// glusterPath is a volume's folder as GlusterFS names it. nameOf has checked it.
func glusterPath(v seedbed.Volume) string { return "/" + v.Owner + "/" + v.Name }

// What glusterd says.
const (
	quotaIsOff   = "Quota is disabled"
	quotaIsOn    = "Quota is already enabled"
	nothingLimit = "No quota configured"
)

// usage returns how much is in folders that have a limit: those of the given
// paths, or all.
func (c *cli) usage(ctx context.Context, paths ...string) (map[string]seedbed.VolumeUsage, error) {
	var l limits
	err := c.ask(ctx, &l, append([]string{"quota", c.volume, "list"}, paths...)...)
	if said(err, nothingLimit) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	usage := make(map[string]seedbed.VolumeUsage, len(l.Limits))
	for _, one := range l.Limits {
		if one.Limit > 0 {
			usage[one.Path] = seedbed.VolumeUsage{Used: one.Used, Limit: int64(one.Limit)}
		}
	}
	return usage, nil
}

// enableQuota switches quotas on. By its own values GlusterFS counts so seldom
// that a volume could grow by gigabytes beyond its limit; whoever has switched
// quotas on before us has chosen these values too.
func (c *cli) enableQuota(ctx context.Context) error {
	for _, args := range [][]string{
		{"quota", c.volume, "enable"},
		{"quota", c.volume, "soft-timeout", "2"}, // seconds, while a volume is rather empty
		{"quota", c.volume, "hard-timeout", "1"}, // seconds, while it is rather full
	} {
		if err := c.ask(ctx, &Outcome{}, args...); err != nil && !said(err, quotaIsOn) {
			return err
		}
	}
	return nil
}
