package web

import (
	"net/http"
	"strconv"

	"seedbed/templates"
)

// filesPerPage keeps the page small on a slow line.
const filesPerPage = 100

// showFiles handles GET /sites/{name}/files.
func (p *portal) showFiles(w http.ResponseWriter, r *http.Request) error {
	return p.showFilesWith(w, r, templates.Form{})
}

// showFilesWith shows the files of a site, with what was wrong with an upload.
func (p *portal) showFilesWith(w http.ResponseWriter, r *http.Request, form templates.Form) error {
	site, files, cut, err := p.Control.Files(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	page := templates.FilesPage{SiteFrame: siteFrame(site, "files"), Form: form, Notice: notice(r), Cut: cut}
	page.Pages = max(1, (len(files)+filesPerPage-1)/filesPerPage)
	page.Page = min(max(1, pageAsked(r)), page.Pages)
	for _, file := range files[(page.Page-1)*filesPerPage : min(page.Page*filesPerPage, len(files))] {
		page.Files = append(page.Files, templates.File(file))
	}
	return p.show(w, r, formStatus(form), templates.Files(p.frame(r, templates.Sites, "Files of "+string(site.Site.Title)), page))
}

// pageAsked is the number of the page; anything that is none means the first.
func pageAsked(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil {
		return 1
	}
	return n
}

// deleteFile handles POST /sites/{name}/files/delete.
func (p *portal) deleteFile(w http.ResponseWriter, r *http.Request) error {
	if err := p.Control.DeleteFile(r.Context(), actor(r), siteName(r), r.PostFormValue("file")); err != nil {
		return err
	}
	return seeOther(w, r, siteURL(r)+"/files?did=delete")
}
