//go:build e2e

package e2e

import (
	"strings"
	"testing"
)

// TestPeople invites a colleague, who makes a site in a browser of their own
// and is blocked afterwards.
func TestPeople(t *testing.T) {
	t.Parallel()
	i := install(t, peoplePlace)
	amina, joseph := openBrowser(t), openBrowser(t)
	setUp(i, amina)
	link := inviteEditor(i, amina)
	joinBy(link, joseph)
	makePages(i, joseph)
	for _, b := range []*browser{joseph, amina} {
		b.open(link)
		b.see("accepted already; it works once")
	}
	amina.open(i.portal() + "/activity")
	amina.see("accepted amina’s invitation", "asked for the site Pages")
	blockJoseph(i, amina)
	joseph.open(i.portal() + "/sites/pages")
	joseph.see("Sign in")
	if status, _ := i.get(i.site("pages")); status != 200 {
		t.Errorf("the site of somebody who was blocked answers %d", status)
	}
}

// inviteEditor returns the link of an invitation.
func inviteEditor(i *installation, b *browser) string {
	b.t.Helper()
	b.press("Projects")
	b.press("Main")
	b.fill("note", "Joseph")
	b.press("Make the link")
	b.see("We do not show it again")
	b.picture()
	link := strings.TrimSpace(b.value(`document.getElementById('link').textContent`))
	if !strings.HasPrefix(link, i.portal()+"/invitation?code=") {
		b.t.Fatalf("the link is %q", link)
	}
	b.press("I have given it")
	b.see("Not accepted yet", "Joseph")
	return link
}

func joinBy(link string, b *browser) {
	b.t.Helper()
	b.open(link)
	b.see("amina invites you to the project Main, as an editor.")
	b.fill("user", "amina")
	b.fill("password", "seven tall bright trees")
	b.fill("again", "seven tall bright trees")
	b.press("Make an account and accept")
	b.see("Somebody has this name already")
	b.fill("user", "joseph")
	b.fill("password", "seven tall bright trees")
	b.fill("again", "seven tall bright trees")
	b.press("Make an account and accept")
	b.see("Your sites", "joseph")
}

// makePages makes a site as an editor, who may not delete it.
func makePages(i *installation, b *browser) {
	b.t.Helper()
	b.open(i.portal() + "/sites/new/static-site")
	b.fill("name", "Pages")
	b.press("Review")
	b.press("Make the site")
	b.seeWithin(made, "You find it at")
	b.open(i.portal() + "/sites/pages")
	b.see("Pages", "Settings")
	if strings.Contains(b.text(), "Delete this site") {
		b.t.Error("an editor is offered to delete the site")
	}
	b.open(i.portal() + "/sites/pages/delete")
	b.see("This is not allowed", "Your role does not let you delete a site.")
	b.open(i.portal() + "/people")
	b.see("This is not allowed")
}

func blockJoseph(i *installation, b *browser) {
	b.t.Helper()
	b.open(i.portal() + "/people")
	b.see("joseph")
	b.value(`document.querySelectorAll('details').forEach(d => d.open = true), ''`)
	b.click(`form[action="/people/2/block"] button`)
	b.see("They can no longer sign in", "Blocked")
}
