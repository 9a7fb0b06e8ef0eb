package backup

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"seedbed"
)

// format is the version of what is written. Another one is refused.
const format = 1

const (
	manifestFile = "manifest.json"
	provedFile   = "proved.json"
	maxManifest  = 1 << 20 // bytes
)

// Kinds of parts.
const (
	volumePart  = "volume"
	servicePart = "service"
)

// manifest says what a backup holds.
type manifest struct {
	Format    int               `json:"format"`
	ID        string            `json:"id"`
	Seedbed   string            `json:"seedbed"`
	Made      time.Time         `json:"made"`
	By        string            `json:"by"`
	Site      site              `json:"site"`
	Settings  map[string]string `json:"settings"`
	Revision  int               `json:"revision"`
	Addresses []string          `json:"addresses"`
	// Secrets are sealed with the installation's key.
	Secrets map[string][]byte `json:"secrets"`
	Parts   []part            `json:"parts"`
}

type site struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Key      string `json:"key"`
	Title    string `json:"title"`
	Template string `json:"template"`
}

// part is one file of a backup.
type part struct {
	Kind   string `json:"kind"` // "volume" or "service"
	Name   string `json:"name"` // of the volume, or the kind of service
	Size   int64  `json:"size"` // bytes
	SHA256 []byte `json:"sha256"`
	packed
}

// packed is what an archive of a volume holds.
type packed struct {
	Files   int64 `json:"files,omitempty"`
	Bytes   int64 `json:"bytes,omitempty"`   // of all files together, unpacked
	Changed int   `json:"changed,omitempty"` // files that were written to meanwhile
	LeftOut int   `json:"leftOut,omitempty"` // sockets, pipes and devices
}

func newManifest(spec seedbed.SiteSpec, version string, secrets map[string][]byte) manifest {
	m := manifest{
		Format: format, ID: spec.Deployment.BackupID(), Seedbed: version, Made: spec.Deployment.Started, By: spec.Deployment.By,
		Site:     site{spec.Site.ID, string(spec.Site.Name), spec.Site.Key(), string(spec.Site.Title), spec.Site.Template},
		Settings: spec.Revision.Settings, Revision: spec.Revision.Number, Secrets: secrets,
	}
	for _, a := range spec.Addresses {
		m.Addresses = append(m.Addresses, string(a.Host))
	}
	return m
}

// readManifest reads what a backup says of itself; trouble with it is Invalid.
func readManifest(inside *os.Root) (m manifest, err error) {
	f, err := inside.Open(manifestFile)
	if err != nil {
		return m, damaged("its list of contents is missing.", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil || len(text) > maxManifest {
		return m, damaged("its list of contents cannot be read.", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, damaged("its list of contents cannot be read.", err)
	}
	return m, m.check()
}

func (m manifest) check() error {
	if m.Format != format {
		return damaged(fmt.Sprintf("it has format %d, and this Seedbed knows format %d only.", m.Format, format), nil)
	}
	if !ids.MatchString(m.ID) || !names.MatchString(m.Site.Key) {
		return damaged("its list of contents has names that are none.", nil)
	}
	seen := map[string]bool{}
	for _, p := range m.Parts {
		file := partFile(p.Kind, p.Name)
		known := p.Kind == volumePart || p.Kind == servicePart
		if !known || !names.MatchString(p.Name) || seen[file] || p.Size < 0 || p.Bytes < 0 || p.Files < 0 {
			return damaged("its list of contents has parts that are none.", nil)
		}
		seen[file] = true
	}
	return nil
}

// part returns the part of a kind and name.
func (m manifest) part(kind, name string) (part, error) {
	for _, p := range m.Parts {
		if p.Kind == kind && p.Name == name {
			return p, nil
		}
	}
	return part{}, damaged(fmt.Sprintf("it has no %s “%s”, which the site has now.", kind, name), nil)
}

func writeJSON(root *os.Root, name string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if syncErr := f.Sync(); err == nil {
		err = syncErr
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}
