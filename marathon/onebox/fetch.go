package onebox

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// fetchSchemes are where files can be fetched from.
var fetchSchemes = []string{"", "file", "http", "https"}

func (a *app) validateFetch(m mistakes) {
	for i, f := range a.Fetch {
		at := fmt.Sprintf("/fetch(%d)", i)
		u, err := url.Parse(f.URI)
		switch {
		case err != nil || f.URI == "" || !plainText(f.URI):
			m.add(at+"/uri", "URI has invalid syntax.")
		case !slices.Contains(fetchSchemes, strings.ToLower(u.Scheme)):
			m.add(at+"/uri", "only files of the machine and http or https addresses can be fetched, not %s", u.Scheme)
		}
		if f.DestPath != "" && (strings.HasPrefix(f.DestPath, "/") || !plainText(f.DestPath) || slices.Contains(strings.Split(f.DestPath, "/"), "..")) {
			m.add(at+"/destPath", "must be a path below the sandbox")
		}
	}
}
