package storage

import (
	"context"
	"fmt"
	"strconv"

	"seedbed"
)

// volumeStatus is the answer to "volume status VOLUME detail".
type volumeStatus struct {
	Outcome
	Nodes []struct {
		Host   string `xml:"hostname"`
		Path   string `xml:"path"`
		Status int    `xml:"status"`
		Total  int64  `xml:"sizeTotal"`
		Free   int64  `xml:"sizeFree"`
	} `xml:"volStatus>volumes>volume>node"`
}

// volumeInfo is the answer to "volume info VOLUME".
type volumeInfo struct {
	Outcome
	Volumes []struct {
		Replicas int `xml:"replicaCount"`
	} `xml:"volInfo>volumes>volume"`
}

// healing is the answer to "volume heal VOLUME info summary". A brick that is
// away has no numbers.
type healing struct {
	Outcome
	Bricks []struct {
		Name   string `xml:"name"`
		Behind string `xml:"totalNumberOfEntries"`
		Split  string `xml:"numberOfEntriesInSplitBrain"`
	} `xml:"healInfo>bricks>brick"`
}

// State finds out how the volume is. What cannot be found out now is said in
// Trouble; it is an error only if the folder is away.
func (g *Gluster) State(ctx context.Context) (seedbed.Storage, error) {
	s, err := g.Directory.State(ctx)
	s.Gluster = g.config.Volume
	if err != nil {
		return s, err
	}
	if err := g.describe(ctx, &s); err != nil {
		s.Trouble = "We cannot see how GlusterFS is."
		if seedbed.CodeOf(err) == seedbed.Unavailable {
			s.Trouble = seedbed.MessageOf(err)
		}
		s.Words = err.Error()
	}
	return s, nil
}

func (g *Gluster) describe(ctx context.Context, s *seedbed.Storage) (err error) {
	var info volumeInfo
	if err := g.cli.ask(ctx, &info, "info", g.config.Volume); err != nil {
		return err
	}
	for _, v := range info.Volumes {
		s.Replicas = v.Replicas
	}
	if s.Bricks, err = g.cli.bricks(ctx); err != nil {
		return err
	}
	return g.cli.addHealing(ctx, s.Bricks)
}

// bricks returns all bricks, without how far behind they are.
func (c *cli) bricks(ctx context.Context) ([]seedbed.Brick, error) {
	var status volumeStatus
	if err := c.ask(ctx, &status, "status", c.volume, "detail"); err != nil {
		return nil, err
	}
	bricks := make([]seedbed.Brick, len(status.Nodes))
	for i, n := range status.Nodes {
		bricks[i] = seedbed.Brick{Host: n.Host, Path: n.Path, Online: n.Status == 1, Total: n.Total, Free: n.Free, Behind: -1}
	}
	if len(bricks) == 0 {
		return nil, fmt.Errorf("glusterd shows no bricks of volume %s", c.volume)
	}
	return bricks, nil
}

// addHealing asks each brick what it knows to be missing somewhere.
func (c *cli) addHealing(ctx context.Context, bricks []seedbed.Brick) error {
	var h healing
	if err := c.ask(ctx, &h, "heal", c.volume, "info", "summary"); err != nil {
		return err
	}
	for _, told := range h.Bricks {
		for i := range bricks {
			if b := &bricks[i]; told.Name == b.Host+":"+b.Path {
				b.Behind, b.Split = count(told.Behind), max(0, count(told.Split))
			}
		}
	}
	return nil
}

func count(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1
	}
	return n
}
