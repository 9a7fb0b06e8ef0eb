package templates

import (
	"fmt"
	"strings"

	"seedbed"
)

// status puts the storage into a state.
func (p StoragePage) status() seedbed.Status {
	switch {
	case p.Total == 0:
		return seedbed.Status{State: seedbed.Broken, Word: "Away"}
	case p.Trouble != "":
		return seedbed.Status{State: seedbed.Attention, Word: "Out of sight"}
	case p.split() > 0, p.Away() > 0:
		return seedbed.Status{State: seedbed.Attention, Word: "Needs a look"}
	case p.Healing() > 0:
		return seedbed.Status{State: seedbed.AtWork, Word: "Catching up"}
	case p.isNearlyFull():
		return seedbed.Status{State: seedbed.Attention, Word: "Nearly full"}
	}
	return seedbed.Status{State: seedbed.Live, Word: "Well"}
}

// isNearlyFull reports whether less than a tenth of the room is left.
func (p StoragePage) isNearlyFull() bool { return p.Free < p.Total/10 }

func (p StoragePage) split() (files int64) {
	for _, b := range p.Bricks {
		files = max(files, b.Split)
	}
	return files
}

// sentence says the most important thing.
func (p StoragePage) sentence() string {
	room := fmt.Sprintf("%s of %s are free.", size(p.Free), size(p.Total))
	switch {
	case p.Total == 0:
		return "The storage does not answer. Sites that need their files may fail until it is back."
	case len(p.Bricks) == 0:
		return room
	case p.split() > 0:
		return fmt.Sprintf("%s differ between bricks, and only a person can tell which is right.", upperFirst(files(p.split())))
	case p.Away() > 0:
		return p.awaySentence()
	case p.Healing() > 0:
		return fmt.Sprintf("All %s bricks are there. %s still being brought to those that missed something.", number(len(p.Bricks)), upperFirst(filesAre(p.Healing())))
	}
	return fmt.Sprintf("All %s bricks are well. %s", number(len(p.Bricks)), room)
}

func (p StoragePage) awaySentence() string {
	verb := "do"
	if p.Away() == 1 {
		verb = "does"
	}
	s := fmt.Sprintf("%s of %s bricks %s not answer.", upperFirst(number(p.Away())), number(len(p.Bricks)), verb)
	if p.Replicas > 2 && len(p.Bricks) == p.Replicas && p.Away() <= (p.Replicas-1)/2 {
		s += " Sites go on with the others; what it misses is brought to it when it is back."
	}
	return s
}

// sentence says how much backups take.
func (b BackupRoom) sentence() string {
	switch {
	case !b.Known:
		return "How much they take is not known now."
	case b.Backups == 0:
		return "There are none. Whoever may change a site makes them on its page."
	}
	verb, s := "take", upperFirst(number(b.Backups))+" backups"
	if b.Backups == 1 {
		verb, s = "takes", "One backup"
	}
	s += " " + verb + " " + size(b.Size) + " in all."
	if b.OfDeleted > 0 {
		s += " Of this, " + size(b.OfDeletedSize) + " are of sites that were deleted. Those backups are deleted in their folder on the machine, not here."
	}
	return s
}

// where says what the storage is.
func (p StoragePage) where() string {
	if p.Gluster == "" {
		return "People’s files are in the folder " + p.Path + " of this machine. There is one copy of each; keep backups elsewhere."
	}
	copies := ""
	if p.Replicas > 1 {
		copies = fmt.Sprintf(" Each file is kept %s times.", number(p.Replicas))
	}
	services := ""
	if p.Services != "" {
		services = " The databases of shared services are in the folder " + p.Services + " of this machine, in one copy."
	}
	return "People’s files are in the GlusterFS volume " + p.Gluster + ", mounted at " + p.Path + "." + copies + services
}

func brickStatus(b seedbed.Brick) seedbed.Status {
	switch {
	case !b.Online:
		return seedbed.Status{State: seedbed.Broken, Word: "Away"}
	case b.Split > 0:
		return seedbed.Status{State: seedbed.Attention, Word: upperFirst(files(b.Split)) + " to decide"}
	case b.Behind > 0:
		return seedbed.Status{State: seedbed.AtWork, Word: upperFirst(files(b.Behind)) + " to bring on"}
	}
	return seedbed.Status{State: seedbed.Live, Word: "Well"}
}

func files(n int64) string {
	if n == 1 {
		return "one file"
	}
	return number(int(n)) + " files"
}

func filesAre(n int64) string {
	if n == 1 {
		return "one file is"
	}
	return files(n) + " are"
}

// number writes small numbers as people do.
func number(n int) string {
	words := strings.Fields("no one two three four five six seven eight nine ten eleven twelve")
	if n >= 0 && n < len(words) {
		return words[n]
	}
	return itoa(int64(n))
}
