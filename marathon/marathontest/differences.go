package marathontest

// Difference is something that onebox does otherwise than Marathon, on purpose.
// The check that sees it holds onebox to what onebox's DESIGN.md says.
type Difference struct {
	// Marathon is what Marathon does, in the words of the table in DESIGN.md.
	Marathon string
	// Check is the name of the check.
	Check string
}

// Differences are all of onebox's, in the order of the table.
func Differences() []Difference {
	return []Difference{
		{"checks begin after min(interval, 5 s)", "running: the first check of health comes after five seconds"},
		{"after a cancelled deployment old containers stay", "conflict: after a cancelled deployment an equal order changes nothing"},
		{"scale check every five minutes", "conflict: what a cancelled deployment has not begun begins minutes later"},
		{"TASK_FINISHED leaves no lastTaskFailure", "running: a task that ends well is begun again and is no failure"},
		{"unknown paths answer 500", "errors: an address that does not exist is 500"},
		{"`check`, of any protocol, beside health checks", "examples: an app with a generic check is taken"},
		{"pods", "system: there are pods"},
	}
}
