package templates

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"seedbed"
)

// stepWords are what a step is called once it is done, while it is done, and
// before.
type stepWords struct{ done, now, toCome string }

// wordsFor finds the words for a step. A step that has none is called by its
// name.
func wordsFor(name seedbed.StepName) stepWords {
	step, kind, _ := strings.Cut(string(name), ":")
	service := seedbed.ServiceTitle(kind)
	own := ownPart(kind)
	switch seedbed.StepName(step) {
	case seedbed.StepVolumes:
		return stepWords{"Made a place for its files", "Making a place for its files", "Make a place for its files"}
	case seedbed.StepService:
		return stepWords{"The shared " + service + " is running", "Waiting for the shared " + service, "Wait for the shared " + service}
	case seedbed.StepBinding:
		return stepWords{"Made its own " + own, "Making its own " + own, "Make its own " + own}
	case seedbed.StepApply:
		return stepWords{"Gave the order to start it", "Giving the order to start it", "Start it"}
	case seedbed.StepWell:
		return stepWords{"It is running well", "Waiting until it is well", "Wait until it is well"}
	case seedbed.StepRoute:
		return stepWords{"Opened its address", "Opening its address", "Open its address"}
	case seedbed.StepAnswer:
		return stepWords{"Its address answered", "Asking its address for the first page", "Ask its address for the first page"}
	case seedbed.StepStop:
		return stepWords{"Stopped it", "Stopping it", "Stop it"}
	case seedbed.StepUnroute:
		return stepWords{"Closed its address", "Closing its address", "Close its address"}
	case seedbed.StepUnbind:
		return stepWords{"Deleted its " + own, "Deleting its " + own, "Delete its " + own}
	case seedbed.StepKeep:
		return stepWords{"Copied its files and databases, and read the copy", "Copying its files and databases", "Copy its files and databases"}
	case seedbed.StepStage:
		return stepWords{"Found the backup whole", "Reading the backup", "Read the backup"}
	case seedbed.StepSwap:
		return stepWords{"Put its files back", "Putting its files back", "Put its files back"}
	case seedbed.StepLoad:
		return stepWords{"Put its " + own + " back", "Putting its " + own + " back", "Put its " + own + " back"}
	case seedbed.StepDiscard:
		return stepWords{"Deleted its files", "Deleting its files", "Delete its files"}
	}
	return stepWords{string(name), string(name), string(name)}
}

// ownPart is what a site's own part of a kind of service is called.
func ownPart(kind string) string {
	if part := plainPart(kind); part == "database" {
		return part
	}
	return "part of " + seedbed.ServiceTitle(kind)
}

// plainPart is ownPart where the service is named anyway.
func plainPart(kind string) string {
	switch kind {
	case "postgres", "mariadb":
		return "database"
	}
	return "part"
}

// belongings names what is deleted with a site: "its files and its database in
// PostgreSQL".
func belongings(files bool, kinds []string) string { return sequence(partsOf(files, kinds)) }

func partsOf(files bool, kinds []string) []string {
	var things []string
	if files {
		things = append(things, "its files")
	}
	for _, kind := range kinds {
		if part := ownPart(kind); part == "database" {
			things = append(things, "its database in "+seedbed.ServiceTitle(kind))
		} else {
			things = append(things, "its "+part)
		}
	}
	return things
}

// sequence joins things as people do: "a, b and c".
func sequence(things []string) string {
	if len(things) < 2 {
		return strings.Join(things, "")
	}
	last := len(things) - 1
	return strings.Join(things[:last], ", ") + " and " + things[last]
}

// midSentence makes "Static site" fit inside a sentence: "static site". Names
// with capitals inside, such as WordPress, stay as they are.
func midSentence(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	if strings.ToLower(s[n:]) != s[n:] {
		return s
	}
	return strings.ToLower(s)
}

// article is the word before a thing: "a wiki", "an archive".
func article(thing string) string {
	if first, _ := utf8.DecodeRuneInString(strings.ToLower(thing)); strings.ContainsRune("aeiou", first) {
		return "an"
	}
	return "a"
}

// initial is the letter that stands for a site in lists.
func initial(title string) string {
	for _, r := range title {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(unicode.ToUpper(r))
		}
	}
	return "·"
}

// badgeWord is the word for a state that came without one.
func badgeWord(s seedbed.Status) string {
	if s.Word != "" {
		return s.Word
	}
	switch s.State {
	case seedbed.Live:
		return "Live"
	case seedbed.AtWork:
		return "At work"
	case seedbed.Attention:
		return "Needs a look"
	case seedbed.Broken:
		return "Not answering"
	}
	return "Not looked at yet"
}

// badgeClass keeps the colour of an unknown state calm.
func badgeClass(state seedbed.State) string {
	switch state {
	case seedbed.Live, seedbed.AtWork, seedbed.Attention, seedbed.Broken:
		return string(state)
	}
	return string(seedbed.AtRest)
}

// upperFirst makes an event a sentence when nobody is named before it.
func upperFirst(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
