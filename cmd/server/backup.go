package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"seedbed"
	"seedbed/catalog"
	"seedbed/cmd/server/backup"
	"seedbed/db"
	"seedbed/storage"
)

// backupCommand is `seedbed backup`: it keeps what the portal knows in one
// file, while serve runs or not.
func backupCommand(ctx context.Context, args []string) error {
	var to string
	var withoutKey bool
	c, err := parseConfig("backup", args, func(f *flag.FlagSet) {
		f.StringVar(&to, "to", "", "file to make; the default is seedbed-<date>.tar.gz, here")
		f.BoolVar(&withoutKey, "without-key", false, "leave out the key, without which the passwords in it cannot be read")
	})
	if err != nil {
		return err
	}
	now := time.Now()
	if to == "" {
		to = "seedbed-" + now.Format("2006-01-02-150405") + ".tar.gz"
	}
	if to, err = filepath.Abs(to); err != nil {
		return fmt.Errorf("find %s: %w", to, err)
	}
	if err := backup.Make(ctx, backup.Order{Dir: c.Dir, Settings: settingsFile, WithKey: !withoutKey, Now: now}, to); err != nil {
		return err
	}
	fmt.Println("What the portal knows is in " + to + ".")
	if withoutKey {
		fmt.Println("It is of use only together with " + c.path("secret.key") + ", which is not in it.")
	} else {
		fmt.Println("It holds the key: who has this file has the passwords of all sites. Keep it where only you can read it.")
	}
	fmt.Println("The files and databases of sites are not in it. Make a backup of each on its page, and keep " + c.BackupDir + " as well.")
	return nil
}

// restoreOptions are the flags of `seedbed restore`.
type restoreOptions struct {
	from                string
	replace, newVolumes bool
}

// restoreCommand is `seedbed restore`: it puts a backup in place. It refuses
// while serve runs, and where there is something, unless told to.
func restoreCommand(ctx context.Context, args []string) error {
	var o restoreOptions
	c, err := parseConfig("restore", args, func(f *flag.FlagSet) {
		f.StringVar(&o.from, "from", "", "the backup, a file that “seedbed backup” made")
		f.BoolVar(&o.replace, "replace", false, "take the place of what is there; that is kept in the folder “replaced”")
		f.BoolVar(&o.newVolumes, "new-volumes", false, "the files of the sites are lost: begin with empty folders, into which their own backups are put")
	})
	if err != nil {
		return err
	}
	if o.from == "" {
		return misused("Name the backup: seedbed restore -from FILE")
	}
	unlock, err := lock(c)
	if err != nil {
		return &seedbed.Error{Code: seedbed.Conflict, Err: err, Message: "Seedbed is running in " + c.Dir + ". Stop it first: systemctl stop seedbed."}
	}
	defer unlock()
	return c.restore(ctx, o)
}

func (c config) restore(ctx context.Context, o restoreOptions) error {
	if _, err := os.Stat(c.path("seedbed.db")); err == nil && !o.replace {
		return &seedbed.Error{Code: seedbed.Conflict, Message: "There is a Seedbed in " + c.Dir + " already. To have the backup take its place, add -replace."}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at %s: %w", c.Dir, err)
	}
	if err := backup.Restore(ctx, o.from, c.Dir, c.fits(o.newVolumes)); err != nil {
		return err
	}
	fmt.Println("The backup is in place. Start Seedbed: systemctl start seedbed.")
	fmt.Println("The settings of then are in " + c.path("settings.env") + "; compare them with " + settingsFile + ".")
	if o.newVolumes {
		fmt.Println("The sites begin empty. Put the backups of sites into " + c.BackupDir + ", and then each site back from its page.")
	}
	return nil
}

// fits returns a check of an unpacked backup. lost says that the files of its
// sites are.
func (c config) fits(lost bool) func(ctx context.Context, stage string) error {
	return func(ctx context.Context, stage string) error {
		return c.opens(ctx, stage, func(store *db.DB) error { return c.findFiles(ctx, store, lost) })
	}
}

// findFiles makes sure that the files of the sites in a backup's database are
// where they are looked for. If they are lost, and only then, the portal is told
// to begin a new folder.
func (c config) findFiles(ctx context.Context, store *db.DB, lost bool) error {
	known, err := store.VolumesMark(ctx)
	if err != nil {
		return err
	}
	found, err := storage.Inspect(c.VolumeDir)
	switch {
	case err != nil || known == "" || known == found.Mark:
		return err
	case !lost:
		return &seedbed.Error{Code: seedbed.Conflict, Message: "The files of the sites in this backup are not in " + c.VolumeDir +
			". If there is a disk that holds them, mount it there. If they are lost, add -new-volumes: the sites then begin empty, and their own backups bring the files back. Nothing was changed."}
	case found.Volumes:
		return &seedbed.Error{Code: seedbed.Conflict, Message: "There are files of other sites in " + c.VolumeDir +
			", and they stay. Restore on a machine without sites, or move that folder away first. Nothing was changed."}
	}
	return store.SetVolumesMark(ctx, "")
}

// opens reports whether the database in a folder can be brought up to date, all
// of its secrets be read, and that it passes another check.
func (c config) opens(ctx context.Context, dir string, check func(*db.DB) error) error {
	key, err := db.LoadKey(filepath.Join(dir, "secret.key"), rand.Reader)
	if err != nil {
		return err
	}
	templates, err := catalog.New(catalog.Config{SiteURL: c.siteURL})
	if err != nil {
		return err
	}
	c.Dir = dir
	store, err := c.openStore(ctx, key, templates)
	if err != nil {
		return err
	}
	if _, err = store.SiteSpecs(ctx); err == nil {
		err = check(store)
	}
	return errors.Join(err, store.Close())
}
