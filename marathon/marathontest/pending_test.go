package marathontest_test

// pending are the checks of what the engine does not do yet. `go test -v` tells
// which of them hold by now.
func pending() []string {
	return []string{
		"defaults: a file to fetch",
		"defaults: an empty list of ports is none",
		"defaults: the host's network with one port",
		"examples: several apps are made and changed at once",
		"forms: ports of a command",
		"forms: uris, unpacked by their names",
		"schema: definitions made by chance are taken, kept and answered in its form",
	}
}
