package templates

import (
	"strconv"

	"seedbed"
)

// roleDoes is what somebody with a role may do in a project.
func roleDoes(role seedbed.Role) string {
	switch role {
	case seedbed.Viewer:
		return "a viewer sees the sites and how they are"
	case seedbed.Editor:
		return "an editor makes and changes sites, uploads files and sees the first sign-in of sites that they made"
	case seedbed.Owner:
		return "an owner may also delete sites, see the first sign-in of all and decide who is in the project"
	}
	return string(role)
}

// roleMeans is a role as an answer to choose.
func roleMeans(role seedbed.Role) string {
	switch role {
	case seedbed.Viewer:
		return "Viewer: sees the sites"
	case seedbed.Editor:
		return "Editor: makes and changes sites"
	case seedbed.Owner:
		return "Owner: deletes sites too, and decides who is here"
	}
	return string(role)
}

// roleTold is a role with its article: "an owner".
func roleTold(role seedbed.Role) string { return article(string(role)) + " " + string(role) }

// count is a number of things: "1 site", "4 sites", "no sites".
func count(n int, thing string) string {
	switch n {
	case 0:
		return "no " + thing + "s"
	case 1:
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
