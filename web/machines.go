package web

import (
	"net/http"

	"seedbed"
	"seedbed/templates"
)

// showMachines handles GET /operations/machines. If the engine does not answer, the page
// says so.
func (p *portal) showMachines(w http.ResponseWriter, r *http.Request) error {
	machines, err := p.Control.Machines(r.Context(), actor(r))
	page := templates.MachinesPage{Machines: machines}
	switch seedbed.CodeOf(err) {
	case "":
	case seedbed.Unavailable:
		p.log(r, http.StatusServiceUnavailable, err)
		page.Trouble = seedbed.MessageOf(err)
	default:
		return err
	}
	return p.show(w, r, http.StatusOK, templates.MachineList(p.frame(r, templates.Machines, "Machines"), page))
}
