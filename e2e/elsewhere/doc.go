// Package elsewhere runs all tests of e2e once more, on a Marathon that the
// portals share and did not start: `seedbed engine` behind TLS and a password.
package elsewhere
