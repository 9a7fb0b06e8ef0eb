//go:build pending

package marathontest_test

import (
	"testing"
	"time"

	gomarathon "github.com/gambol99/go-marathon"
)

// The tag goes, and this moves to gomarathon_test.go, when the engine has
// constraints.

func TestGoMarathon_FollowsDeploymentsAndTheQueue(t *testing.T) {
	c := openGoMarathon(t)
	app := web("/web")
	app.AddConstraint("hostname", "LIKE", "no-machine-is-called-so")
	made, err := c.CreateApplication(app)
	c.must("create", err)
	id := made.DeploymentIDs()[0].DeploymentID
	there, err := c.HasDeployment(id)
	c.must("has the deployment", err)
	is(c, "the deployment is there", there, true)
	list, err := c.Deployments()
	c.must("deployments", err)
	is(c, "the affected app", list[0].AffectedApps[0], "/web")
	is(c, "the steps", len(list[0].Steps), 2)
	queue := c.awaitQueue()
	is(c, "what waits", queue.Items[0].Application.ID, "/web")
	is(c, "how many", queue.Items[0].Count, 1)
	c.must("end the delay", c.DeleteQueueDelay("/web"))
	_, err = c.UpdateApplication(web("/web").CPU(0.02), false)
	apiError, _ := err.(*gomarathon.APIError)
	is(c, "a locked app is an error of its kind", apiError != nil && apiError.ErrCode == gomarathon.ErrCodeAppLocked, true)
	c.settled(c.DeleteDeployment(id, false))
	ok, err := c.ListApplications(nil)
	c.must("list", err)
	is(c, "apps after going back", len(ok), 0)
}

// awaitQueue waits until something waits.
func (c goMarathon) awaitQueue() *gomarathon.Queue {
	c.Helper()
	for range 500 {
		queue, err := c.Queue()
		c.must("queue", err)
		if len(queue.Items) > 0 {
			return queue
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.Fatal("nothing waits")
	return nil
}
