package marathontest

// Difference is something that onebox does otherwise than Marathon, on purpose.
// The check that sees it holds onebox to what onebox's DESIGN.md says.
type Difference struct {
	// Marathon is what Marathon does, in the words of the table in DESIGN.md.
	Marathon string
	// Check is the name of the check that holds onebox to it.
	Check string
	// Unseen says why no check can see it from outside, if there is none.
	Unseen string
}

// Differences are all of onebox's, in the order of the table.
func Differences() []Difference {
	return []Difference{
		{Marathon: "checks begin after min(interval, 5 s)", Check: "running: the first check of health comes after five seconds"},
		{Marathon: "after a cancelled deployment old containers stay", Check: "conflict: after a cancelled deployment an equal order changes nothing"},
		{Marathon: "an instance that is ready is asked again in the next deployment", Unseen: "only the task is asked"},
		{Marathon: "`lastResponse` has the whole body", Unseen: "no task here answers with so much"},
		{Marathon: "what ends during a restart comes back at once", Unseen: "it is a matter of moments"},
		{Marathon: "a request that changes nothing makes a version of the root group", Unseen: "so do all other requests at the same time"},
		{Marathon: "`enforceRole` can be true", Unseen: "it would change the group of the whole run"},
		{Marathon: "scale check every five minutes", Check: "conflict: what a cancelled deployment has not begun begins minutes later"},
		{Marathon: "TASK_FINISHED leaves no lastTaskFailure", Check: "running: a task that ends well is begun again and is no failure"},
		{Marathon: "DELETE /v2/leader ends the process", Unseen: "a check must not end the target"},
		{Marathon: "`fetch` with `cache` keeps files", Unseen: "it takes a server that the tasks of the target reach"},
		{Marathon: "the error of a failed fetch is in the log of the agent", Unseen: "Marathon's message is not the same in all versions"},
		{Marathon: "a command without an image runs as the Mesos user", Unseen: "who that is depends on the target"},
		{Marathon: "events to callbacks by any address", Check: "system: events are sent to any address that is asked for"},
		{Marathon: "unknown paths answer 500", Check: "errors: an address that does not exist is 500"},
		{Marathon: "a `hostPort` outside the agent's range never fits", Check: "queue: a port that no machine offers is the reason"},
		{Marathon: "processors are promised once", Unseen: "how many there are is not told"},
		{Marathon: "counts of offers begin anew when the leader changes", Unseen: "a check must not end the target"},
		{Marathon: "`check`, of any protocol, beside health checks", Check: "examples: an app with a generic check is taken"},
		{Marathon: "Docker makes the folder of a volume that is not there", Unseen: "which folders may be mounted depends on the target"},
		{Marathon: "of two definitions with one id in a list the last counts", Check: "update: of two definitions with one id in a list the last counts"},
		{Marathon: "POST /logging sets levels", Unseen: "a check must not change the target's log"},
		{Marathon: "pods", Check: "system: there are pods"},
	}
}
