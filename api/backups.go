package api

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/api/wire"
)

// listBackups handles GET /sites/{name}/backups, newest first.
func (a *api) listBackups(w http.ResponseWriter, r *http.Request) error {
	_, backups, err := a.Control.SiteBackups(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, all(backups, backupShape))
}

func backupShape(b seedbed.Backup) wire.Backup {
	return wire.Backup{
		ID: b.ID, At: b.At.UTC(), By: b.By, Title: string(b.Title), Size: b.Size, Proved: moment(b.Proved), Changed: b.Changed, Trouble: b.Trouble,
	}
}

// backUpSite handles POST /sites/{name}/backups.
func (a *api) backUpSite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := a.Control.BackUpSite(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	return a.accepted(w, r, deployment.ID)
}

// restoreSite handles POST /sites/{name}/backups/{backup}/restore. The name in
// the address is the confirmation that a person has to type.
func (a *api) restoreSite(w http.ResponseWriter, r *http.Request) error {
	deployment, err := a.Control.RestoreSite(r.Context(), actor(r), siteName(r), chi.URLParam(r, "backup"), siteName(r))
	if err != nil {
		return err
	}
	return a.accepted(w, r, deployment.ID)
}

// deleteBackup handles DELETE /sites/{name}/backups/{backup}.
func (a *api) deleteBackup(w http.ResponseWriter, r *http.Request) error {
	return noContent(w, a.Control.DeleteBackup(r.Context(), actor(r), siteName(r), chi.URLParam(r, "backup")))
}
