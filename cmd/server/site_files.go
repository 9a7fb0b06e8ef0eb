package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"seedbed/api/wire"
	"seedbed/templates"
)

func filesPath(site string) string { return sitePath(site) + "/files" }

func filePath(site, file string) string {
	return filesPath(site) + "?" + url.Values{"file": {file}}.Encode()
}

// listFiles is `seedbed sites files`.
func listFiles(ctx context.Context, args []string) error {
	c := newCommand("sites files", "NAME")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	var files wire.Files
	if _, err := c.Get(ctx, filesPath(words[0]), &files); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(files)
	}
	var rows [][]string
	for _, f := range files.Items {
		rows = append(rows, []string{f.Name, templates.SizeSaid(f.Size), when(f.Modified)})
	}
	if err := c.table([]string{"FILE", "SIZE", "CHANGED"}, rows); err != nil {
		return err
	}
	if files.Cut {
		c.say("There are more files than these.")
	}
	return nil
}

// upload is `seedbed sites upload`: one file, or all that is in a zip.
func upload(ctx context.Context, args []string) (err error) {
	c, as, replace := newCommand("sites upload", "NAME FILE"), "", false
	c.StringVar(&as, "as", "", "its name in the site, with folders; of a zip: take it as one file")
	c.BoolVar(&replace, "replace", false, "with a zip: remove all other files")
	words, err := c.prepared(args, "NAME", "FILE")
	if err != nil {
		return err
	}
	zip := as == "" && strings.HasSuffix(strings.ToLower(words[1]), ".zip")
	if replace && !zip {
		return misused("--replace goes with a zip alone")
	}
	if as == "" {
		as = filepath.Base(words[1])
	}
	file, err := os.Open(words[1])
	if err != nil {
		return fmt.Errorf("open the file: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("look at the file: %w", err)
	case !info.Mode().IsRegular():
		return misused("%s is no file; of a folder make a zip", visible(words[1]))
	}
	var done wire.Uploaded
	if zip {
		err = c.Upload(ctx, http.MethodPost, fmt.Sprintf("%s?replace=%t", filesPath(words[0]), replace), "application/zip", file, info.Size(), &done)
	} else {
		err = c.Upload(ctx, http.MethodPut, filePath(words[0], as), "application/octet-stream", file, info.Size(), &done)
	}
	if err != nil {
		return err
	}
	return c.done(done, "Files in place:", fmt.Sprint(done.Files))
}

// deleteFile is `seedbed sites delete-file`.
func deleteFile(ctx context.Context, args []string) error {
	c := newCommand("sites delete-file", "NAME FILE")
	words, err := c.prepared(args, "NAME", "FILE")
	if err != nil {
		return err
	}
	if err := c.Delete(ctx, filePath(words[0], words[1]), nil); err != nil {
		return err
	}
	return c.done(nothing{}, "The file", words[1], "is deleted.")
}
