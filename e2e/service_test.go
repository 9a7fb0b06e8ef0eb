//go:build e2e

package e2e

import (
	"net/http"
	"slices"
	"strings"
)

// killPostgres kills the shared PostgreSQL while sites use it. Until it is back,
// the page of a site that needs it says so, although the site's first page asks
// no database; then all is there, once.
func killPostgres(i *installation, b *browser) {
	t, page := b.t, i.portal()+"/sites/clinic-app"
	before := slices.Sorted(slices.Values(i.databases()))
	killed := i.engine.containers()["/services/postgres"]
	i.engine.kill(killed[0])
	eventually(t, "the site's page says that PostgreSQL is not ready", soon, func() bool {
		b.open(page)
		return strings.Contains(b.text(), "PostgreSQL, which it needs, is not ready") && !strings.Contains(b.text(), "Answering in")
	})
	eventually(t, "the site is live again", soon, func() bool {
		b.open(page)
		return strings.Contains(b.text(), "Answering in")
	})
	b.open(i.site("clinic-app") + "/visit")
	b.see("Folder 3", "PostgreSQL 3", "MariaDB 3")
	if after := slices.Sorted(slices.Values(i.databases())); !slices.Equal(after, before) {
		t.Errorf("the databases were %v and are %v", before, after)
	}
	if after := i.engine.containers()["/services/postgres"]; len(after) != 1 || after[0] == killed[0] {
		t.Errorf("PostgreSQL ran in %v and runs in %v", killed, after)
	}
	eventually(t, "another site that uses it answers", soon, func() bool {
		status, body := i.get(i.site("cold-chain") + "/login")
		return status == http.StatusOK && strings.Contains(body, "Cold Chain")
	})
}
