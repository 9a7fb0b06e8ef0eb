package templates

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"seedbed"
	"seedbed/static"
)

// gallery is a folder into which every page is written, to be looked at:
// go test ./templates -gallery=/some/folder
var gallery = flag.String("gallery", "", "write every page into this folder")

// exhibit is one page with made-up content.
type exhibit struct {
	name string
	page templ.Component
}

func now() time.Time { return time.Date(2025, 5, 6, 14, 2, 0, 0, time.UTC) }

func before(d time.Duration) time.Time { return now().Add(-d) }

const (
	long    = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunter"
	arabic  = "دليل الممرضات في المنطقة الشمالية: الإصدار الثاني (2025)"
	hostile = `"><script>alert(1)</script> & 'x'`
)

func frame(t *testing.T) Frame {
	t.Helper()
	assets, err := static.New()
	if err != nil {
		t.Fatal(err)
	}
	return Frame{Title: "A page", Place: Sites, User: "Amina", Standing: administrator(), Assets: assets, Now: now()}
}

func exhibits(t *testing.T) []exhibit {
	f := frame(t)
	stranger := f
	stranger.User, stranger.Place = "", ""
	var all []exhibit
	all = append(all, doorExhibits(stranger)...)
	all = append(all, homeExhibits(f)...)
	all = append(all, makingExhibits(f)...)
	all = append(all, ownExhibits(f)...)
	all = append(all, progressExhibits(f)...)
	all = append(all, siteExhibits(f)...)
	all = append(all, visitorsExhibits(f)...)
	all = append(all, routingExhibits(f)...)
	all = append(all, storageExhibits(f)...)
	all = append(all, backupExhibits(f)...)
	all = append(all, tokenExhibits(f)...)
	all = append(all, projectExhibits(f)...)
	all = append(all, peopleExhibits(f, stranger)...)
	return append(all, otherExhibits(f)...)
}

func doorExhibits(f Frame) []exhibit {
	wrong := Form{Values: map[string]string{"user": hostile}, Mistakes: []Mistake{
		{"user", "A user name has letters, digits and . - _ but no spaces."}, {"password", "This password has 5 characters; it needs at least 10."},
	}}
	return []exhibit{
		{"setup", Setup(f, SetupPage{Code: "code"})},
		{"setup-wrong", Setup(f, SetupPage{Code: hostile, Form: wrong})},
		{"setup-elsewhere", SetupElsewhere(f, false)},
		{"setup-old-link", SetupElsewhere(f, true)},
		{"sign-in", SignIn(f, SignInPage{Next: "/"})},
		{"sign-in-new-password", SignIn(f, SignInPage{Next: "/", Notice: "The new password is set. Sign in with it.", Form: Form{Values: map[string]string{"user": "editor"}}})},
		{"sign-in-wrong", SignIn(f, SignInPage{Next: "/", Form: Form{Values: map[string]string{"user": long}, Mistakes: []Mistake{{"", "This name and this password do not belong together. Try again."}}}})},
	}
}

func homeExhibits(f Frame) []exhibit {
	broken := f
	broken.User = long
	broken.Parts = []seedbed.PartStatus{{Name: "Consul", OK: true}, {Name: "Docker", Trouble: "Docker does not answer. Sites cannot be started or stopped. Start Docker; nothing else is to be done.", Words: strings.Repeat("dial unix /var/run/docker.sock: connect: no such file or directory\n", 3)}}
	return []exhibit{
		{"home", Home(f, HomePage{rows(), true})},
		{"home-calm", Home(f, HomePage{rows()[:2], false})},
		{"home-empty", Home(f, HomePage{Makes: true})},
		{"home-empty-viewer", Home(f, HomePage{})},
		{"home-broken", Home(broken, HomePage{append(rows(), SiteRow{
			Name: "long", Title: long, Host: strings.Repeat("a", 40) + ".localhost", Template: long, Trouble: strings.Repeat(long+" ", 4),
			Status: seedbed.Status{State: seedbed.Attention, Word: "Disk 91 % full and " + long, Observed: now()}, Since: before(400 * 24 * time.Hour), Project: long,
		}), true})},
	}
}

func rows() []SiteRow {
	row := func(title seedbed.Title, template string, state seedbed.State, word string, age time.Duration) SiteRow {
		label := seedbed.Label(seedbed.SuggestLabel(title) + "-x")
		return SiteRow{Name: label, Title: title, Host: string(label) + ".localhost", Template: template, Since: before(age),
			Status: seedbed.Status{State: state, Word: word, Observed: now(), Since: before(age)}}
	}
	all := []SiteRow{
		row("Clinic Guide", "Wiki", seedbed.Live, "Live", 2*time.Hour),
		row("MomConnect News", "Static site", seedbed.AtWork, "Starting", time.Second),
		row(arabic, "Wiki", seedbed.Live, "", 26*time.Hour),
		row("Survey 2025", "Static site", seedbed.AtRest, "At rest", 3*24*time.Hour),
		row("District Reports", "Wiki", seedbed.Broken, "Not answering", 25*time.Minute),
	}
	all[4].Trouble = "It has not answered since 13:37. It was started again twice and says that the database password is wrong."
	return all
}

func wiki() seedbed.Template {
	return seedbed.Template{
		Name: "wiki", Kind: seedbed.SiteTemplate, Title: "Wiki", Summary: "Pages that many people write together, each with its history.", Details: "MediaWiki 1.39, as in Debian 12",
		Needs: []seedbed.Need{{Service: "postgres"}}, Memory: 512, Patience: 5 * time.Minute, Volumes: []seedbed.TemplateVolume{{Name: "files"}},
		Questions: []seedbed.Question{
			{Name: "language", Label: "Language", Help: "Of the menus; pages can be in any.", Type: seedbed.ChoiceQuestion, Choices: []seedbed.Choice{{Value: "en", Label: "English"}, {Value: "ar", Label: "العربية"}}},
			{Name: "private", Label: "Only people with an account can read it", Help: "You can change this later.", Type: seedbed.SwitchQuestion},
			{Name: "motto", Label: "Motto", Type: seedbed.TextQuestion},
		},
		SignIn: &seedbed.SignIn{User: "Admin"},
	}
}

func staticSite() seedbed.Template {
	return seedbed.Template{Name: "static-site", Kind: seedbed.SiteTemplate, Title: "Static site", Summary: "Files that you upload, shown as they are.", Details: "nginx 1.22, as in Debian 12", Memory: 64, Patience: time.Minute, Uploads: "files", Volumes: []seedbed.TemplateVolume{{Name: "files"}}}
}

// ownContainer asks every kind of question.
func ownContainer() seedbed.Template {
	return seedbed.Template{
		Name: "own-container", Kind: seedbed.SiteTemplate, Title: "Container of your own", Summary: "A program of your own that is packed as a container image, for example a Django site.",
		Details: "For those who can say which image it is, and which port it listens on.", Patience: 10 * time.Minute, MoreEnv: "variables",
		Asked:   seedbed.Asked{Image: "image", Port: "port", Memory: "memory", HealthPath: "health"},
		Needs:   []seedbed.Need{{Service: "postgres", If: "postgres"}, {Service: "redis", If: "redis"}, {Service: "rabbitmq", If: "rabbitmq"}},
		Volumes: []seedbed.TemplateVolume{{Name: "files", Asked: "folder"}},
		Questions: []seedbed.Question{
			{Name: "image", Label: "Image", Help: "Its full name with a tag, as in “registry.example.org/guide:2”.", Type: seedbed.ImageQuestion, Required: true},
			{Name: "port", Label: "Port", Help: "That the program listens on inside the container.", Type: seedbed.NumberQuestion, Min: 1, Max: 65535, Default: "8000"},
			{Name: "health", Label: "Page that answers when all is well", Help: "As in “/health”.", Type: seedbed.PageQuestion},
			{Name: "memory", Label: "Memory", Type: seedbed.ChoiceQuestion, Default: "medium", Choices: []seedbed.Choice{{Value: "small", Label: "Small: 256 MB", Amount: 256}, {Value: "medium", Label: "Medium: 512 MB", Amount: 512}}},
			{Name: "folder", Label: "Folder to keep", Help: "As in “/data”.", Type: seedbed.FolderQuestion},
			{Name: "postgres", Label: "A database in PostgreSQL", Help: "Its address and password come in DATABASE_URL.", Type: seedbed.SwitchQuestion, Default: "off"},
			{Name: "redis", Label: "A part of Redis", Type: seedbed.SwitchQuestion, Default: "off"},
			{Name: "rabbitmq", Label: "A part of RabbitMQ", Type: seedbed.SwitchQuestion, Default: "off"},
			{Name: "variables", Label: "Further environment variables", Help: "One a line, as NAME=value.", Type: seedbed.VariablesQuestion},
		},
	}
}

// ownExhibits are the pages of a template that asks every kind of question.
func ownExhibits(f Frame) []exhibit {
	settings := map[string]string{"image": "registry.example.org/health/nurse-guide:2.4", "port": "8000", "health": "/health", "memory": "small", "folder": "/data", "postgres": "on", "redis": "on", "rabbitmq": "off", "variables": "DEBUG=0\nMAIL_PASSWORD=hunter2"}
	values, wrong := map[string]string{}, Form{Values: map[string]string{"name": long, "setting.image": hostile, "setting.port": "99999", "setting.health": "health", "setting.folder": "/etc", "setting.variables": hostile + "\n" + strings.Repeat(long, 20) + "\n" + arabic}, Mistakes: []Mistake{
		{"setting.image", "This is not the name of an image. One looks like “nginx:1.27”, in small letters."}, {"setting.port", "This is a whole number from 1 to 65535."},
		{"setting.health", "This is the part of an address behind the host name. It begins with “/”, as in “/health”."}, {"setting.folder", "“/etc” belongs to the system inside the container."}, {"setting.variables", "Line 1: A variable is written as NAME=value."},
	}}
	for name, value := range settings {
		values["setting."+name] = value
	}
	longest := map[string]string{"image": "registry.example.org/" + strings.Repeat("a", 180) + "@sha256:" + strings.Repeat("0", 64), "port": "1", "memory": "medium", "folder": "/" + strings.Repeat("a", 180), "variables": strings.Repeat("A", 64) + "=1\n" + strings.Repeat("B", 64) + "=2"}
	site := seedbed.Site{ID: 1, Name: "nurse-guide", Project: "main", ProjectTitle: "Main", Title: "Nurse Guide", Template: "own-container"}
	own := SiteFrame{Site: site, Template: ownContainer().For(settings), Standing: seedbed.Standing{Installation: seedbed.Administrator, Scope: seedbed.PersonScope}, URL: "http://nurse-guide.localhost:8480/", Host: "nurse-guide.localhost", Status: seedbed.Status{State: seedbed.Live, Word: "Live", Sentence: "Answering in 120 ms."}, Tab: "overview"}
	unfetched := seedbed.Deployment{ID: 3, State: seedbed.Failed, Cause: "Its image could not be fetched. Look whether its name is right, and whether this machine can reach the registry that it comes from.", Words: "the image x is not on this machine, and pulling it failed: " + long}
	failed := own
	failed.Status = seedbed.Status{State: seedbed.Broken, Word: "Did not start", Sentence: unfetched.Cause, Words: unfetched.Words}
	return []exhibit{
		{"own-new", NewSite(f, NewSitePage{ownContainer(), "localhost", Form{Values: map[string]string{"setting.port": "8000", "setting.memory": "medium"}}, nil})},
		{"own-new-wrong", NewSite(f, NewSitePage{ownContainer(), "localhost", wrong, projects()})},
		{"own-review", Review(f, ReviewPage{ownContainer().For(settings), "Nurse Guide", "nurse-guide", "nurse-guide.localhost", settings, "", projects()[0], true})},
		{"own-review-long", Review(f, ReviewPage{ownContainer().For(longest), long, "long", "long.localhost", longest, "", projects()[0], false})},
		{"own-site", Site(f, SitePage{SiteFrame: own, Settings: settings, Lately: events()})},
		{"own-site-failed", Site(f, SitePage{SiteFrame: failed, Deployment: unfetched, Settings: longest})},
		{"own-settings", Settings(f, SettingsPage{tab2(own, "settings"), Form{Values: values}, 2, false})},
	}
}

// indexed has a switch that is on by itself.
func indexed() seedbed.Template {
	t := staticSite()
	t.Questions = []seedbed.Question{{Name: "search", Label: "Let search engines find it", Type: seedbed.SwitchQuestion, Default: "on"}}
	return t
}

func makingExhibits(f Frame) []exhibit {
	wrong := Form{Values: map[string]string{"name": hostile, "address": long, "setting.private": "on"}, Mistakes: []Mistake{
		{"name", "A name begins with a letter or a digit."}, {"address", "This address has 61 characters; 40 is the most."},
		{"setting.language", "Choose one of the answers."}, {"setting.private", "Choose yes or no."}, {"setting.motto", "This is too long."}, {"", "And one more thing."},
	}}
	settings := map[string]string{"language": "en", "private": "on", "motto": ""}
	return []exhibit{
		{"choose", ChooseTemplate(f, TemplatesPage{Templates: []seedbed.Template{ownContainer(), staticSite(), wiki()}, Project: "health"})},
		{"choose-waits", ChooseTemplate(f, TemplatesPage{Templates: []seedbed.Template{staticSite(), wiki()}, Waits: map[string]string{"wiki": "Its program is being prepared on this machine and is ready in a few minutes. You can make the site now; it starts then.", "static-site": strings.Repeat(long+" ", 3)}})},
		{"choose-empty", ChooseTemplate(f, TemplatesPage{})},
		{"new", NewSite(f, NewSitePage{wiki(), "localhost", Form{}, nil})},
		{"new-wrong", NewSite(f, NewSitePage{wiki(), "a-very-long-domain-name.of-some-province.example.org", wrong, projects()})},
		{"review", Review(f, ReviewPage{wiki(), "Nurse Handbook", "nurse-handbook", "nurse-handbook.localhost", settings, "/", projects()[0], true})},
		{"review-long", Review(f, ReviewPage{staticSite(), long, "long", strings.Repeat("a", 40) + ".localhost", nil, "/", projects()[0], true})},
		{"review-off", Review(f, ReviewPage{indexed(), "Survey", "survey", "survey.localhost:8480", map[string]string{"search": "off"}, "/", projects()[0], true})},
		{"review-arabic", Review(f, ReviewPage{wiki(), arabic, "x", "x.localhost", map[string]string{"language": "ar", "private": "off", "motto": arabic}, "/", projects()[0], true})},
	}
}

func deployment(kind seedbed.DeploymentKind, state seedbed.DeploymentState, done int, names ...seedbed.StepName) seedbed.Deployment {
	d := seedbed.Deployment{ID: 7, SiteID: 1, Kind: kind, State: state}
	for i, name := range names {
		step := seedbed.Step{Name: name}
		if i <= done {
			step.Started = before(90 * time.Second)
		}
		if i < done {
			step.Ended = step.Started.Add(time.Duration(i*i*700+200) * time.Millisecond)
		}
		if i == done {
			step.Detail = "PostgreSQL is starting for the first time."
		}
		d.Steps = append(d.Steps, step)
	}
	return d
}

func progressExhibits(f Frame) []exhibit {
	site := seedbed.Site{ID: 1, Name: "nurse-handbook", Project: "health", ProjectTitle: arabic, Title: "Nurse Handbook", Template: "wiki"}
	making := []seedbed.StepName{seedbed.StepVolumes, seedbed.StepService + ":postgres", seedbed.StepBinding + ":postgres", seedbed.StepApply, seedbed.StepWell, seedbed.StepRoute, seedbed.StepAnswer}
	removing := []seedbed.StepName{seedbed.StepUnroute, seedbed.StepStop, seedbed.StepUnbind + ":redis", seedbed.StepDiscard, "unheard-of"}
	page := func(d seedbed.Deployment) ProgressPage {
		return ProgressPage{Deployment: d, Site: site, Template: wiki(), URL: "http://nurse-handbook.localhost:8480/", Newest: true, Secret: true}
	}
	working, failed, gone, old := f, page(deployment(seedbed.Make, seedbed.Failed, 4, making...)), page(deployment(seedbed.Remove, seedbed.Done, 9, removing...)), page(deployment(seedbed.Change, seedbed.Superseded, 2, making...))
	working.Refresh, gone.Gone, old.Newest = 3, true, false
	failed.Site.Title = long
	slow := page(deployment(seedbed.Make, seedbed.Working, 1, making...))
	slow.Deployment.Steps[1].Detail = strings.Repeat(strings.Repeat(long, 3)+" is being started. ", 3) + arabic
	failed.Deployment.Cause, failed.Deployment.Words = "The wiki stopped three times soon after it was started. It says that its database does not answer.", strings.Repeat(hostile+" "+long+"\n", 12)
	returned := page(deployment(seedbed.Change, seedbed.Failed, 4, making...))
	returned.Newest, returned.Latest, returned.Deployment.Cause = false, seedbed.Deployment{ID: 9, Kind: seedbed.Return, State: seedbed.Done}, long
	silent := page(deployment(seedbed.Change, seedbed.Working, 4, making...))
	silent.Standing, silent.CanReturn, silent.Door, silent.Deployment.Steps[4].Started = administrator(), true, seedbed.DoorClosed, before(time.Minute)
	silent.Deployment.Steps[4].Detail = "Its program runs, but nothing answers at port 9999 (/nothere) yet. What it printed may say why."
	undoable := page(deployment(seedbed.Change, seedbed.Failed, 2, making...))
	undoable.Standing, undoable.CanReturn, undoable.Door = administrator(), true, seedbed.DoorOpen
	return []exhibit{
		{"progress-returned", Progress(f, returned)},
		{"progress-silent", Progress(working, silent)},
		{"progress-undoable", Progress(f, undoable)},
		{"progress", Progress(working, page(deployment(seedbed.Make, seedbed.Working, 1, making...)))},
		{"progress-long", Progress(working, slow)},
		{"progress-begins", Progress(working, page(deployment(seedbed.Make, seedbed.Working, 0)))},
		{"progress-done", Progress(f, page(deployment(seedbed.Make, seedbed.Done, 9, making...)))},
		{"progress-failed", Progress(f, failed)},
		{"progress-old", Progress(f, old)},
		{"progress-deleting", Progress(working, page(deployment(seedbed.Remove, seedbed.Working, 2, removing...)))},
		{"progress-deleted", Progress(f, gone)},
	}
}

func siteExhibits(f Frame) []exhibit {
	site := seedbed.Site{ID: 1, Name: "clinic-guide", Project: "long", ProjectTitle: long, Title: "Clinic Guide", Template: "wiki"}
	live := SiteFrame{site, wiki(), "http://clinic-guide.localhost:8480/", "clinic-guide.localhost", seedbed.Status{State: seedbed.Live, Word: "Live", Sentence: "Answering in 120 ms."}, administrator(), "overview"}
	files, broken, bare := live, live, live
	files.Template, files.Tab = staticSite(), "files"
	broken.Site.Title, broken.Host, broken.URL = long, strings.Repeat("a", 40)+".localhost", "http://"+strings.Repeat("a", 40)+".localhost:8480/"
	broken.Status = seedbed.Status{State: seedbed.Broken, Sentence: "Not answering since 13:37. It was started again twice.", Words: long}
	bare.Template, bare.Status, bare.Site.Title = seedbed.Template{}, seedbed.Status{}, arabic
	settings := map[string]string{"language": "ar", "private": "off", "motto": arabic}
	failed := seedbed.Deployment{ID: 3, State: seedbed.Failed, Cause: "The wiki stopped soon after it was started.", Words: strings.Repeat(long+"\n", 40)}
	uploaded := []File{{"index.html", 4120, before(time.Hour)}, {"css/site.css", 912, before(50 * time.Hour)}, {arabic + ".pdf", 41_300_000, before(time.Minute)}, {strings.Repeat(long+"/", 3) + hostile, 1_400_000_000, before(9000 * time.Hour)}}
	wrongFile := Form{Mistakes: []Mistake{{"file", "“../../etc/passwd” leads out of the folder, so nothing of this zip was taken."}}}
	values := Form{Values: map[string]string{"name": "Clinic Guide", "setting.language": "ar", "setting.private": "on"}}
	wrongName := Form{Values: map[string]string{"name": "", "confirm": hostile}, Mistakes: []Mistake{{"name", "Give the site a name."}, {"confirm", "This is not the name of the site, so nothing was deleted."}}}
	return []exhibit{
		{"site", Site(f, SitePage{SiteFrame: live, Settings: settings, Lately: events(), Secret: true})},
		{"site-working", Site(f, SitePage{SiteFrame: live, Deployment: seedbed.Deployment{ID: 3, Kind: seedbed.Change, State: seedbed.Working}, Notice: "Everything is as it was."})},
		{"site-returned", Site(f, SitePage{SiteFrame: live, Deployment: seedbed.Deployment{ID: 4, Kind: seedbed.Return, State: seedbed.Done, Cause: "Its image could not be fetched.", Words: long}, Use: Use{At: before(time.Hour), Tasks: 1, Memory: 212 << 20}})},
		{"site-broken", Site(f, SitePage{SiteFrame: broken, Deployment: failed, Settings: map[string]string{"motto": long}, Lately: events()})},
		{"site-not-answering", Site(f, SitePage{SiteFrame: broken})},
		{"site-bare", Site(f, SitePage{SiteFrame: bare})},
		{"site-using", Site(f, SitePage{SiteFrame: live, Use: Use{Tasks: 1, Memory: 212 << 20, Limit: 512 << 20, CPUs: 0.034, CPUsKnown: true}})},
		{"site-use-unknown", Site(f, SitePage{SiteFrame: live, Use: Use{Trouble: "The machine that would know does not answer. Sites that run go on."}})},
		{"logs", Logs(f, logs(live, strings.Split(strings.Repeat("10.0.0.1 - - [06/May/2025:14:01:59 +0000] \"GET /"+long+" HTTP/1.1\" 200 512\n"+hostile+"\n"+arabic+"\n", 30), "\n")))},
		{"logs-silent", Logs(f, logs(live, nil))},
		{"logs-trouble", Logs(f, LogsPage{SiteFrame: tab2(live, "logs"), Trouble: "The machine that would know does not answer. Sites that run go on."})},
		{"logs-none", Logs(f, LogsPage{SiteFrame: tab2(bare, "logs")})},
		{"settings", Settings(f, SettingsPage{tab2(live, "settings"), values, 3, true})},
		{"settings-wrong", Settings(f, SettingsPage{tab2(broken, "settings"), wrongName, 3, false})},
		{"settings-meanwhile", Settings(f, SettingsPage{tab2(live, "settings"), meanwhile(values), 4, true})},
		{"files", Files(f, FilesPage{SiteFrame: files, Files: uploaded, Page: 2, Pages: 3, Cut: true, Notice: "The files are in place."})},
		{"files-empty", Files(f, FilesPage{SiteFrame: files, Page: 1, Pages: 1})},
		{"files-wrong", Files(f, FilesPage{SiteFrame: files, Page: 1, Pages: 1, Form: wrongFile})},
		{"delete", Delete(f, DeletePage{SiteFrame: live, Files: true, Kinds: []string{"postgres"}})},
		{"delete-wrong", Delete(f, DeletePage{SiteFrame: broken, Files: true, Kinds: []string{"postgres", "mariadb", "redis", "rabbitmq"}, Form: wrongName})},
		{"delete-bare", Delete(f, DeletePage{SiteFrame: bare})},
		{"sign-in-once", SignInOnce(f, SignInOncePage{live, "Admin", "nQ7vK3pXw9TzB4mHcR8sYd2f", "http://clinic-guide.localhost:8480/index.php"})},
	}
}

func meanwhile(form Form) Form {
	form.Mistakes = []Mistake{
		{"", "omar changed this meanwhile: Name from “Guide” to “" + arabic + "”; Language from “English” to “العربية”. Nothing of yours is saved yet. Look again at what stands here, then save it."},
		{"name", "It is “" + arabic + "” by now. What stands here takes its place if you save it."},
	}
	return form
}

func tab2(s SiteFrame, tab string) SiteFrame {
	s.Tab = tab
	return s
}

func logs(s SiteFrame, lines []string) LogsPage {
	tasks := []seedbed.Task{
		{ID: "clinic-guide.2", State: seedbed.TaskRunning, Began: before(time.Hour)}, {ID: hostile, State: seedbed.TaskFailed, Ended: before(2 * time.Hour)},
		{ID: "x", State: seedbed.TaskLost}, {ID: "y", State: seedbed.TaskStopped, Ended: before(90 * 24 * time.Hour)},
	}
	return LogsPage{SiteFrame: tab2(s, "logs"), Tasks: tasks, Task: tasks[0], Stream: seedbed.Stderr, Lines: lines, From: int64(len(lines)), To: 9000, Size: 9000}
}

func machines() []seedbed.Machine {
	return []seedbed.Machine{
		{ID: "S0", Name: "10.0.0.1", Up: true, Since: before(30 * 24 * time.Hour), Total: seedbed.Resources{CPUs: 4, Memory: 16 << 30, Disk: 200 << 30}, Promised: seedbed.Resources{CPUs: 2.5, Memory: 6 << 30}, Tasks: 14},
		{ID: "S1", Name: long, Total: seedbed.Resources{CPUs: 2, Memory: 4 << 30}, Promised: seedbed.Resources{CPUs: 3, Memory: 5 << 30}},
	}
}

func events() []seedbed.Event {
	return []seedbed.Event{
		{At: before(time.Minute), Who: "Amina", What: "changed the settings of Clinic Guide", Details: "Name from “Guide” to “" + arabic + "”; Language from “English” to “العربية”"},
		{At: before(3 * time.Hour), Who: "Amina", Program: "Nightly report", From: "2001:db8:85a3:8d3:1319:8a2e:370:7348", What: "uploaded 12 files to Clinic Guide"},
		{At: before(8 * time.Hour), Who: "Seedbed", What: "started Clinic Guide again"},
		{At: before(30 * time.Hour), Who: "", What: "the wiki answered"},
		{At: before(60 * 24 * time.Hour), Who: long, What: "deleted the site " + long + " " + arabic},
	}
}

func otherExhibits(f Frame) []exhibit {
	services, activity := f, f
	one := machines()[:1]
	one[0].Promised.CPUs, one[0].FreeDisk = 4.1, 150<<30
	services.Place, activity.Place = Services, Activity
	users := []seedbed.Site{{ID: 1, Name: "a", Title: "Clinic Guide"}, {ID: 2, Name: "b", Title: arabic}, {ID: 3, Name: "c", Title: long}}
	return []exhibit{
		{"services", ServiceList(services, ServicesPage{[]ServiceRow{
			{"postgres", "PostgreSQL", "PostgreSQL 15, as in Debian 12", 15432, seedbed.Status{State: seedbed.Live, Word: "Live", Sentence: "It answers its administrator."}, users,
				map[int64]seedbed.Usage{1: {Bytes: 9 << 20, Connections: 1}, 2: {Bytes: 800, Messages: 12345, Connections: 3}}},
			{"redis", "Redis", "", 16379, seedbed.Status{State: seedbed.Broken, Word: "Stopped", Sentence: "It stopped by itself and is being started again.", Words: long}, nil, nil},
		}, true})},
		{"services-seen", ServiceList(services, ServicesPage{[]ServiceRow{{"redis", "Redis", "", 16379, seedbed.Status{State: seedbed.AtWork, Word: "Starting", Sentence: "It is being started."}, nil, nil}}, false})},
		{"service-choose", ChooseService(services, ServiceKindsPage{kindsOfServices()})},
		{"service-choose-none", ChooseService(services, ServiceKindsPage{})},
		{"service-new", NewService(services, NewServicePage{kindsOfServices()[0]})},
		{"services-empty", ServiceList(services, ServicesPage{})},
		{"machines", MachineList(f, MachinesPage{Machines: machines()})},
		{"machines-one", MachineList(f, MachinesPage{Machines: one})},
		{"machines-trouble", MachineList(f, MachinesPage{Trouble: "The machine that would know does not answer. Sites that run go on."})},
		{"machines-none", MachineList(f, MachinesPage{})},
		{"activity", ActivityList(activity, ActivityPage{events(), "What was done with one site.", "/activity?before=3", true})},
		{"activity-empty", ActivityList(activity, ActivityPage{})},
		{"trouble", Trouble(f, TroublePage{"Not here", "There is nothing at this address. It may have been deleted, or the link may be old.", "/", "Go to your sites"})},
	}
}

func storageExhibits(f Frame) []exhibit {
	f.Place = Storage
	sizes := []VolumeSize{
		{seedbed.VolumeUsage{Used: 3_400_000_000}, seedbed.Site{}, "PostgreSQL", "data"},
		{seedbed.VolumeUsage{Used: 812_000, Limit: 10 << 30}, seedbed.Site{Name: "a"}, arabic, "files"},
		{seedbed.VolumeUsage{Used: 5, AtLeast: true}, seedbed.Site{Name: "b"}, long, "files"},
	}
	folder := seedbed.Storage{Path: "/srv/seedbed/var/volumes", Total: 250e9, Free: 180e9, Replicas: 1}
	well := folder
	well.Gluster, well.Replicas, well.Services = "sites", 3, "/srv/seedbed/var/service-volumes"
	for _, host := range []string{"m1", "m2", "m3.clinic.example.org"} {
		well.Bricks = append(well.Bricks, seedbed.Brick{Host: host, Path: "/srv/brick", Online: true, Total: 250e9, Free: 180e9})
	}
	hurt := well
	hurt.Bricks = slices.Clone(well.Bricks)
	hurt.Bricks[1] = seedbed.Brick{Host: "m2", Path: "/srv/" + long, Behind: -1}
	hurt.Bricks[0].Behind, hurt.Bricks[2].Behind = 12, 1
	healing := well
	healing.Bricks = slices.Clone(well.Bricks)
	healing.Bricks[0].Behind = 1
	away := seedbed.Storage{Path: folder.Path, Gluster: "sites", Trouble: "The GlusterFS volume sites is not mounted at /srv. Nothing is written until it is back; see that its disk or share is mounted.", Words: hostile}
	return []exhibit{
		{"storage-folder", StorageState(f, StoragePage{folder, sizes, BackupRoom{true, 14, 3_200_000_000, 5, 1_100_000_000}})},
		{"storage-bricks", StorageState(f, StoragePage{well, sizes, BackupRoom{true, 1, 3_200, 0, 0}})},
		{"storage-brick-away", StorageState(f, StoragePage{hurt, sizes, BackupRoom{Known: true}})},
		{"storage-healing", StorageState(f, StoragePage{healing, nil, BackupRoom{Known: true}})},
		{"storage-away", StorageState(f, StoragePage{away, nil, BackupRoom{}})},
	}
}

func backupExhibits(f Frame) []exhibit {
	site := SiteFrame{
		Site: seedbed.Site{Name: "guide", Title: arabic}, URL: "http://guide.localhost", Host: "guide.localhost", Tab: "backups",
		Status:   seedbed.Status{State: seedbed.Live, Word: "Live", Sentence: "Answering in 120 ms."},
		Standing: seedbed.Standing{Installation: seedbed.Administrator, Scope: seedbed.PersonScope},
	}
	list := []seedbed.Backup{
		{ID: "20250506-100000-d19", At: before(4 * time.Hour), By: "Amina", Title: arabic, Size: 41_000_000, Proved: before(4 * time.Hour), Changed: 1},
		{ID: "20250401-100000-d7", At: before(35 * 24 * time.Hour), By: long, Size: 3_200_000_000},
		{ID: "20250301-100000-d3", At: before(66 * 24 * time.Hour), Trouble: "This backup cannot be used: its list of contents is missing. The site was left as it is."},
	}
	viewer := site
	viewer.Standing = seedbed.Standing{Project: seedbed.Viewer, Scope: seedbed.PersonScope}
	wrong := Form{Values: map[string]string{"confirm": hostile}, Mistakes: []Mistake{{"confirm", "This is not the name of the site, so nothing was put back. Type it as it stands above."}}}
	return []exhibit{
		{"backups", Backups(f, BackupsPage{SiteFrame: site, Backups: list, Files: true, Kinds: []string{"postgres"}, Notice: "The backup is deleted."})},
		{"backups-viewer", Backups(f, BackupsPage{SiteFrame: viewer, Backups: list})},
		{"backups-empty", Backups(f, BackupsPage{SiteFrame: site, Busy: true})},
		{"restore", Restore(f, RestorePage{SiteFrame: site, Backup: list[0], Files: true})},
		{"restore-wrong", Restore(f, RestorePage{SiteFrame: site, Backup: list[0], Form: wrong})},
	}
}

func kindsOfServices() []seedbed.Template {
	return []seedbed.Template{
		{Name: "rabbitmq", Title: "RabbitMQ", Summary: "A post office for sites: work is put into queues and done later.", Details: "RabbitMQ 3.10, as in Debian 12.", Memory: 512},
		{Name: "redis", Title: "Redis", Summary: long, Details: long, Memory: 256},
	}
}

func TestGallery_EveryPageIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range exhibits(t) {
		if seen[e.name] {
			t.Errorf("two pages are called %s", e.name)
		}
		seen[e.name] = true
		t.Run(e.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := e.page.Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			inspect(t, b.Bytes())
			hang(t, e.name, b.Bytes())
		})
	}
}

// hang writes a page into the gallery, if there is one.
func hang(t *testing.T, name string, page []byte) {
	t.Helper()
	if *gallery == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*gallery, name+".html"), page, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestInspect_FindsWhatIsWrong(t *testing.T) {
	for _, page := range []string{
		`<p>no heading</p>`, `<h1>a</h1><h1>b</h1>`, `<h1>a</h1><p><b>crossed</p></b>`, `<h1>a</h1><div>open`, `<h1 style="color:red">a</h1>`,
		`<h1>a</h1><script>x()</script>`, `<h1>a</h1><style>p{}</style>`, `<h1 onclick="x()">a</h1>`, `<h1>a</h1><input id="x">`,
		`<h1>a</h1><a class="main">x</a><a class="main">y</a>`, `<h1 id="a">a</h1><p id="a">b</p>`, `<h1>Done!</h1>`, `<h1>a @Time(x)</h1>`, `<h1>Please wait</h1>`,
		`<h1>a</h1><input type="hidden" aria-describedby="none">`, `<h1>a</h1><a href="javascript:x()">x</a>`, `<h1>a</h1><button></button>`,
	} {
		if len(faults([]byte(page))) == 0 {
			t.Errorf("nothing wrong with %s", page)
		}
	}
	if found := faults([]byte(`<h1>a</h1><label for="x">X</label><input id="x">`)); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}

func inspect(t *testing.T, page []byte) {
	t.Helper()
	for _, fault := range faults(page) {
		t.Error(fault)
	}
	if _, err := html.Parse(bytes.NewReader(page)); err != nil {
		t.Error(err)
	}
}
