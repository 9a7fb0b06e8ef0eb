package nginxconf

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"

	"seedbed"
)

// Status answers what a portal on another machine asks of this router: GET
// /routes, with what nginx serves now, GET /check, GET /report, and GET
// /visits?workload=ID. They are for who knows the token: visits name the
// addresses of visitors.
func (r *Router) Status(token seedbed.Secret) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /routes", r.showRoutes)
	mux.HandleFunc("GET /check", r.showCheck)
	mux.HandleFunc("GET /report", func(w http.ResponseWriter, _ *http.Request) { r.showJSON(w, r.Report()) })
	mux.HandleFunc("GET /visits", r.showVisits)
	return Guarded(token, mux)
}

// Guarded lets only those in who give a token, as HTTP's Bearer. Without a token
// it lets nobody in.
func Guarded(token seedbed.Secret, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		given := []byte(req.Header.Get("Authorization"))
		if token == "" || subtle.ConstantTimeCompare(given, []byte("Bearer "+token.Reveal())) != 1 {
			http.Error(w, "The token is wrong.", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, req)
	})
}

func (r *Router) showVisits(w http.ResponseWriter, req *http.Request) {
	visits, err := r.Visits(req.Context(), seedbed.WorkloadID(req.URL.Query().Get("workload")))
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	r.showJSON(w, visits)
}

func (r *Router) showJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(value); err != nil {
		r.Log.Debug("an answer was not taken", "error", err)
	}
}

func (r *Router) showRoutes(w http.ResponseWriter, req *http.Request) {
	routes, err := r.Routes(req.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	r.showJSON(w, routes)
}

func (r *Router) showCheck(w http.ResponseWriter, req *http.Request) {
	if err := r.Check(req.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
