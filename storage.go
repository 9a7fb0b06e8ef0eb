package seedbed

// VolumeUsage is how much a volume holds.
type VolumeUsage struct {
	Used  int64 // bytes
	Limit int64 // bytes that it may hold at most; 0 if only the disk limits it
	// AtLeast is true if there was no time to count everything: then Used is
	// what was counted until then.
	AtLeast bool
}

// Storage is how the place that holds all volumes is.
type Storage struct {
	Gluster string // name of the GlusterFS volume; "" for a plain folder
	Path    string // where it is on this machine
	// Services is the folder of the volumes of shared services, if they are
	// not in Path.
	Services string
	Total    int64 // bytes
	Free     int64 // bytes
	// Replicas is how many bricks hold each file; 1 for a plain folder.
	Replicas int
	Bricks   []Brick
	// Trouble says what could not be found out, in a sentence, with Words for
	// those who mend it; both are empty if all is known.
	Trouble, Words string
}

// Brick is one machine's part of a GlusterFS volume.
type Brick struct {
	Host, Path  string
	Online      bool
	Total, Free int64 // bytes
	// Behind is how many files other bricks have to bring to it or to each
	// other, as this one counts them; -1 if it cannot be asked.
	Behind int64
	// Split is how many of those differ in ways that nobody but a person can
	// decide about.
	Split int64
}

// Healing returns how many files are being brought to bricks that missed
// something, as far as it is known.
func (s Storage) Healing() (files int64) {
	for _, b := range s.Bricks {
		files = max(files, b.Behind)
	}
	return files
}

// Away returns how many bricks do not answer.
func (s Storage) Away() (n int) {
	for _, b := range s.Bricks {
		if !b.Online {
			n++
		}
	}
	return n
}
