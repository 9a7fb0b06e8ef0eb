//go:build integration

package marathontest_test

import (
	"testing"

	"seedbed/marathon/internal/enginetest"
	"seedbed/marathon/marathontest"
	"seedbed/marathon/onebox"
)

// TestOneboxOnDocker_IsAMarathon checks an engine whose tasks really run.
func TestOneboxOnDocker_IsAMarathon(t *testing.T) {
	docker := enginetest.Docker(t)
	tasks := marathontest.Tasks{
		Image:  enginetest.Image(t, docker),
		Serves: `"env":{"BEHAVIOUR":"serve"}`, Sick: `"env":{"BEHAVIOUR":"sick"}`, Fails: `"env":{"BEHAVIOUR":"exit"}`, Ends: `"env":{"BEHAVIOUR":"end"}`,
	}
	address := serve(t, onebox.Config{
		Docker: docker, Installation: enginetest.Installation(t, docker), PortMin: 36000, PortMax: 36999, HostNetwork: true, HostPrograms: true,
	})
	marathontest.Run(t, marathontest.Target{URL: address, Tasks: tasks, Onebox: true})
}
