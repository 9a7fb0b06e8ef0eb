package marathontest_test

// pending are the checks of what the engine does not do yet. `go test -v` tells
// which of them hold by now.
func pending() []string {
	return []string{
		"examples: several apps are made and changed at once",
	}
}
