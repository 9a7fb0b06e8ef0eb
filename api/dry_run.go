package api

import "net/http"

// isDryRun reports whether a request asks only if it could be carried out:
// ?dry_run=true. It is checked as ever, also against what is there and what its
// token may, and answered with 204, or with the problem that it would meet.
func isDryRun(r *http.Request) (bool, error) { return readSwitch(r, "dry_run") }

// readSwitch reads a query parameter that is true or false, and false if it is
// missing.
func readSwitch(r *http.Request, name string) (bool, error) {
	switch r.URL.Query().Get(name) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, mistaken(name, "“"+name+"” is true or false.")
}
