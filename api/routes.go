package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"seedbed"
	"seedbed/httperror"
)

// Prefix is where the API is.
const Prefix = "/api/v1"

// MetricsPath is where Prometheus looks.
const MetricsPath = "/metrics"

// documentPath is the only thing that is told to everybody.
const documentPath = Prefix + "/openapi.json"

// routes puts all handlers in their places. Everything but the document needs a
// token, also what is added here later.
func (a *api) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(secureHeaders, httperror.Recover(a.fail), a.limitBody, a.demandToken, middleware.GetHead)
	r.NotFound(a.do(noSuchResource))
	r.MethodNotAllowed(a.do(wrongMethod))
	r.Route(Prefix, a.resources)
	r.Get(MetricsPath, a.do(a.showMetrics))
	return r
}

// resources are in the order of the document.
func (a *api) resources(r chi.Router) {
	r.Get("/openapi.json", a.do(a.showDocument))
	r.Get("/me", a.do(a.showMe))
	r.Get("/templates", a.do(a.listTemplates))

	r.Get("/sites", a.do(a.listSites))
	r.Post("/sites", a.once(a.createSite))
	r.Get("/sites/{name}", a.do(a.showSite))
	r.Patch("/sites/{name}", a.do(a.changeSite))
	r.Delete("/sites/{name}", a.do(a.deleteSite))
	r.Get("/sites/{name}/status", a.do(a.showStatus))
	r.Get("/sites/{name}/visitors", a.do(a.showVisitors))
	r.Patch("/sites/{name}/visitors", a.do(a.changeVisitors))
	r.Get("/sites/{name}/visits", a.do(a.showVisits))
	r.Get("/sites/{name}/revisions", a.do(a.listRevisions))
	r.Get("/sites/{name}/log", a.do(a.showLog))
	r.Get("/sites/{name}/log/events", a.do(a.followLog))
	r.Get("/sites/{name}/usage", a.do(a.showUsage))
	r.Post("/sites/{name}/move", a.once(a.moveSite))
	r.Post("/sites/{name}/passwords", a.once(a.renewPasswords))
	r.Get("/sites/{name}/files", a.do(a.listFiles))
	r.Put("/sites/{name}/files", a.do(a.uploadFile))
	r.Post("/sites/{name}/files", a.do(a.uploadZip))
	r.Delete("/sites/{name}/files", a.do(a.deleteFile))
	r.Post("/sites/{name}/retry", a.once(a.retrySite))
	r.Post("/sites/{name}/return", a.once(a.returnSite))
	r.Post("/sites/{name}/pause", a.once(a.pauseSite))
	r.Post("/sites/{name}/resume", a.once(a.resumeSite))
	r.Post("/sites/{name}/sign-in", a.once(a.revealSignIn))
	r.Get("/sites/{name}/backups", a.do(a.listBackups))
	r.Post("/sites/{name}/backups", a.once(a.backUpSite))
	r.Post("/sites/{name}/backups/{backup}/restore", a.once(a.restoreSite))
	r.Delete("/sites/{name}/backups/{backup}", a.do(a.deleteBackup))

	r.Get("/services", a.do(a.listServices))
	r.Post("/services", a.once(a.startService))
	r.Post("/services/{kind}/restart", a.once(a.restartService))
	r.Get("/machines", a.do(a.listMachines))
	r.Get("/volumes", a.do(a.listVolumes))
	r.Get("/deployments", a.do(a.listDeployments))
	r.Get("/deployments/{id}", a.do(a.showDeployment))
	r.Get("/events", a.do(a.listEvents))

	r.Get("/projects", a.do(a.listProjects))
	r.Post("/projects", a.once(a.createProject))
	r.Get("/projects/{name}", a.do(a.showProject))
	r.Patch("/projects/{name}", a.do(a.renameProject))
	r.Delete("/projects/{name}", a.do(a.deleteProject))
	r.Post("/projects/{name}/invitations", a.once(a.invite))
	r.Delete("/projects/{name}/invitations/{id}", a.do(a.withdrawInvitation))
	r.Patch("/projects/{name}/members/{id}", a.do(a.changeMember))
	r.Delete("/projects/{name}/members/{id}", a.do(a.removeMember))

	r.Get("/users", a.do(a.listUsers))
	r.Patch("/users/{id}", a.do(a.changeUser))
	r.Post("/users/{id}/block", a.once(a.blockUser))
	r.Post("/users/{id}/unblock", a.once(a.unblockUser))
	r.Post("/users/{id}/password-link", a.once(a.offerPassword))

	r.Get("/tokens", a.do(a.listTokens))
	r.Post("/tokens", a.once(a.createToken))
	r.Get("/tokens/{id}", a.do(a.showToken))
	r.Delete("/tokens/{id}", a.do(a.revokeToken))
}

func noSuchResource(http.ResponseWriter, *http.Request) error {
	return seedbed.Missing("There is nothing at this address. GET " + documentPath + " lists what there is.")
}

// wrongMethod tells which methods there are (RFC 9110, section 15.5.6).
func wrongMethod(w http.ResponseWriter, r *http.Request) error {
	routes := chi.RouteContext(r.Context()).Routes
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if routes.Match(chi.NewRouteContext(), method, r.URL.Path) {
			w.Header().Add("Allow", method)
			if method == http.MethodGet {
				w.Header().Add("Allow", http.MethodHead)
			}
		}
	}
	return &refusal{status: http.StatusMethodNotAllowed, code: "method_not_allowed", sentence: "This cannot be done with " + r.Method + " here."}
}
