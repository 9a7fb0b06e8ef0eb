package marathon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"

	"seedbed"
)

// MaxLogPart is how many bytes Log returns at most: what a Mesos agent sends at
// once.
const MaxLogPart = 16 * 4096

// MaxLog is how many bytes of a log can be downloaded.
const MaxLog = 256 << 20

// Log returns at most length bytes of what a task printed, from offset on; with
// a negative offset those at the end. A log that is not kept any more is a
// NotFound error, an engine that does not answer an Unavailable one.
func (c *Client) Log(ctx context.Context, t seedbed.Task, name seedbed.LogName, offset, length int64) (seedbed.LogPart, error) {
	length = min(max(length, 0), MaxLogPart)
	agent, path, err := c.logFile(ctx, t, name)
	if err != nil {
		return seedbed.LogPart{}, fmt.Errorf("find the log of %s: %w", t.ID, err)
	}
	end, err := c.readFile(ctx, agent, path, -1, 0)
	if err != nil {
		return seedbed.LogPart{}, fmt.Errorf("read the log of %s: %w", t.ID, err)
	}
	size := *end.Offset
	if offset < 0 {
		offset = max(0, size-length)
	}
	part := seedbed.LogPart{From: min(offset, size), Size: size}
	part.To = min(part.From+length, part.Size)
	if part.To > part.From {
		read, err := c.readFile(ctx, agent, path, part.From, part.To-part.From)
		if err != nil {
			return seedbed.LogPart{}, fmt.Errorf("read the log of %s: %w", t.ID, err)
		}
		part.Text = read.Data
	}
	return part, nil
}

// fileRead is an agent's answer about a file.
type fileRead struct {
	Data   string `json:"data"`
	Offset *int64 `json:"offset"`
}

func (f *fileRead) whole() error {
	if f.Offset == nil || *f.Offset < 0 {
		return errors.New("it does not say where in the file it is")
	}
	return nil
}

func (c *Client) readFile(ctx context.Context, agent *url.URL, path string, offset, length int64) (fileRead, error) {
	query := url.Values{"path": {path}, "offset": {strconv.FormatInt(offset, 10)}}
	if length > 0 {
		query.Set("length", strconv.FormatInt(length, 10))
	}
	var in fileRead
	if err := c.ask(ctx, agent, "/files/read", query, &in); err != nil {
		return fileRead{}, err
	}
	if offset >= 0 && int64(len(in.Data)) > 3*length { // a byte that is no UTF-8 comes as three
		return fileRead{}, implausible(fmt.Errorf("offset %d with %d bytes", *in.Offset, len(in.Data)))
	}
	return in, nil
}

// Download returns the whole log as it was printed, up to MaxLog bytes. The
// caller closes it; ctx bounds how long it may take.
func (c *Client) Download(ctx context.Context, t seedbed.Task, name seedbed.LogName) (io.ReadCloser, error) {
	agent, path, err := c.logFile(ctx, t, name)
	if err != nil {
		return nil, fmt.Errorf("find the log of %s: %w", t.ID, err)
	}
	body, err := c.open(ctx, agent, "/files/download", url.Values{"path": {path}})
	if err != nil {
		return nil, fmt.Errorf("download the log of %s: %w", t.ID, c.mesosTrouble(agent, err))
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(body, MaxLog), body}, nil
}

// logFile returns the agent that has a log, and its name there.
func (c *Client) logFile(ctx context.Context, t seedbed.Task, name seedbed.LogName) (*url.URL, string, error) {
	if name != seedbed.Stdout && name != seedbed.Stderr {
		return nil, "", seedbed.Missing("There is no such log.")
	}
	if t.Machine == "" {
		return nil, "", seedbed.Missing("It has not begun anywhere yet, so it has printed nothing.")
	}
	agent, err := c.agent(ctx, t.Machine)
	if err != nil {
		return nil, "", err
	}
	folder, err := c.folder(ctx, agent, t.ID)
	return agent, folder + "/" + string(name), err
}

// folder returns where the agent keeps what a task left. It never changes.
func (c *Client) folder(ctx context.Context, agent *url.URL, id seedbed.TaskID) (string, error) {
	c.mesos.mu.Lock()
	folder := c.mesos.folders[id]
	c.mesos.mu.Unlock()
	if folder != "" {
		return folder, nil
	}
	folder, err := c.findFolder(ctx, agent, id)
	if err != nil {
		return "", err
	}
	c.mesos.mu.Lock()
	defer c.mesos.mu.Unlock()
	keep(c.mesos.folders, id, folder)
	return folder, nil
}

type executorState struct {
	ID        string `json:"id"`
	Directory string `json:"directory"`
}

// agentRuns is what is read of an agent's state: what runs there and what ran.
type agentRuns struct {
	Frameworks *[]agentFramework `json:"frameworks"`
	Completed  []agentFramework  `json:"completed_frameworks"`
}

type agentFramework struct {
	Executors []executorState `json:"executors"`
	Completed []executorState `json:"completed_executors"`
}

func (r *agentRuns) whole() error {
	if r.Frameworks == nil {
		return errors.New("there is no list of frameworks")
	}
	return nil
}

// findFolder looks for the run in the agent's state. The executor of a task of
// Marathon is called like the task.
func (c *Client) findFolder(ctx context.Context, agent *url.URL, id seedbed.TaskID) (string, error) {
	var in agentRuns
	if err := c.ask(ctx, agent, "/state", nil, &in); err != nil {
		return "", err
	}
	for _, f := range append(*in.Frameworks, in.Completed...) {
		for _, e := range append(f.Executors, f.Completed...) {
			if e.ID == string(id) && e.Directory != "" {
				return e.Directory, nil
			}
		}
	}
	return "", seedbed.Missing("What it printed is not kept any more, or there is nothing yet.")
}
