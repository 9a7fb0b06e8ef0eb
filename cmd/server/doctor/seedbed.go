package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"seedbed"
	"seedbed/catalog/images"
	"seedbed/cmd/server/backup"
	"seedbed/db"
)

// keySize is the size of the key file in bytes, and oldBackup how old the last
// backup may be.
const (
	keySize   = db.KeySize
	oldBackup = 8 * 24 * time.Hour
)

// Seedbed is what is asked of an installation.
type Seedbed struct {
	Dir       string         // that keeps everything
	VolumeDir string         // of people's files
	Docker    *client.Client // that it uses; it need not answer
	Consul    func(ctx context.Context) error
	Nginx     func(ctx context.Context) error
	Portal    func(ctx context.Context) error
	Now       func() time.Time
	WithUnits bool // systemd runs it, and not somebody at a terminal
}

// Checks returns the checks of the installation.
func (s Seedbed) Checks() []Check {
	return []Check{
		{"Portal", s.running(s.Portal, "The portal", "seedbed")},
		{"Docker", s.dockerAnswers},
		{"Consul", s.running(s.Consul, "Consul", "seedbed-consul")},
		{"nginx", s.running(s.Nginx, "nginx", "seedbed-nginx")},
		{"Database", s.database},
		{"Key", s.key},
		{"Images", s.images},
		{"Containers nobody knows", s.strayContainers},
		{"Volumes nobody knows", s.strayVolumes},
		{"Backup", s.backup},
	}
}

// running makes a check of a program, which is told how to be looked at.
func (s Seedbed) running(check func(context.Context) error, name, unit string) func(context.Context) Finding {
	return func(ctx context.Context) Finding {
		err := check(ctx)
		if err == nil {
			return fine("It answers.")
		}
		next := "Start Seedbed: make run."
		if s.WithUnits {
			next = "Start it: systemctl restart " + unit + ". Why it ended: journalctl -u " + unit + "."
		}
		return trouble(name+" is not as it should be: "+err.Error()+".", next)
	}
}

func (s Seedbed) dockerAnswers(ctx context.Context) Finding {
	version, err := s.Docker.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return trouble("Docker does not answer: "+err.Error()+".", "Start it: systemctl restart docker. Why it ended: journalctl -u docker.")
	}
	return fine("Docker " + version.Version + " answers.")
}

func (s Seedbed) path(name string) string { return filepath.Join(s.Dir, name) }

func (s Seedbed) summary(ctx context.Context) (db.Summary, error) {
	if _, err := os.Stat(s.path("seedbed.db")); err != nil {
		return db.Summary{}, err
	}
	return db.Inspect(ctx, s.path("seedbed.db"))
}

func (s Seedbed) database(ctx context.Context) Finding {
	found, err := s.summary(ctx)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return trouble("There is no database in "+s.Dir+" yet.", "Start Seedbed once, or name its folder with -dir.")
	case errors.Is(err, os.ErrPermission):
		return warning("The database can only be read by root.", "Run this with sudo.")
	case err != nil:
		return trouble("The database cannot be read: "+err.Error()+".", "Bring back the last backup: seedbed restore --from FILE --replace.")
	case found.Failed > 0:
		return warning(fmt.Sprintf("It is whole. Of %d sites, %d could not be carried out.", found.Sites, found.Failed), "Open the portal; the page of each site says why, and has Try again.")
	case found.Users == 0:
		return warning("It is whole. There is no administrator yet.", "Open the link that this prints: seedbed setup-link.")
	default:
		return fine(fmt.Sprintf("It is whole, with %d sites.", found.Sites))
	}
}

func (s Seedbed) key(context.Context) Finding {
	info, err := os.Stat(s.path("secret.key"))
	_, never := os.Stat(s.path("seedbed.db"))
	switch {
	case errors.Is(err, os.ErrNotExist) && errors.Is(never, os.ErrNotExist):
		return warning("There is no key yet; Seedbed makes it together with its database.", "See Database, above.")
	case errors.Is(err, os.ErrPermission):
		return warning("The key can only be looked at by root.", "Run this with sudo.")
	case err != nil:
		return trouble("The key to the passwords in the database is missing.", "Bring back secret.key from your backup. Do not let Seedbed make a new one: it would not fit.")
	case info.Size() != keySize:
		return trouble(fmt.Sprintf("The key has %d bytes instead of %d.", info.Size(), keySize), "Bring back secret.key from your backup.")
	case info.Mode().Perm()&0o077 != 0:
		return trouble(fmt.Sprintf("Other users of this machine can read the key; its mode is %o.", info.Mode().Perm()), "Take that away: chmod 600 "+s.path("secret.key")+".")
	default:
		return fine("It is there, for Seedbed alone.")
	}
}

func (s Seedbed) images(ctx context.Context) Finding {
	missing, err := (&images.Builder{Docker: s.Docker}).Missing(ctx)
	switch {
	case err != nil:
		return warning("Docker does not say which images it has.", "See Docker, above.")
	case len(missing) > 0:
		return warning("Missing: "+strings.Join(missing, ", ")+". Sites made from them start when they are built, for which Debian's mirror has to be reached.", "With internet, nothing. Without: seedbed install --from, and a bundle that has them.")
	default:
		return fine(fmt.Sprintf("All %d are there.", len(images.Names())))
	}
}

func (s Seedbed) strayContainers(ctx context.Context) Finding {
	installation, err := os.ReadFile(s.path("installation"))
	known, err2 := s.summary(ctx)
	if errors.Join(err, err2) != nil {
		return warning("It is not known which containers there should be.", "See Database, above.")
	}
	list, err := s.Docker.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: client.Filters{}.Add("label", "seedbed.installation="+string(installation))})
	if err != nil {
		return warning("Docker does not say which containers there are.", "See Docker, above.")
	}
	var stray []string
	for _, c := range list.Items {
		if !slices.Contains(known.Workloads, seedbed.WorkloadID(c.Labels["seedbed.app"])) {
			stray = append(stray, c.Labels["seedbed.app"]+" ("+c.ID[:12]+")")
		}
	}
	return judgeStray(stray, "containers of sites that are in no database", "If nobody misses these sites: docker rm --force CONTAINER. After a restore of an old backup, they may be newer than it.")
}

func (s Seedbed) strayVolumes(ctx context.Context) Finding {
	known, err := s.summary(ctx)
	if err != nil {
		return warning("It is not known which volumes there should be.", "See Database, above.")
	}
	folders, err := os.ReadDir(s.VolumeDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return warning("The volumes cannot be listed.", "Run this with sudo.")
	}
	var stray []string
	for _, f := range folders {
		if f.IsDir() && !strings.HasPrefix(f.Name(), ".") && !slices.Contains(known.Owners, f.Name()) {
			stray = append(stray, f.Name())
		}
	}
	return judgeStray(stray, "volumes that belong to no site", "Look into "+s.VolumeDir+", keep what somebody needs, and delete the rest by hand.")
}

func judgeStray(stray []string, what, next string) Finding {
	if len(stray) == 0 {
		return fine("There are none.")
	}
	slices.Sort(stray)
	return warning("There are "+what+": "+strings.Join(stray, ", ")+".", next)
}

func (s Seedbed) backup(context.Context) Finding {
	const next = "Make one, and keep it on another machine: seedbed backup --to FILE."
	last, ok, err := backup.FindLast(s.Dir)
	switch {
	case err != nil:
		return warning("It is not known when the last one was made.", next)
	case !ok:
		return warning("There was none yet.", next)
	}
	says := fmt.Sprintf("The last one was made %s, to %s.", ago(s.Now().Sub(last.At)), last.To)
	if s.Now().Sub(last.At) > oldBackup {
		return warning(says, next)
	}
	return fine(says)
}

func ago(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}
