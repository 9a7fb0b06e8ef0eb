package templates

import (
	"slices"
	"strconv"
	"strings"

	"seedbed"
)

// VisitorsPage says how a site meets its visitors, and changes it.
type VisitorsPage struct {
	SiteFrame
	Form Form
	// Visitors is what the form was made from.
	Visitors seedbed.Visitors
	Names    []SiteName // all that it has, the main one first
	Domain   string     // what the site's own name ends with
	HTTPS    bool       // sites are served over HTTPS as well
	Restarts bool       // the site is started anew when it has another main name
	Visiting seedbed.Visiting
	Visits   VisitsPart
	Preview  bool // the page about maintenance is shown below the form
	Notice   string
}

// SiteName is one host name of a site.
type SiteName struct {
	Host  seedbed.HostName
	Shown string // in its own script
	Own   bool   // made from the site's name: it stays
}

// differs reports whether a name is shown in another way than DNS has it.
func (n SiteName) differs() bool { return n.Shown != string(n.Host) }

// mainField is the id of what makes a host name the main one.
func mainField(host seedbed.HostName) string { return "main." + string(host) }

// DropHostField is the name of the switch that takes a host name away.
func DropHostField(host seedbed.HostName) string { return "hosts.drop." + string(host) }

// DropKeyField is the name of the switch that takes a name with its password away.
func DropKeyField(name string) string { return "keys.drop." + name }

// PasswordField is the name of the field for another password of a name.
func PasswordField(name string) string { return "keys.password." + name }

// own is the name that stays with the site.
func (p VisitorsPage) own() SiteName {
	for _, name := range p.Names {
		if name.Own {
			return name
		}
	}
	return SiteName{}
}

// dns says what whoever keeps a name has to write down.
func (p VisitorsPage) dns() []string {
	own := p.own().Shown
	if p.Domain == "localhost" {
		return []string{
			"Whoever keeps the name has it lead to the address of this machine: an A record, or AAAA for IPv6.",
			"This installation’s own names end with “localhost”, which lead every computer to itself. Give it a domain of its own before others are to come by these names.",
		}
	}
	return []string{
		"Whoever keeps the name has it lead to " + own + ": a CNAME record with that as its value.",
		"A name that is nothing but a domain, such as example.org, cannot have a CNAME record: give it the same A and AAAA records that " + own + " has.",
		"It may take some hours until everybody is led there. Nothing else is to be done here.",
	}
}

func choice(name, label, help string, choices ...seedbed.Choice) seedbed.Question {
	return seedbed.Question{Name: name, Label: label, Help: help, Choices: choices}
}

func audienceQuestion() seedbed.Question {
	return choice("audience", "Who may visit it", "Your own networks are those that whoever runs this installation has named as such.",
		seedbed.Choice{Value: "", Label: "Everybody"},
		seedbed.Choice{Value: string(seedbed.InsideOnly), Label: "Only who is in your own networks"},
		seedbed.Choice{Value: string(seedbed.KeyHolders), Label: "Who knows a name and a password"})
}

// amounts are choices of numbers, with the one that is there among them.
func amounts(now string, said func(int) string, numbers ...int) []seedbed.Choice {
	if n, err := strconv.Atoi(now); err == nil && !slices.Contains(numbers, n) {
		numbers = append(numbers, n)
		slices.Sort(numbers)
	}
	var all []seedbed.Choice
	for _, n := range numbers {
		all = append(all, seedbed.Choice{Value: strconv.Itoa(n), Label: upperFirst(said(n))})
	}
	return all
}

func (p VisitorsPage) uploadQuestion() seedbed.Question {
	return choice("upload", "How much may be sent at once", "A larger file than that is refused with a sentence. A site may have a limit of its own besides.",
		amounts(p.Form.Value("upload"), seedbed.UploadSaid, 0, 10, 50, 100, 512, 2048, 10240)...)
}

func (p VisitorsPage) patienceQuestion() seedbed.Question {
	return choice("patience", "How long the site may take to answer", "After that, visitors read that it does not answer. More is for reports and imports that take long.",
		amounts(p.Form.Value("patience"), seedbed.PatienceSaid, 0, 60, 300, 900, 3600)...)
}

func languageQuestion() seedbed.Question {
	choices := []seedbed.Choice{{Value: "", Label: "That of the installation"}}
	for _, code := range seedbed.VisitorLanguages() {
		choices = append(choices, seedbed.Choice{Value: code, Label: seedbed.LanguageSaid(code)})
	}
	return choice("language", "Their language", "", choices...)
}

func maintenanceQuestion() seedbed.Question {
	return choice("maintenance", "Show everybody the page about maintenance now", "The site goes on running behind it, and nobody sees it.")
}

func httpsQuestion() seedbed.Question {
	return choice("https", "HTTPS only", "Whoever comes over plain HTTP is led to HTTPS.")
}

func strictQuestion() seedbed.Question {
	return choice("strict", "Tell browsers to come over HTTPS only, for a year", "Browsers keep to this even if you switch it off again: without a certificate that is good, nobody who was here before reaches the site. Switch it on once HTTPS has worked for some weeks.")
}

// words are the paragraphs of one's own text.
func (p VisitorsPage) words() []string {
	var all []string
	for paragraph := range strings.SplitSeq(p.Form.Value("words"), "\n") {
		if paragraph = strings.TrimSpace(paragraph); paragraph != "" {
			all = append(all, paragraph)
		}
	}
	return all
}

// effectSaid says whether visitors are met as it stands on the page.
func (p VisitorsPage) effectSaid() string {
	switch {
	case p.Visiting.Effect == seedbed.InEffect:
		return "In effect: visitors are met as it stands here."
	case p.Visiting.Effect == seedbed.OnItsWay:
		return "On its way: nginx does not serve it like this yet. That takes some seconds."
	}
	return "What is saved counts some seconds later. The router does not tell us when it does."
}

// facts are what a site's visitors get, for those who only look.
func (p VisitorsPage) facts() [][2]string {
	v := p.Visitors
	facts := [][2]string{
		{"The other names lead to the main one", yesOrNo(v.ToMain)}, {"Who may visit it", upperFirst(v.Audience.Said())},
		{"How much may be sent at once", upperFirst(seedbed.UploadSaid(v.Upload))}, {"How long it may take to answer", upperFirst(seedbed.PatienceSaid(v.Patience))},
		{"Language of pages in its place", upperFirst(seedbed.LanguageSaid(v.Language))}, {"Page about maintenance", yesOrNo(v.Maintenance)},
	}
	if p.HTTPS {
		facts = append(facts, [2]string{"HTTPS only", yesOrNo(v.HTTPS)})
	}
	return facts
}

func yesOrNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}
