// Command server is the binary `seedbed`: it wires all parts of Seedbed
// together. It holds no rules and no knowledge of any part.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"seedbed"
)

const usage = `Seedbed runs websites and shared services on machines of your own.

  seedbed prepare   install what is missing, start Docker, build the images
  seedbed serve     start the portal and all behind it
  seedbed engine    the engine of one box alone, for a portal with -marathon
  seedbed bridge    write what a Marathon runs into a Consul
  seedbed router    serve on this machine what Consul says
  seedbed docker    print the address of the Docker in use, starting one if none answers
  seedbed docker stop
                    end the Docker that Seedbed started itself, with all in it

On a machine of its own, from the Debian package (docs/install.md):

  seedbed install   set everything up
  seedbed verify    prove that it works: launch a site, fetch it, remove it
  seedbed setup-link
                    print the link that makes the first administrator; with
                    -user NAME one for a new password
  seedbed doctor    look at everything, and say what to do about what is wrong
  seedbed backup    keep what the portal knows in one file
  seedbed restore   bring it back from there
  seedbed certificates list|upload|withdraw|root
                    look at the certificates for HTTPS, and give some
  seedbed bundle    collect what "install" needs where the internet does not reach

With a token, on any machine (docs/api.md):

  seedbed sites list|show|create|set|logs|retry|return|move|passwords|delete
  seedbed sites usage|revisions|sign-in
  seedbed sites files|upload|delete-file
  seedbed sites backup|backups|restore|delete-backup
  seedbed apply     make projects, services and sites as a file says
  seedbed projects list|show|create|rename|delete|invite|withdraw|role|remove
  seedbed users list|role|block|unblock|password-link
  seedbed services list|create|restart
  seedbed templates, machines, volumes, events
  seedbed deployments list|show
  seedbed token create|list|revoke

Each has its options: seedbed serve -h, seedbed help sites
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // so that a second Ctrl-C ends it at once
	if err := run(ctx, os.Args[1:]); err != nil {
		var status exitStatus
		if !errors.Is(err, flag.ErrHelp) && !errors.As(err, &status) {
			fmt.Fprintln(os.Stderr, "seedbed:", sentence(err))
		}
		os.Exit(exitCode(err))
	}
}

// run does what the arguments say.
func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Print(usage)
		return nil
	}
	if err := loadEnvironment(); err != nil {
		return err
	}
	switch command, rest := args[0], args[1:]; command {
	case "serve":
		return serve(ctx, rest)
	case "engine":
		return runEngine(ctx, rest)
	case "bridge":
		return runBridge(ctx, rest)
	case "router":
		return runRouter(ctx, rest)
	case "prepare":
		return prepare(ctx, rest)
	case "docker":
		return dockerCommand(ctx, rest)
	case "install":
		return installCommand(ctx, rest)
	case "backup":
		return backupCommand(ctx, rest)
	case "restore":
		return restoreCommand(ctx, rest)
	case "doctor":
		return doctorCommand(ctx, rest)
	case "verify":
		return verify(ctx, rest)
	case "setup-link":
		return setupLinkCommand(ctx, rest)
	case "configure":
		return configure(ctx, rest)
	case "bundle":
		return bundleCommand(ctx, rest)
	case "certificates":
		return certificatesCommand(ctx, rest)
	case "sites":
		return sitesCommand(ctx, rest)
	case "projects":
		return projectsCommand(ctx, rest)
	case "users":
		return usersCommand(ctx, rest)
	case "volumes":
		return volumesCommand(ctx, rest)
	case "machines":
		return machinesCommand(ctx, rest)
	case "apply":
		return applyCommand(ctx, rest)
	case "templates":
		return templatesCommand(ctx, rest)
	case "services":
		return servicesCommand(ctx, rest)
	case "deployments":
		return deploymentsCommand(ctx, rest)
	case "events":
		return eventsCommand(ctx, rest)
	case "token":
		return tokenCommand(ctx, rest)
	case "help", "-h", "--help":
		return help(ctx, rest)
	default:
		return misused("there is no command %q; 'seedbed help' lists them", command)
	}
}

// sentence is an error as the person at the terminal reads it: the sentence
// for people, where there is one, and the whole chain otherwise.
func sentence(err error) string {
	var known *seedbed.Error
	if errors.As(err, &known) {
		return known.Error()
	}
	return err.Error()
}
