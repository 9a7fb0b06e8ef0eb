package web

import (
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"seedbed"
	"seedbed/httperror"
	"seedbed/static"
)

// routes puts all handlers in their places. Everything outside isPublic needs
// a signed-in user, also what is added here later.
func (p *portal) routes() http.Handler {
	r := chi.NewRouter()
	r.Use(
		secureHeaders,
		p.refuseForeignHosts,
		middleware.Compress(5, "text/html", "text/css", "text/javascript", "image/svg+xml"),
		httperror.Recover(p.fail),
		p.refuseCrossSite,
		p.limitBody,
		p.identify,
		p.demandUser,
		p.readForm,
		middleware.GetHead,
	)
	r.NotFound(p.do(noSuchPage))
	r.MethodNotAllowed(p.do(noSuchPage))

	r.Get("/healthz", healthz)
	r.Method(http.MethodGet, static.Prefix+"{hash}/{file}", p.assets)
	r.Get("/setup", p.do(p.askSetup))
	r.Post("/setup", p.do(p.setUp))
	r.Get("/sign-in", p.do(p.askSignIn))
	r.Post("/sign-in", p.do(p.signIn))
	r.Post("/sign-out", p.do(p.signOut))

	r.Get("/invitation", p.do(p.askInvitation))
	r.Post("/invitation", p.do(p.acceptInvitation))
	r.Get("/new-password", p.do(p.askPassword))
	r.Post("/new-password", p.do(p.setPassword))

	r.Get("/", p.do(p.showHome))
	r.Get("/services", p.do(p.showServices))
	r.Post("/services", p.do(p.startService))
	r.Get("/services/new", p.do(p.chooseService))
	r.Get("/services/new/{kind}", p.do(p.newService))
	r.Post("/services/{kind}/retry", p.do(p.retryService))
	r.Get("/activity", p.do(p.showActivity))
	r.Get("/operations/storage", p.do(p.showStorage))
	r.Get("/operations/machines", p.do(p.showMachines))
	r.Get("/operations/routing", p.do(p.showRouting))
	r.Get("/deployments/{id}", p.do(p.showDeployment))
	r.Get("/deployments/{id}/events", p.do(p.tellDeployment))
	r.Post("/sites", p.do(p.createSite))
	r.Get("/sites/new", p.do(p.chooseTemplate))
	r.Get("/sites/new/{template}", p.do(p.newSite))
	r.Get("/sites/new/{template}/review", p.do(p.reviewSite))
	r.Post("/sites/new/{template}", p.do(p.newSitePosted))
	r.Post("/sites/new/{template}/review", p.do(p.reviewSitePosted))
	r.Route("/sites/{name}", p.siteRoutes)
	r.Route("/projects", p.projectRoutes)
	r.Route("/people", p.peopleRoutes)
	r.Get("/once/{id}", p.do(p.showOnce))
	r.Get("/account", p.do(p.showAccount))
	r.Post("/account/password", p.do(p.changePassword))
	r.Post("/account/sign-out", p.do(p.signOutEverywhere))
	r.Get("/account/tokens", p.do(p.showTokens))
	r.Post("/account/tokens", p.do(p.createToken))
	r.Post("/account/tokens/{id}/revoke", p.do(p.revokeToken))
	return r
}

// siteRoutes are those about one site that is there.
func (p *portal) siteRoutes(r chi.Router) {
	r.Get("/", p.do(p.showSite))
	r.Post("/retry", p.do(p.retrySite))
	r.Post("/return", p.do(p.returnSite))
	r.Post("/pause", p.do(p.pauseSite))
	r.Post("/resume", p.do(p.resumeSite))
	r.Post("/passwords", p.do(p.renewPasswords))
	r.Post("/sign-in", p.do(p.revealSignIn))
	r.Get("/settings", p.do(p.askSettings))
	r.Post("/settings", p.do(p.changeSite))
	r.Get("/visitors", p.do(p.showVisitors))
	r.Post("/visitors", p.do(p.changeVisitors))
	r.Get("/files", p.do(p.showFiles))
	r.Post("/files", p.do(p.uploadFiles))
	r.Post("/files/delete", p.do(p.deleteFile))
	r.Get("/logs", p.do(p.showLogs))
	r.Get("/logs/events", p.do(p.tellLog))
	r.Get("/logs/download", p.do(p.downloadLog))
	r.Get("/backups", p.do(p.showBackups))
	r.Post("/backups", p.do(p.backUpSite))
	r.Get("/backups/{backup}/restore", p.do(p.askRestore))
	r.Post("/backups/{backup}/restore", p.do(p.restoreSite))
	r.Post("/backups/{backup}/delete", p.do(p.deleteBackup))
	r.Get("/move", p.do(p.askMove))
	r.Post("/move", p.do(p.moveSite))
	r.Get("/delete", p.do(p.askDelete))
	r.Post("/delete", p.do(p.deleteSite))
}

// healthz handles GET /healthz. It says that the portal itself answers, and
// nothing of what stands behind it.
func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "ok\n") //nolint:errcheck // the one who asked has gone
}

func noSuchPage(http.ResponseWriter, *http.Request) error {
	return seedbed.Missing("There is nothing at this address. It may have been deleted, or the link may be old.")
}
