package marathon

import (
	"context"
	"errors"
	"slices"
	"strings"

	"seedbed"
)

// deploymentState is what is read of a deployment under way.
type deploymentState struct {
	AffectedApps *[]string `json:"affectedApps"`
}

// leavingTask is what is read of a task whose app may be gone.
type leavingTask struct {
	AppID   string `json:"appId"`
	State   string `json:"state"`
	SlaveID string `json:"slaveId"`
}

// ended are the states of tasks whose containers surely are not there any more.
// A task that is lost or unknown may well run.
var ended = []string{
	"TASK_FINISHED", "TASK_FAILED", "TASK_KILLED", "TASK_ERROR", "TASK_DROPPED", "TASK_GONE", "TASK_GONE_BY_OPERATOR",
}

// addLeaving adds to the apps that were read just before what Marathon no
// longer has as an app but is not done with.
//
// Marathon drops an app as soon as its end is ordered. The deployment that
// carries the order out is there before that (GroupManagerImpl deploys the plan
// and only then exchanges the groups), and until the last task is gone; so what
// is missing in the apps and has not ended is found in the deployments, if they
// are read afterwards. Tasks that a cancelled deployment has left behind are
// found in the list of tasks; onebox has them there, while Marathon leaves out
// those whose app is gone.
func (c *Client) addLeaving(ctx context.Context, all map[seedbed.WorkloadID]seedbed.Observed) error {
	deployments, err := c.readDeployments(ctx)
	if err != nil {
		return err
	}
	tasks, err := c.readTasks(ctx)
	if err != nil {
		return err
	}
	leaving := map[seedbed.WorkloadID]seedbed.Observed{}
	for _, d := range deployments {
		for _, app := range *d.AffectedApps {
			c.note(leaving, app, "")
		}
	}
	for _, t := range tasks {
		if !slices.Contains(ended, t.State) {
			c.note(leaving, t.AppID, t.State)
		}
	}
	for id, o := range leaving {
		if _, there := all[id]; !there {
			all[id] = o
		}
	}
	return nil
}

// note takes in that something of an app is there, perhaps a task.
func (c *Client) note(leaving map[seedbed.WorkloadID]seedbed.Observed, app, task string) {
	id, ours := c.group.workload(app)
	if !ours {
		return
	}
	o := leaving[id]
	o.ID = id
	if task == taskRunning {
		o.Running++
	}
	o.Unseen = o.Unseen || task == taskUnreachable
	leaving[o.ID] = o
}

// deploymentList is the answer to the question for all deployments.
type deploymentList []deploymentState

func (l *deploymentList) whole() error {
	if *l == nil || slices.ContainsFunc(*l, func(d deploymentState) bool { return d.AffectedApps == nil }) {
		return errors.New("there is no list of deployments with their apps")
	}
	return nil
}

func (c *Client) readDeployments(ctx context.Context) (deploymentList, error) {
	var in deploymentList
	if err := c.call(ctx, get("/v2/deployments", nil), into(&in)); err != nil {
		return nil, unavailableOf(err)
	}
	return in, nil
}

// taskList is the answer to the question for all tasks.
type taskList struct {
	Tasks *[]leavingTask `json:"tasks"`
}

func (l *taskList) whole() error {
	if l.Tasks == nil || slices.ContainsFunc(*l.Tasks, func(t leavingTask) bool { return !strings.HasPrefix(t.AppID, "/") }) {
		return errors.New("there is no list of tasks with their apps")
	}
	return nil
}

func (c *Client) readTasks(ctx context.Context) ([]leavingTask, error) {
	var in taskList
	if err := c.call(ctx, get("/v2/tasks", nil), into(&in)); err != nil {
		return nil, unavailableOf(err)
	}
	return *in.Tasks, nil
}
