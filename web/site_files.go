package web

import (
	"fmt"
	"net/http"
	"strconv"

	"seedbed"
	"seedbed/templates"
)

// filesPerPage keeps the page small on a slow line.
const filesPerPage = 100

// uploadsOf returns the volume that people upload a site's files into. It is a
// NotFound error if the site has none.
func uploadsOf(spec seedbed.SiteSpec, t seedbed.Template) (seedbed.Volume, error) {
	for _, v := range spec.Volumes {
		if t.Uploads != "" && v.Name == t.Uploads {
			return v, nil
		}
	}
	return seedbed.Volume{}, seedbed.Missing("Files of this site are not uploaded here; they are added in the site itself.")
}

// showFiles handles GET /sites/{name}/files.
func (p *portal) showFiles(w http.ResponseWriter, r *http.Request) error {
	spec, err := p.siteAsked(r)
	if err != nil {
		return err
	}
	return p.showFilesOf(w, r, spec, templates.Form{})
}

// showFilesOf shows the files of a site, with what was wrong with an upload.
func (p *portal) showFilesOf(w http.ResponseWriter, r *http.Request, spec seedbed.SiteSpec, form templates.Form) error {
	page := templates.FilesPage{SiteFrame: p.siteFrame(spec, "files"), Form: form, Notice: notice(r)}
	volume, err := uploadsOf(spec, page.Template)
	if err != nil {
		return err
	}
	files, cut, err := p.Files.Files(r.Context(), volume)
	if err != nil {
		return fmt.Errorf("list files: %w", err)
	}
	page.Cut = cut
	page.Pages = max(1, (len(files)+filesPerPage-1)/filesPerPage)
	page.Page = min(max(1, pageAsked(r)), page.Pages)
	for _, file := range files[(page.Page-1)*filesPerPage : min(page.Page*filesPerPage, len(files))] {
		page.Files = append(page.Files, templates.File(file))
	}
	return p.show(w, r, formStatus(form), templates.Files(p.frame(r, templates.Sites, "Files of "+string(spec.Site.Title)), page))
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
	spec, err := p.siteAsked(r)
	if err != nil {
		return err
	}
	t, err := p.Catalog.Template(spec.Site.Template)
	if err != nil {
		return err
	}
	volume, err := uploadsOf(spec, t)
	if err != nil {
		return err
	}
	if err := p.Files.Delete(r.Context(), volume, r.PostFormValue("file")); err != nil {
		return fmt.Errorf("delete file: %w", err)
	}
	return seeOther(w, r, siteURL(spec.Site)+"/files?did=delete")
}
