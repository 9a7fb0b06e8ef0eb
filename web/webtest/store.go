package webtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"seedbed"
	"seedbed/db"
)

// SetupCode is the one-time code of a new Store.
const SetupCode = "the-code"

// Secret is every password that a Store makes.
const Secret = "correct-horse-battery"

// Store is the real database, in a folder of the test's own. Deployments get
// the first steps that the reconciler would give them.
type Store struct {
	*db.DB
	t    testing.TB
	pool *sql.DB
	// Fail, if it is set, is what a list of all sites returns.
	Fail error
}

// NewStore opens an empty database in which nobody has an account.
func NewStore(t testing.TB, now func() time.Time) *Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "seedbed.db")
	empty, err := migrated()
	if err == nil {
		err = os.WriteFile(path, empty, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), config(path, now))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close(); d.Close() })
	if err := d.SetSetupCode(t.Context(), SetupCode); err != nil {
		t.Fatal(err)
	}
	return &Store{DB: d, t: t, pool: pool}
}

func config(path string, now func() time.Time) db.Config {
	return db.Config{
		Path: path, FirstServicePort: 15432, Rand: rand.Reader, Now: now, Template: Templates().Template,
		NewSecret: func(io.Reader) seedbed.Secret { return Secret },
	}
}

// migrated is the file of a database that has its schema and nothing in it. It
// is made once: all the migrations take a second under the race detector, and
// every test begins with a database of its own.
var migrated = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "webtest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "seedbed.db")
	d, err := db.Open(context.Background(), config(path, time.Now))
	if err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil { // which writes all into the one file
		return nil, err
	}
	return os.ReadFile(path)
})

// SiteSpecs returns all sites that are there, or Fail.
func (s *Store) SiteSpecs(ctx context.Context) ([]seedbed.SiteSpec, error) {
	if s.Fail != nil {
		return nil, s.Fail
	}
	return s.DB.SiteSpecs(ctx)
}

// CreateSite makes a site.
func (s *Store) CreateSite(ctx context.Context, n seedbed.NewSite) (seedbed.Deployment, error) {
	return s.begun(s.DB.CreateSite(ctx, n))
}

// ChangeSite changes a site.
func (s *Store) ChangeSite(ctx context.Context, id int64, title seedbed.Title, settings map[string]string, by seedbed.Author) (seedbed.Deployment, error) {
	return s.begun(s.DB.ChangeSite(ctx, id, title, settings, by))
}

// RetrySite tries again.
func (s *Store) RetrySite(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return s.begun(s.DB.RetrySite(ctx, id, by))
}

// PauseSite adds a deployment that stops the site; Update carries it out.
func (s *Store) PauseSite(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return s.begun(s.DB.PauseSite(ctx, id, by))
}

// ResumeSite adds one that has it run again.
func (s *Store) ResumeSite(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return s.begun(s.DB.ResumeSite(ctx, id, by))
}

// DeleteSite adds a deployment that deletes the site; Update carries it out.
func (s *Store) DeleteSite(ctx context.Context, id int64, by seedbed.Author) (seedbed.Deployment, error) {
	return s.begun(s.DB.DeleteSite(ctx, id, by))
}

func (s *Store) begun(d seedbed.Deployment, err error) (seedbed.Deployment, error) {
	if err == nil && len(d.Steps) == 0 {
		d.Steps = []seedbed.Step{{Name: seedbed.StepVolumes}, {Name: seedbed.StepApply}, {Name: seedbed.StepWell}}
		err = s.SaveSteps(s.t.Context(), d)
	}
	return d, err
}

// Update changes a deployment that is under way, as the reconciler would. A
// removal that is then done deletes its site.
func (s *Store) Update(id int64, change func(*seedbed.Deployment)) {
	s.t.Helper()
	d, err := s.Deployment(s.t.Context(), id)
	if err == nil {
		d.Steps = slices.Clone(d.Steps)
		change(&d)
		err = s.SaveSteps(s.t.Context(), d)
	}
	if err == nil && d.State != seedbed.Working {
		err = s.FinishDeployment(s.t.Context(), d)
	}
	if err != nil {
		s.t.Fatal(fmt.Errorf("update deployment %d: %w", id, err))
	}
}

// Column returns what a query finds, one column of text: for what no method of
// the database tells.
func (s *Store) Column(query string, args ...any) (all []string) {
	s.t.Helper()
	rows, err := s.pool.QueryContext(s.t.Context(), query, args...)
	if err != nil {
		s.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			s.t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// SessionHashes returns what the rows of sessions are found by.
func (s *Store) SessionHashes() []string { return s.Column(`SELECT hash FROM sessions ORDER BY hash`) }
