package marathon

import (
	"fmt"
	"regexp"
	"strings"

	"seedbed"
)

// group is where in Marathon the workloads of a client are, such as "/seedbed".
// The empty one is the root. The rest of the system knows nothing of it.
type group string

// groupGrammar is that of Marathon's group ids, without dots.
var groupGrammar = regexp.MustCompile(`^(/[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$`)

// maxGroup leaves room for the names of sites in Marathon's task ids.
const maxGroup = 80

// parseGroup reads "seedbed", "/seedbed" or "/team/seedbed"; "" and "/" are the
// root.
func parseGroup(text string) (group, error) {
	clean := strings.Trim(text, "/")
	if clean == "" {
		return "", nil
	}
	if g := "/" + clean; len(g) <= maxGroup && groupGrammar.MatchString(g) {
		return group(g), nil
	}
	return "", fmt.Errorf("marathon: %q is not a group such as /seedbed: small letters, digits and -, at most %d characters", text, maxGroup)
}

// app is the id that a workload has in Marathon.
func (g group) app(id seedbed.WorkloadID) string { return string(g) + string(id) }

// workload is what an app is to the rest of the system. It is false for an app
// outside of the group, which is somebody else's.
func (g group) workload(app string) (seedbed.WorkloadID, bool) {
	rest, ours := strings.CutPrefix(app, string(g))
	return seedbed.WorkloadID(rest), ours && strings.HasPrefix(rest, "/")
}

// Group returns the id of the group that the client's apps are in; "" is the
// root.
func (c *Client) Group() string { return string(c.group) }
