//go:build integration

package certs

// runJob is what this program does where it is started as a process that is
// to be killed.
func runJob(string) int { return 1 }
