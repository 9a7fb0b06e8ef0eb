package nginxconf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"syscall"

	"seedbed"
)

// Below Dir each configuration has a folder of its own, generations/<hash>,
// with nginx.conf and the table that it was made of. The link "current" leads
// to the one that nginx reads, "good" to the last one that it has proved to
// serve. Putting a link elsewhere is one step, so after a kill at any moment
// configuration and table belong together.
const (
	configName  = "nginx.conf"
	tableName   = "table.json"
	currentLink = "current"
	goodLink    = "good"
	maxLog      = 4 << 20
)

// record is what is kept of a configuration besides its text.
type record struct {
	Table       table
	Listeners   []netip.AddrPort
	ServiceAddr netip.Addr // the last that was known; the zero Addr if none was
	Published   bool       // the portal has said which virtual hosts there are
}

func (r *Router) generationDir(generation string) string {
	return filepath.Join(r.Dir, "generations", generation)
}

func (r *Router) generationFile(generation string) string {
	return filepath.Join(r.generationDir(generation), configName)
}

// stage writes a configuration where nginx does not read it yet.
func (r *Router) stage(c configuration) error {
	kept := record{Table: c.table, ServiceAddr: r.serviceAddr, Published: r.isPublished()}
	for _, l := range c.listeners {
		kept.Listeners = append(kept.Listeners, l.at)
	}
	text, err := json.MarshalIndent(kept, "", "  ")
	if err != nil {
		return fmt.Errorf("write the table of routes: %w", err)
	}
	dir := r.generationDir(c.generation)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make a folder for the configuration: %w", err)
	}
	if err := replaceFile(filepath.Join(dir, tableName), text, 0o600); err != nil {
		return fmt.Errorf("write the table of routes: %w", err)
	}
	if err := replaceFile(r.generationFile(c.generation), []byte(c.text), 0o644); err != nil {
		return fmt.Errorf("write the configuration: %w", err)
	}
	return r.show(c)
}

// replaceFile puts text in place of a file in one step, unless it is there.
func replaceFile(path string, text []byte, mode os.FileMode) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, text) {
		return nil
	}
	next := path + ".next"
	if err := os.WriteFile(next, text, mode); err != nil {
		return err
	}
	return os.Rename(next, path)
}

// linked returns the generation that a link leads to, or "".
func (r *Router) linked(link string) string {
	target, err := os.Readlink(filepath.Join(r.Dir, link))
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}

// link makes a link lead to a generation, in one step.
func (r *Router) link(link, generation string) error {
	path := filepath.Join(r.Dir, link)
	if err := os.Remove(path + ".next"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("swap the configuration: %w", err)
	}
	if err := os.Symlink(filepath.Join("generations", generation), path+".next"); err != nil {
		return fmt.Errorf("swap the configuration: %w", err)
	}
	if err := os.Rename(path+".next", path); err != nil {
		return fmt.Errorf("swap the configuration: %w", err)
	}
	return nil
}

// forget removes all configurations but one.
func (r *Router) forget(but string) error {
	found, err := os.ReadDir(filepath.Join(r.Dir, "generations"))
	if err != nil {
		return fmt.Errorf("list the configurations: %w", err)
	}
	for _, f := range found {
		if f.Name() == but {
			continue
		}
		if err := os.RemoveAll(r.generationDir(f.Name())); err != nil {
			return fmt.Errorf("remove an old configuration: %w", err)
		}
	}
	return nil
}

// restore, called with work held, takes up what was served last, so that it is served before Consul
// answers. What cannot be read, or could not have been written, is as if it
// were not there.
func (r *Router) restore() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, link := range []string{currentLink, goodLink} {
		generation := r.linked(link)
		if generation == "" || r.served.generation != "" {
			continue
		}
		kept, err := readRecord(filepath.Join(r.generationDir(generation), tableName))
		if err != nil {
			r.Log.Warn("the last table of routes cannot be read", "generation", generation, "error", err)
			continue
		}
		r.served = kept.configuration(generation, r.nginx.settings())
		r.published = r.published || kept.Published
		if !r.serviceAddr.IsValid() {
			r.serviceAddr = kept.ServiceAddr
		}
	}
}

func readRecord(path string) (record, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return record{}, err
	}
	var kept record
	if err := json.Unmarshal(text, &kept); err != nil {
		return record{}, err
	}
	return kept, kept.Table.check()
}

func (k record) configuration(generation string, s settings) configuration {
	c := configuration{generation: generation, table: k.Table, pages: pagesOf(k.Table, s), keys: keysOf(k.Table)}
	for _, at := range k.Listeners {
		c.listeners = append(c.listeners, listener{at: at, service: k.Table.service(int(at.Port()))})
	}
	return c
}

func (t table) service(port int) service {
	for _, s := range t.Services {
		if s.Port == port {
			return s
		}
	}
	return service{Port: port}
}

func (r *Router) isPublished() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.published
}

// check holds a table that was read from a file to the grammar of its values.
func (t table) check() error {
	for _, s := range t.Sites {
		if err := s.check(); err != nil {
			return fmt.Errorf("%s cannot be: %w", s.Workload, err)
		}
	}
	for i, e := range t.Expected {
		if host, err := readHost(string(e.Host)); err != nil || host != e.Host || i > 0 && t.Expected[i-1].Host >= e.Host {
			return fmt.Errorf("the expected host %q cannot be", e.Host)
		}
	}
	for _, s := range t.Services {
		if s.Port < minServicePort || s.Port > maxServicePort {
			return fmt.Errorf("the port of %s cannot be", s.Workload)
		}
	}
	return nil
}

// check holds a site to what a virtual host and labels may say.
func (s site) check() error {
	for _, host := range s.Hosts {
		if got, err := readHost(string(host)); err != nil || got != host {
			return fmt.Errorf("it has the host %q", host)
		}
	}
	for _, p := range s.Below {
		host, err := readHost(string(p.Host))
		if path, pathErr := readPath(p.Path); err != nil || pathErr != nil || host != p.Host || path != p.Path || path == "/" {
			return fmt.Errorf("it has the place %q", p)
		}
	}
	return s.Options.check(s.Hosts)
}

// trimLog empties the log of nginx when it has grown large. nginx appends to it,
// so it goes on at its beginning. The one of visits is put away by who counts them.
func (r *Router) trimLog() {
	if info, err := os.Stat(r.nginx.logFile()); err != nil || info.Size() < maxLog {
		return
	}
	if err := os.Truncate(r.nginx.logFile(), 0); err != nil {
		r.Log.Warn("empty the log of nginx", "error", err)
	}
}

// tempDir returns a folder for what nginx's workers put down: below dir, or, if
// other users cannot get there, below the system's folder for such things.
func tempDir(dir string) (string, error) {
	temp := filepath.Join(dir, "temp")
	if os.Getuid() == 0 && !reachable(dir) {
		sum := sha256.Sum256([]byte(dir))
		temp = filepath.Join(os.TempDir(), "seedbed-nginx-"+hex.EncodeToString(sum[:6]))
	}
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return "", fmt.Errorf("make a folder for uploads: %w", err)
	}
	info, err := os.Lstat(temp)
	if err != nil {
		return "", fmt.Errorf("look at the folder for uploads: %w", err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return "", &seedbed.Error{Code: seedbed.Unavailable, Message: "The folder " + temp +
			" belongs to somebody else, so nginx cannot use it. Remove it and start again."}
	}
	return temp, nil
}

// reachable reports whether every user can get into a folder.
func reachable(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}
