package web

import (
	"net/http"

	"seedbed/templates"
)

// showStorage handles GET /operations/storage.
func (p *portal) showStorage(w http.ResponseWriter, r *http.Request) error {
	view, err := p.Control.StorageView(r.Context(), actor(r))
	if err != nil {
		return err
	}
	page := templates.StoragePage{Storage: view.Storage, Backups: templates.BackupRoom(view.Backups)}
	for _, size := range view.Sizes {
		page.Sizes = append(page.Sizes, templates.VolumeSize(size))
	}
	return p.show(w, r, http.StatusOK, templates.StorageState(p.frame(r, templates.Storage, "Storage"), page))
}
