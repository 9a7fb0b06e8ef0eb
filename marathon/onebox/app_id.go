package onebox

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// segmentPattern is the grammar of one segment of an app id, as in Marathon.
const segmentPattern = `^(([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*([a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])|(\.|\.\.)$`

// maxID keeps task ids, which are made from app ids, within what Docker takes
// as the name of a container.
const maxID = 180

var (
	segmentGrammar = regexp.MustCompile(`^(?:(?:[a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])\.)*(?:[a-z0-9]|[a-z0-9][a-z0-9\-]*[a-z0-9])$`)
	reservedIDs    = []string{"restart", "tasks", "versions", ".", ".."}
)

// cleanID returns the absolute form of an app id: one leading slash, none at
// the end, "." and ".." resolved.
func cleanID(id string) string { return path.Clean("/" + id) }

// canonicalID returns the absolute form of an id that is seen from base, as in
// Marathon: "../db" from "/shop/web" is "/shop/db".
func canonicalID(id, base string) string {
	id = strings.TrimSpace(id)
	if strings.HasPrefix(id, "/") {
		return cleanID(id)
	}
	return cleanID(base + "/" + id)
}

// idMistakes returns what is wrong with a clean app id, in Marathon's words.
func idMistakes(id string) []string {
	if id == "/" {
		return []string{"must not be root", "Path must contain at least one path element"}
	}
	if len(id) > maxID {
		return []string{"must not be longer than 180 characters"}
	}
	segments := strings.Split(id[1:], "/")
	for _, s := range segments {
		if !segmentGrammar.MatchString(s) {
			return []string{"must fully match regular expression '" + segmentPattern + "'"}
		}
	}
	if slices.Contains(reservedIDs, segments[len(segments)-1]) {
		return []string{"must not end with any of the following reserved keywords: " + strings.Join(reservedIDs, ", ")}
	}
	return nil
}

// safeID is the form of an app id that task ids begin with: "/sites/wiki"
// becomes "sites_wiki". It is unambiguous, for "_" is no part of an app id.
func safeID(id string) string { return strings.ReplaceAll(strings.Trim(id, "/"), "/", "_") }
