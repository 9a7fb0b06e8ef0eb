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

// restoreCommand is `seedbed restore FILE`: it puts a backup in place. It
// refuses while serve runs, and where there is something, unless told to.
func restoreCommand(ctx context.Context, args []string) error {
	var replace bool
	var from string
	c, err := parseConfig("restore", args, func(f *flag.FlagSet) {
		f.StringVar(&from, "from", "", "the backup, a file that “seedbed backup” made")
		f.BoolVar(&replace, "replace", false, "take the place of what is there; that is kept in the folder “replaced”")
	})
	if err != nil {
		return err
	}
	if from == "" {
		return errors.New("-from: name the backup")
	}
	unlock, err := lock(c)
	if err != nil {
		return &seedbed.Error{Code: seedbed.Conflict, Err: err, Message: "Seedbed is running in " + c.Dir + ". Stop it first: systemctl stop seedbed."}
	}
	defer unlock()
	if _, err := os.Stat(c.path("seedbed.db")); err == nil && !replace {
		return &seedbed.Error{Code: seedbed.Conflict, Message: "There is a Seedbed in " + c.Dir + " already. To have the backup take its place, add -replace."}
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("look at %s: %w", c.Dir, err)
	}
	if err := backup.Restore(ctx, from, c.Dir, c.opens); err != nil {
		return err
	}
	fmt.Println("The backup is in place. Start Seedbed: systemctl start seedbed.")
	fmt.Println("The settings of then are in " + c.path("settings.env") + "; compare them with " + settingsFile + ".")
	return nil
}

// opens reports whether the database in a folder can be brought up to date and
// all of its secrets read.
func (c config) opens(ctx context.Context, dir string) error {
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
	_, err = store.SiteSpecs(ctx)
	return errors.Join(err, store.Close())
}
