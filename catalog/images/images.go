// Package images builds the container images that the built-in templates need.
//
// Every image is made from Debian 12 packages on the machine itself:
// debootstrap makes the ground that all stand on, one Dockerfile each the rest.
// The packages come from the mirror that the machine's own apt uses. An image's
// reference is derived from what it is made from, so that it is built once and
// again only when that has changed. The package does not run containers, does
// not talk to a registry and does not delete images.
package images

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
)

//go:embed files
var files embed.FS

// builderVersion is part of every reference; it grows when the way in which
// images are built changes what is in them.
const builderVersion = "1"

// ground is the image that all others are built on, in the end.
const ground = "base"

// parents holds what an image is built on, where that is not the ground.
var parents = map[string]string{"dokuwiki": "php", "wiki": "php", "wordpress": "php"}

// Names returns the names of all images, those that others are built on first.
func Names() []string {
	return []string{ground, "php", "dokuwiki", "mariadb", "postgres", "rabbitmq", "redis", "redmine", "static-site", "wiki", "wordpress"}
}

// parent returns the name of the image that an image is built on; "" for the
// ground.
func parent(name string) string {
	switch {
	case name == ground:
		return ""
	case parents[name] != "":
		return parents[name]
	}
	return ground
}

// WithParents returns those images and all that they are built on, in the order
// of Names. Names that Has does not know do not count.
func WithParents(names ...string) []string {
	wanted := map[string]bool{}
	for _, name := range names {
		for ; name != ""; name = parent(name) {
			wanted[name] = true
		}
	}
	return slices.DeleteFunc(Names(), func(name string) bool { return !wanted[name] })
}

// Has reports whether there is an image of that name.
func Has(name string) bool { return slices.Contains(Names(), name) }

// Ref returns the full reference of an image, "seedbed/wiki:0123456789ab",
// whether or not it was built yet. It is pure: the same program always gives
// the same reference. It panics on a name that Has does not know.
func Ref(name string) string {
	return "seedbed/" + name + ":" + digest(name)[:12]
}

// digest is a hash of everything that an image is made from.
func digest(name string) string {
	if !Has(name) {
		panic("images: there is no image " + name)
	}
	h := sha256.New()
	fmt.Fprintf(h, "builder %s\n", builderVersion)
	if name != ground {
		fmt.Fprintf(h, "parent %s\n", digest(parent(name)))
	} else {
		fmt.Fprintf(h, "bootstrap %q\n", bootstrapRecipe())
	}
	for _, f := range recipe(name) {
		fmt.Fprintf(h, "file %q %d\n%s\n", f.name, len(f.content), f.content)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// file is one file of a build context; its name is relative.
type file struct {
	name    string
	content []byte
}

// recipe returns the embedded files of an image, sorted by name.
func recipe(name string) []file {
	dir := path.Join("files", name)
	entries, err := files.ReadDir(dir)
	if err != nil {
		panic(fmt.Sprintf("images: embedded files of %s: %v", name, err))
	}
	var all []file
	for _, e := range entries {
		content, err := fs.ReadFile(files, path.Join(dir, e.Name()))
		if err != nil {
			panic(fmt.Sprintf("images: embedded file %s: %v", e.Name(), err))
		}
		all = append(all, file{e.Name(), content})
	}
	return all
}
