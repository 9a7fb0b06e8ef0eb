package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"seedbed"
	"seedbed/cmd/server/bundle"
	"seedbed/cmd/server/doctor"
	"seedbed/cmd/server/install"
)

// installOptions are the flags of `seedbed install`.
type installOptions struct {
	answers, from string
	yes, print    bool
	asked         *terminal
}

// installCommand is `seedbed install`: it looks at the machine, shows a plan,
// asks once, and sets everything up. It may be killed and repeated.
func installCommand(ctx context.Context, args []string) error {
	var o installOptions
	flags := flag.NewFlagSet("seedbed install", flag.ContinueOnError)
	flags.StringVar(&o.answers, "answers", "", "file with the answers, instead of asking")
	flags.BoolVar(&o.print, "print-answers", false, "print an example of such a file, and do nothing")
	flags.StringVar(&o.from, "from", "", "folder of a bundle, for a machine without internet")
	flags.BoolVar(&o.yes, "yes", false, "do not ask whether to begin")
	if err := readOptions(flags, args); err != nil {
		return err
	}
	if o.print {
		fmt.Print(install.ExampleAnswers)
		return nil
	}
	if os.Geteuid() != 0 {
		return &seedbed.Error{Code: seedbed.Forbidden, Message: "Installing needs root. Run it with sudo."}
	}
	unlock, err := lockInstall()
	if err != nil {
		return err
	}
	defer unlock()
	return o.run(ctx)
}

// lockInstall makes sure that one installation at a time changes the machine.
func lockInstall() (unlock func(), err error) {
	f, err := os.OpenFile("/run/seedbed-install.lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the installation's lock: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) // ends with the process, however that ends
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = &seedbed.Error{Code: seedbed.Conflict, Message: "Another “seedbed install” is at work on this machine. Wait until it has ended."}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { f.Close() }, nil
}

func (o *installOptions) run(ctx context.Context) error {
	i := &install.Installer{Images: firstImages, Say: func(line string) { fmt.Println("  " + line) }}
	var err error
	if i.Answers, err = o.findAnswers(ctx); err != nil {
		return err
	}
	if err := checkMachine(ctx, i.Answers); err != nil {
		return err
	}
	if err := o.openBundle(ctx, i); err != nil {
		return err
	}
	plan := install.Plan(ctx, i.Steps())
	if len(plan) == 0 {
		fmt.Println("Everything is installed as it should be.")
		return sayWhere(ctx, i.Answers)
	}
	if err := o.agree(ctx, plan); err != nil {
		return err
	}
	if err := install.Run(ctx, i.Steps(), i.Say); err != nil {
		return unfinished(ctx, err)
	}
	return sayWhere(ctx, i.Answers)
}

// unfinished is why an installation ended in the middle, and how it goes on.
func unfinished(ctx context.Context, err error) error {
	says := sentence(err)
	if ctx.Err() != nil {
		says = "It was stopped."
	}
	return errors.New(says + "\nWhat was done so far stays. Run the same command again to go on.")
}

// findAnswers takes what an earlier installation was told, then the file, and
// else asks.
func (o *installOptions) findAnswers(ctx context.Context) (install.Answers, error) {
	known, err := earlierAnswers()
	if err != nil {
		return known, err
	}
	if o.answers != "" {
		return install.ReadAnswers(o.answers, known)
	}
	if o.yes || !isTerminal(os.Stdin) {
		return known, known.Check()
	}
	before := known
	fits := func() error {
		err := known.Complete().Check()
		if err != nil {
			known = before // a wrong answer is forgotten
		}
		return err
	}
	for _, q := range known.Questions() {
		if err := o.person().answer(ctx, q, fits); err != nil {
			return known, err
		}
	}
	return known.Complete(), nil
}

// earlierAnswers are those in the settings file, or the defaults.
func earlierAnswers() (a install.Answers, err error) {
	settings, err := readSettings(settingsFile)
	if err != nil {
		return a, err
	}
	a.Domain, a.Listen, a.TaskPorts = settings["SEEDBED_DOMAIN"], settings["SEEDBED_LISTEN"], settings["SEEDBED_TASK_PORTS"]
	for name, port := range map[string]*int{"SEEDBED_PORT": &a.Port, "SEEDBED_SITE_PORT": &a.SitePort} {
		if text := settings[name]; text != "" {
			if _, err := fmt.Sscanf(text, "%d", port); err != nil {
				return a, fmt.Errorf("%s: %s is not a number", settingsFile, name)
			}
		}
	}
	return a.Complete(), nil
}

// checkMachine looks at the machine, and refuses one on which it cannot work.
func checkMachine(ctx context.Context, a install.Answers) error {
	fmt.Println("Looking at this machine")
	c := configOf(a)
	findings := doctor.Examine(ctx, append(c.machine().Checks(), doctor.FreePorts(c.ports(), portHolder)...))
	doctor.Print(os.Stdout, findings, doctor.Warning)
	if doctor.Worst(findings) == doctor.Trouble {
		return &seedbed.Error{Code: seedbed.Unavailable, Message: "Seedbed cannot be installed here yet, and nothing was changed. Do what is said above, and try again."}
	}
	return nil
}

func configOf(a install.Answers) config {
	return config{Dir: "/var/lib/seedbed", Listen: a.Listen, Port: a.Port, SitePort: a.SitePort, Domain: a.Domain, TaskPorts: a.TaskPorts}
}

func (c config) machine() doctor.Machine {
	return doctor.Machine{Root: os.DirFS("/"), Dir: c.Dir, Built: built(), Now: time.Now, Domain: c.Domain, Listen: c.Listen}
}

func (c config) ports() []doctor.Port {
	return []doctor.Port{
		{Address: c.portalAddress(), For: "the portal"}, {Address: c.siteAddress(), For: "the sites"},
		{Address: c.consulAddress(), For: "Consul"}, {Address: c.engineAddress(), For: "the engine"},
	}
}

// built is when the commit was made that this program is of.
func built() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			t, _ := time.Parse(time.RFC3339, s.Value) // the zero time if it cannot be read
			return t
		}
	}
	return time.Time{}
}

// openBundle checks the bundle before anything in it is used.
func (o *installOptions) openBundle(ctx context.Context, i *install.Installer) error {
	if o.from == "" {
		return nil
	}
	dir, err := filepath.Abs(o.from)
	if err != nil {
		return fmt.Errorf("find the bundle: %w", err)
	}
	m, err := bundle.Open(dir)
	if err != nil {
		return err
	}
	if m.Architecture != runtime.GOARCH {
		return &seedbed.Error{Code: seedbed.Invalid, Message: "The bundle is for " + m.Architecture + " machines, and this one is " + runtime.GOARCH + ". Make one on a machine like this."}
	}
	fmt.Println("Checking the bundle")
	i.From, i.Manifest = dir, &m
	return m.Verify(ctx, dir)
}

// agree shows the plan and asks once.
func (o *installOptions) agree(ctx context.Context, plan []install.Step) error {
	fmt.Println("\nWhat will be done:")
	for _, s := range plan {
		fmt.Println("  • " + s.Will)
	}
	if o.yes {
		fmt.Println()
		return nil
	}
	if !isTerminal(os.Stdin) {
		return errors.New("nobody can be asked whether to begin; add --yes")
	}
	answer, err := o.person().ask(ctx, "\nBegin? [y/N] ")
	if err != nil {
		return err
	}
	if !strings.HasPrefix(strings.ToLower(answer), "y") {
		return errNothingChanged
	}
	return nil
}

// sayWhere tells where the portal is, and how to become its administrator.
func sayWhere(ctx context.Context, a install.Answers) error {
	c := configOf(a)
	fmt.Printf("\nSeedbed is running.\n\n  Portal  %s\n  Sites   http://<name>.%s\n", c.portalURL(), c.siteHost(c.Domain))
	link, err := install.AsSeedbed(ctx, "setup-link")
	if err != nil {
		fmt.Println("\nThere is an administrator already. “seedbed doctor” looks at everything at any time.")
		return nil //nolint:nilerr // that is what the command says; the portal says the rest
	}
	fmt.Printf("\nMake the first administrator with this link; it works once:\n\n  %s\n", strings.TrimSpace(link))
	return nil
}

// portHolder says who may have Seedbed's ports.
func portHolder(ctx context.Context) string {
	for _, name := range install.Units() {
		if install.IsActive(ctx, name) {
			return "Seedbed"
		}
	}
	if install.IdleNginx(ctx) {
		return "the nginx of Debian's package, which has nothing to serve"
	}
	return ""
}
