package onebox

import "net/http"

// showLeader handles GET /v2/leader: there is only this one.
func showLeader(w http.ResponseWriter, r *http.Request) error {
	return answer(w, http.StatusOK, map[string]string{"leader": r.Host})
}

// abdicate handles DELETE /v2/leader. There is nobody else to lead, so all that
// happens is what clients notice of it: streams of events end, and whoever reads
// them connects again and reads everything anew.
func (e *Engine) abdicate(w http.ResponseWriter, _ *http.Request) error {
	e.hub.cutAll()
	return answer(w, http.StatusOK, map[string]string{"message": "Leadership abdicated"})
}
