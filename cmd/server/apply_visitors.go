package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/control"
)

// wantedVisitors is how a site is to meet its visitors. What is left out stays.
// Passwords have no place in a file that is kept and passed on.
type wantedVisitors struct {
	Hosts       []string `yaml:"hosts"` // the main one first; the site's own need not be among them
	ToMain      *bool    `yaml:"to_main"`
	Audience    *string  `yaml:"audience"`
	Upload      *int     `yaml:"upload"`
	Patience    *int     `yaml:"patience"`
	Language    *string  `yaml:"language"`
	Maintenance *bool    `yaml:"maintenance"`
	Words       *string  `yaml:"words"`
	HTTPS       *bool    `yaml:"https"`
	Strict      *bool    `yaml:"strict"`
}

// compareVisitors finds out what is different in how a site meets its visitors.
func (c *command) compareVisitors(ctx context.Context, wish wantedSite, missing bool) (change, error) {
	one := change{Site: wish.Name, Visitors: true, Action: "none", method: http.MethodPatch, path: visitorsPath(wish.Name), later: missing}
	var now wire.Visitors
	if !missing {
		etag, err := c.Get(ctx, one.path, &now)
		if err != nil {
			return change{}, err
		}
		one.etag = etag
	}
	patch := map[string]any{}
	one.Differences = wish.Visitors.differences(now, patch)
	if one.body = patch; len(patch) > 0 {
		one.Action = "change"
	}
	return one, nil
}

// differences says what is different, and puts it into a patch.
func (w *wantedVisitors) differences(now wire.Visitors, patch map[string]any) []oneChange {
	var all []oneChange
	if w.Hosts != nil && !sameHosts(w.Hosts, now) {
		patch["hosts"] = w.Hosts
		all = append(all, oneChange{"visitors.hosts", strings.Join(now.Hosts, " "), strings.Join(w.Hosts, " ")})
	}
	all = append(all, differs(patch, "to_main", now.ToMain, w.ToMain)...)
	all = append(all, differs(patch, "audience", now.Audience, w.Audience)...)
	all = append(all, differs(patch, "upload", now.Upload, w.Upload)...)
	all = append(all, differs(patch, "patience", now.Patience, w.Patience)...)
	all = append(all, differs(patch, "language", now.Language, w.Language)...)
	all = append(all, differs(patch, "maintenance", now.Maintenance, w.Maintenance)...)
	all = append(all, differs(patch, "words", now.Words, trimmed(w.Words))...)
	all = append(all, differs(patch, "https", now.HTTPS, w.HTTPS)...)
	return append(all, differs(patch, "strict", now.Strict, w.Strict)...)
}

func trimmed(words *string) *string {
	if words == nil {
		return nil
	}
	text := strings.TrimSpace(*words)
	return &text
}

func differs[T comparable](patch map[string]any, what string, now T, wanted *T) []oneChange {
	if wanted == nil || *wanted == now {
		return nil
	}
	patch[what] = *wanted
	return []oneChange{{"visitors." + what, fmt.Sprint(now), fmt.Sprint(*wanted)}}
}

// sameHosts reports whether a site has the names that are wanted, as people write
// them, in that order.
func sameHosts(wanted []string, now wire.Visitors) bool {
	hosts := now.Hosts
	if !slices.Contains(wanted, now.Own) {
		hosts = slices.DeleteFunc(slices.Clone(hosts), func(h string) bool { return h == now.Own })
	}
	return slices.EqualFunc(wanted, hosts, func(typed, host string) bool {
		typed = strings.ToLower(strings.TrimSpace(typed))
		return typed == host || typed == control.HostShown(seedbed.HostName(host))
	})
}

// carryOutVisitors changes how a site meets its visitors, and returns the
// deployment that starts it anew, if one does.
func (c *command) carryOutVisitors(ctx context.Context, one change) (d wire.Deployment, err error) {
	var answer json.RawMessage
	if err := c.Patch(ctx, one.path, one.etag, one.body, &answer); err != nil {
		return d, err
	}
	var begun struct {
		ID int64 `json:"id"` // of a deployment; a document has none
	}
	if err := json.Unmarshal(answer, &begun); err != nil || begun.ID == 0 {
		return d, err
	}
	return d, json.Unmarshal(answer, &d)
}
