package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"seedbed/catalog"
	"seedbed/catalog/images"
	"seedbed/cmd/server/bundle"
)

// bundleCommand is `seedbed bundle`: it collects what `seedbed install --from`
// needs where the internet does not reach. Images that are not there are built
// first.
func bundleCommand(ctx context.Context, args []string) error {
	var deb, to, templates string
	c, err := parseConfig("bundle", args, func(f *flag.FlagSet) {
		f.StringVar(&deb, "deb", "", "Seedbed's Debian package, as “make deb” makes it")
		f.StringVar(&to, "to", "bundle", "folder to make")
		f.StringVar(&templates, "templates", "", "templates whose images to take, such as wiki,static-site; the default is all")
	})
	if err != nil {
		return err
	}
	if deb == "" {
		return errors.New("-deb: name Seedbed's Debian package")
	}
	names, err := imagesOf(templates)
	if err != nil {
		return err
	}
	say := func(line string) { fmt.Println(line) }
	docker, _, err := ensureDocker(ctx, c, say)
	if err != nil {
		return err
	}
	builder := images.Builder{Docker: docker, Dir: c.path("build"), Progress: say}
	if err := builder.Build(ctx, names...); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	order := bundle.Order{Deb: deb, Program: self, Docker: docker, Say: say}
	for _, name := range names {
		order.Images = append(order.Images, images.Ref(name))
	}
	if err := bundle.Make(ctx, order, to); err != nil {
		return err
	}
	fmt.Printf("The bundle is in %s. On the machine: sudo ./seedbed install --from .\n", to)
	return nil
}

// imagesOf returns the images that templates and the services behind them are
// made from, for an empty list those of all.
func imagesOf(list string) ([]string, error) {
	if list == "" {
		return images.Names(), nil
	}
	known, err := catalog.New(catalog.Config{SiteURL: (config{}).siteURL})
	if err != nil {
		return nil, err
	}
	var wanted []string
	for todo := strings.Split(list, ","); len(todo) > 0; todo = todo[1:] {
		t, err := known.Template(strings.TrimSpace(todo[0]))
		if err != nil {
			return nil, fmt.Errorf("-templates: there is no template %q", todo[0])
		}
		for _, need := range t.Needs {
			todo = append(todo, need.Service)
		}
		if t.Image != "" && !slices.Contains(wanted, t.Image) {
			wanted = append(wanted, t.Image)
		}
	}
	return images.WithParents(wanted...), nil
}
