package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

func backupID(r *http.Request) string { return chi.URLParam(r, "backup") }

// showBackups handles GET /sites/{name}/backups.
func (p *portal) showBackups(w http.ResponseWriter, r *http.Request) error {
	site, list, err := p.Control.SiteBackups(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	page := templates.BackupsPage{SiteFrame: siteFrame(site, "backups"), Backups: list, Notice: notice(r), Busy: site.Deployment.State == seedbed.Working}
	page.Files, page.Kinds = belongings(site)
	return p.show(w, r, http.StatusOK, templates.Backups(p.frame(r, templates.Sites, "Backups of "+string(site.Site.Title)), page))
}

// backUpSite handles POST /sites/{name}/backups.
func (p *portal) backUpSite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := p.Control.BackUpSite(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return seeOther(w, r, templates.DeploymentURL(deployment.ID))
}

// askRestore handles GET /sites/{name}/backups/{backup}/restore: it says what is
// replaced.
func (p *portal) askRestore(w http.ResponseWriter, r *http.Request) error {
	return p.showRestore(w, r, templates.Form{})
}

// restoreSite handles POST /sites/{name}/backups/{backup}/restore. It demands
// the site's name.
func (p *portal) restoreSite(w http.ResponseWriter, r *http.Request) error {
	confirm := r.PostFormValue("confirm")
	deployment, err := p.Control.RestoreSite(r.Context(), actor(r), siteName(r), backupID(r), confirm)
	if err == nil {
		return seeOther(w, r, templates.DeploymentURL(deployment.ID))
	}
	form := templates.Form{Values: map[string]string{"confirm": confirm}}
	if err := form.Fail(err); err != nil {
		return err
	}
	form.Keep("confirm")
	return p.showRestore(w, r, form)
}

func (p *portal) showRestore(w http.ResponseWriter, r *http.Request, form templates.Form) error {
	site, backup, err := p.backupFor(r, seedbed.RestoreSite)
	if err != nil {
		return err
	}
	page := templates.RestorePage{SiteFrame: siteFrame(site, ""), Backup: backup, Form: form}
	page.Files, page.Kinds = belongings(site)
	return p.show(w, r, formStatus(form), templates.Restore(p.frame(r, templates.Sites, "Put back "+string(site.Site.Title)), page))
}

func (p *portal) backupFor(r *http.Request, action seedbed.Action) (control.Site, seedbed.Backup, error) {
	return p.Control.SiteBackup(r.Context(), actor(r), siteName(r), backupID(r), action)
}

// belongings tells what a site has: files, and parts of kinds of services.
func belongings(site control.Site) (files bool, kinds []string) {
	for _, b := range site.Bindings {
		kinds = append(kinds, b.Service.Kind)
	}
	return len(site.Volumes) > 0, kinds
}

// deleteBackup handles POST /sites/{name}/backups/{backup}/delete.
func (p *portal) deleteBackup(w http.ResponseWriter, r *http.Request) error {
	if err := p.Control.DeleteBackup(r.Context(), actor(r), siteName(r), backupID(r)); err != nil {
		return err
	}
	return seeOther(w, r, siteURL(r)+"/backups?did=delete-backup")
}
