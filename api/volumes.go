package api

import (
	"net/http"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// volumeOf is a volume with the site that it belongs to.
type volumeOf struct {
	control.Site
	seedbed.Volume
	id int64
}

// volumesOf numbers the volumes of a site, which are fewer than 65536, so that a
// list can be taken up behind one of them.
func volumesOf(site control.Site) []volumeOf {
	var all []volumeOf
	for n, v := range site.Volumes {
		all = append(all, volumeOf{site, v, site.Site.ID<<16 + int64(n)})
	}
	return all
}

// listVolumes handles GET /volumes: those of the oldest site first.
func (a *api) listVolumes(w http.ResponseWriter, r *http.Request) error {
	p, err := readPart(r)
	if err != nil {
		return err
	}
	sites, err := a.Control.Sites(r.Context(), actor(r))
	if err != nil {
		return err
	}
	var all []volumeOf
	for _, site := range sites {
		all = append(all, volumesOf(site)...)
	}
	id := func(v volumeOf) int64 { return v.id }
	return list(a, w, r, p, oldestFirst(p, all, id), id, func(v volumeOf) wire.Volume {
		return wire.Volume{Site: string(v.Site.Site.Name), Name: v.Volume.Name}
	})
}
