//go:build integration

package catalog_test

import (
	"strings"
	"testing"

	"seedbed"
	"seedbed/catalog/images/imagestest"
)

// redmineSpec is what is wanted of a Redmine whose database wikiServer has made.
func redmineSpec(t *testing.T) seedbed.SiteSpec {
	t.Helper()
	spec := siteOf(t, "redmine")
	spec.Bindings = wikiSpec().Bindings
	spec.Bindings[0].Password = databasePassword
	return spec
}

func TestRedmine_KeepsProjectsThroughRestartsAndNewSettings(t *testing.T) {
	imagestest.Build(t, imagestest.Docker(t), "redmine")
	server, files, spec := wikiServer(t), readable(t), redmineSpec(t)
	c := launch(t, spec, files, server)
	// Killed in the middle of its installation, it begins again.
	imagestest.WaitFor(t, "some tables", func() bool { return countTables(t, server, "public") > 10 })
	c.Kill("KILL")
	c.Start()
	c.WaitForPage("/health")

	stranger := personAt(t, c)
	stranger.open("/projects")
	stranger.wants(`name="username"`, "Nurse &amp; Handbook")
	if stranger.open("/account/register"); strings.Contains(stranger.body, "user[password]") {
		t.Error("a stranger may make an account")
	}
	signInToRedmine(stranger, "admin") // Redmine's own default
	stranger.wants("Invalid user or password")

	admin := personAt(t, c)
	signInToRedmine(admin, adminPassword)
	admin.wants("Logged in as", "/logout")
	admin.open("/projects/new")
	admin.submit("commit", map[string]string{"project[name]": "Cold chain", "project[identifier]": "cold-chain"})
	admin.wants("Successful creation", "Cold chain")
	admin.open("/projects/cold-chain/issues/new")
	admin.submit("commit", map[string]string{"issue[subject]": "Mend the fridge"})
	admin.wants("Mend the fridge")
	if took, status := c.Stop(); status != 0 {
		t.Errorf("stopping took %v and ended with status %d", took, status)
	}

	spec.Revision.Title, spec.Revision.Settings["private"] = "Sister & Handbook", "off"
	again := launch(t, spec, files, server)
	again.WaitForPage("/health")
	stranger = personAt(t, again)
	stranger.open("/projects/cold-chain/issues")
	stranger.wants("Mend the fridge", "Sister &amp; Handbook")
	admin = personAt(t, again)
	signInToRedmine(admin, adminPassword)
	admin.wants("Logged in as")
	if strings.Contains(again.Logs(), "installing") {
		t.Error("it was installed again")
	}
}

func signInToRedmine(p *person, password string) {
	p.t.Helper()
	p.open("/login")
	p.submit("login", map[string]string{"username": "admin", "password": password})
}
