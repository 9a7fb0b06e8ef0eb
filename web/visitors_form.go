package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"seedbed"
	"seedbed/control"
	"seedbed/templates"
)

// shownVisitors is how a site meets its visitors as the form shows it.
func shownVisitors(v seedbed.Visitors) map[string]string {
	values := map[string]string{
		"to_main": onOff(v.ToMain), "audience": string(v.Audience), "upload": strconv.Itoa(v.Upload), "patience": strconv.Itoa(v.Patience), "language": v.Language,
		"maintenance": onOff(v.Maintenance), "words": v.Words, "https": onOff(v.HTTPS), "strict": onOff(v.Strict),
	}
	if len(v.Hosts) > 0 {
		values["main"] = string(v.Hosts[0])
	}
	return values
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// typedVisitors picks what the form asks for. Passwords are not among it: they
// are typed again.
func typedVisitors(r *http.Request, seen seedbed.Visitors) map[string]string {
	values := map[string]string{}
	for field := range shownVisitors(seedbed.Visitors{Hosts: []seedbed.HostName{""}}) {
		values[field] = last(r.PostForm, field)
	}
	for _, field := range []string{"hosts", "keys"} {
		values[field] = r.PostFormValue(field)
	}
	for _, host := range seen.Hosts {
		values[templates.DropHostField(host)] = r.PostFormValue(templates.DropHostField(host))
	}
	for _, key := range seen.Keys {
		values[templates.DropKeyField(key.Name)] = r.PostFormValue(templates.DropKeyField(key.Name))
	}
	values["words"] = strings.ReplaceAll(values["words"], "\r\n", "\n")
	return values
}

// last is the last value of a field: an unticked box sends only the hidden "off"
// before it.
func last(form url.Values, field string) string {
	all := form[field]
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1]
}

// visitorsWish reads the form that was made from a version.
func visitorsWish(r *http.Request, seen seedbed.Visitors) (control.VisitorsWish, error) {
	typed := typedVisitors(r, seen)
	hosts, wrong := hostsTyped(typed, seen)
	keys := keysTyped(r, typed, seen)
	upload, patience := amount(typed["upload"]), amount(typed["patience"])
	audience, language, words := typed["audience"], typed["language"], typed["words"]
	is := func(field string) *bool { on := typed[field] == "on"; return &on }
	wish := control.VisitorsWish{
		Hosts: &hosts, Keys: &keys, ToMain: is("to_main"), Audience: &audience, Upload: &upload, Patience: &patience, Language: &language,
		Maintenance: is("maintenance"), Words: &words,
	}
	if r.PostForm.Has("https") { // asked only where sites are served over HTTPS
		wish.HTTPS, wish.Strict = is("https"), is("strict")
	}
	return wish, wrong
}

// amount is what was typed, or one that is too small for anything.
func amount(text string) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return -1
}

// hostsTyped are all host names, the main one first.
func hostsTyped(typed map[string]string, seen seedbed.Visitors) ([]string, error) {
	var hosts []string
	found := false
	for _, host := range seen.Hosts {
		switch isMain, drop := string(host) == typed["main"], typed[templates.DropHostField(host)] == "on"; {
		case isMain && drop:
			return nil, seedbed.Mistake("hosts", "The main name cannot be taken away. Choose another main one first.")
		case isMain:
			hosts, found = append([]string{string(host)}, hosts...), true
		case !drop:
			hosts = append(hosts, string(host))
		}
	}
	added := strings.FieldsFunc(typed["hosts"], func(r rune) bool { return strings.ContainsRune(" ,;\t\n\u00a0،、", r) })
	if !found {
		return nil, seedbed.Mistake("hosts", "Choose which one is the main name.")
	}
	return append(hosts, added...), nil
}

// keysTyped are all names that are to have a password, with the new ones.
func keysTyped(r *http.Request, typed map[string]string, seen seedbed.Visitors) []control.KeyWish {
	keys := []control.KeyWish{}
	for _, key := range seen.Keys {
		if typed[templates.DropKeyField(key.Name)] != "on" {
			keys = append(keys, control.KeyWish{Name: key.Name, Password: passwordTyped(r, templates.PasswordField(key.Name))})
		}
	}
	fresh := control.KeyWish{Name: strings.TrimSpace(typed["keys"]), Password: passwordTyped(r, "keys.new")}
	if fresh.Name != "" || fresh.Password != nil {
		keys = append(keys, fresh)
	}
	return keys
}

func passwordTyped(r *http.Request, field string) *seedbed.Secret {
	if text := r.PostFormValue(field); text != "" {
		password := seedbed.Secret(text)
		return &password
	}
	return nil
}
