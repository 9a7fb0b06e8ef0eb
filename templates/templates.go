// Package templates draws the portal's pages. Each page is a component that
// takes a Frame, which is what all pages have in common, and a struct with
// exactly what it shows; parts that many pages use, such as a time, a size or
// the badge of a state, have one component each.
//
// It knows no store, no routes' meaning and no HTTP: what it is given it shows,
// and it decides nothing but words and looks.
package templates

import (
	"time"

	"seedbed"
	"seedbed/static"
)

// Places of the portal, as its navigation names them.
const (
	Sites        Place = "sites"
	Services     Place = "services"
	Storage      Place = "storage"
	Activity     Place = "activity"
	Machines     Place = "machines"
	RoutingPlace Place = "routing"
	Projects     Place = "projects"
	Everyone     Place = "people"
	Own          Place = "account"
)

// Place is the part of the portal that a page belongs to.
type Place string

// Frame is what every page shows around its own content.
type Frame struct {
	Title string // of the page; the browser shows it
	Place Place
	User  string // who is signed in; empty for nobody
	// Standing is what they are to the installation: what may be offered to them.
	Standing seedbed.Standing
	Parts    []seedbed.PartStatus
	Assets   *static.Assets
	Now      time.Time // in the time zone that times are shown in
	// Refresh is after how many seconds a browser without script asks for the
	// page again; 0 means never.
	Refresh int
}

// troubles returns the parts that do not work.
func (f Frame) troubles() []seedbed.PartStatus {
	var troubles []seedbed.PartStatus
	for _, part := range f.Parts {
		if !part.OK {
			troubles = append(troubles, part)
		}
	}
	return troubles
}
