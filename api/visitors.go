package api

import (
	"net/http"
	"strings"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// everybody is the audience that has no name of its own elsewhere.
const everybody = "everybody"

// showVisitors handles GET /sites/{name}/visitors.
func (a *api) showVisitors(w http.ResponseWriter, r *http.Request) error {
	site, err := a.Control.SiteFor(r.Context(), actor(r), siteName(r), seedbed.SeeContent)
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, visitorsShape(site))
}

func visitorsShape(site control.Site) wire.Visitors {
	v := site.Visitors
	shape := wire.Visitors{
		Version: v.Version, Own: string(site.Own()), ToMain: v.ToMain, Audience: string(v.Audience), Keys: []wire.VisitorKey{}, Upload: v.Upload, Patience: v.Patience,
		Language: v.Language, Maintenance: v.Maintenance, Words: v.Words, HTTPS: v.HTTPS, Strict: v.Strict,
	}
	for _, address := range site.Addresses {
		shape.Hosts = append(shape.Hosts, string(address.Host))
	}
	for _, key := range v.Keys {
		shape.Keys = append(shape.Keys, wire.VisitorKey{Name: key.Name})
	}
	if v.Audience == seedbed.Everybody {
		shape.Audience = everybody
	}
	return shape
}

// changeVisitors handles PATCH /sites/{name}/visitors. It answers with what counts
// from now on, or with the deployment that starts the site anew where its address
// is another one.
func (a *api) changeVisitors(w http.ResponseWriter, r *http.Request) error {
	site, err := a.Control.SiteFor(r.Context(), actor(r), siteName(r), seedbed.ChangeSite)
	if err != nil {
		return err
	}
	wish, err := readVisitors(w, r, site)
	if err != nil {
		return err
	}
	dry, err := isDryRun(r)
	if err != nil {
		return err
	}
	if dry {
		_, err := a.Control.ReviewVisitors(r.Context(), actor(r), siteName(r), wish, visitorsSeen(r))
		return noContent(w, err)
	}
	deployment, _, err := a.Control.ChangeVisitors(r.Context(), actor(r), siteName(r), wish, visitorsSeen(r))
	switch {
	case err != nil:
		return err
	case deployment.ID != 0:
		return a.accepted(w, r, deployment.ID)
	}
	return a.showVisitors(w, r)
}

// visitorsSeen is the condition that a site meets its visitors as the request says
// it has seen it.
func visitorsSeen(r *http.Request) control.Condition {
	return func(site control.Site) error { return unchanged(r, visitorsShape(site)) }
}

// readVisitors reads a JSON Merge Patch (RFC 7396): null gives what is usual.
func readVisitors(w http.ResponseWriter, r *http.Request, site control.Site) (wish control.VisitorsWish, err error) {
	var patch struct {
		Hosts       optional[[]string]  `json:"hosts"`
		ToMain      optional[bool]      `json:"to_main"`
		Audience    optional[string]    `json:"audience"`
		Keys        optional[[]keyWish] `json:"keys"`
		Upload      optional[int]       `json:"upload"`
		Patience    optional[int]       `json:"patience"`
		Language    optional[string]    `json:"language"`
		Maintenance optional[bool]      `json:"maintenance"`
		Words       optional[string]    `json:"words"`
		HTTPS       optional[bool]      `json:"https"`
		Strict      optional[bool]      `json:"strict"`
	}
	if err := decode(w, r, &patch, patchType, jsonType); err != nil {
		return wish, err
	}
	wish = control.VisitorsWish{
		Hosts: patch.Hosts.or([]string{string(site.Own())}), ToMain: patch.ToMain.or(false), Audience: patch.Audience.or(""), Upload: patch.Upload.or(0), Patience: patch.Patience.or(0),
		Language: patch.Language.or(""), Maintenance: patch.Maintenance.or(false), Words: patch.Words.or(""), HTTPS: patch.HTTPS.or(false), Strict: patch.Strict.or(false),
		Keys: keyWishes(patch.Keys.or(nil)),
	}
	if wish.Audience != nil && *wish.Audience == everybody {
		*wish.Audience = ""
	}
	return wish, nil
}

// keyWish is a name with its password, if that is to be another one.
type keyWish struct {
	Name     string  `json:"name"`
	Password *string `json:"password"`
}

func keyWishes(sent *[]keyWish) *[]control.KeyWish {
	if sent == nil {
		return nil
	}
	wishes := []control.KeyWish{}
	for _, one := range *sent {
		wish := control.KeyWish{Name: one.Name}
		if one.Password != nil {
			password := seedbed.Secret(*one.Password)
			wish.Password = &password
		}
		wishes = append(wishes, wish)
	}
	return &wishes
}

// or is what was sent: nil if it is missing, and usual for null.
func (o optional[T]) or(usual T) *T {
	switch {
	case !o.given:
		return nil
	case o.value == nil:
		return &usual
	}
	return o.value
}

// siteStatusShape is statusShape with how the site is led to.
func siteStatusShape(site control.Site) wire.Status {
	shape := statusShape(site.Status)
	shape.Visitors, shape.Refused = string(site.Visiting.Effect), site.Visiting.Refused
	return shape
}

// showVisits handles GET /sites/{name}/visits.
func (a *api) showVisits(w http.ResponseWriter, r *http.Request) error {
	visits, err := a.Control.Visits(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	shape := wire.Visits{Minutes: countShapes(visits.Minutes), Hours: countShapes(visits.Hours), Last: []wire.Visit{}}
	for _, v := range visits.Last {
		shape.Last = append(shape.Last, wire.Visit{
			At: v.At.UTC(), From: readable(v.From), Host: readable(v.Host), Method: readable(v.Method), URI: readable(v.URI), Status: v.Status, Bytes: v.Bytes,
			Seconds: v.Took.Seconds(), Referer: readable(v.Referer), Agent: readable(v.Agent),
		})
	}
	return a.answer(w, r, http.StatusOK, shape)
}

// readable is text that JSON can hold (RFC 8259, section 8.1).
func readable(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

func countShapes(counts []seedbed.VisitCount) []wire.VisitCount {
	shapes := []wire.VisitCount{}
	for _, c := range counts {
		shapes = append(shapes, wire.VisitCount{From: c.From.UTC(), Requests: c.Requests, Errors: c.Errors, Slow: c.Slow, Bytes: c.Bytes})
	}
	return shapes
}
