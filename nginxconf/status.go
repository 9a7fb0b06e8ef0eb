package nginxconf

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"

	"seedbed"
)

// Status answers what a portal on another machine asks of this router: GET
// /routes, with what nginx serves now, and GET /check. Both are for who knows the
// token, and neither tells more than visitors can find out.
func (r *Router) Status(token seedbed.Secret) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /routes", r.showRoutes)
	mux.HandleFunc("GET /check", r.showCheck)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		given := []byte(req.Header.Get("Authorization"))
		if token == "" || subtle.ConstantTimeCompare(given, []byte("Bearer "+token.Reveal())) != 1 {
			http.Error(w, "The token is wrong.", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, req)
	})
}

func (r *Router) showRoutes(w http.ResponseWriter, req *http.Request) {
	routes, err := r.Routes(req.Context())
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(routes); err != nil {
		r.Log.Debug("routes not told", "error", err)
	}
}

func (r *Router) showCheck(w http.ResponseWriter, req *http.Request) {
	if err := r.Check(req.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
