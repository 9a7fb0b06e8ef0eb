package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"seedbed"
)

// Summary is what there is in a database.
type Summary struct {
	Users     int
	Sites     int
	Failed    int                  // sites whose last deployment failed
	Workloads []seedbed.WorkloadID // of sites and services
	Owners    []string             // keys of sites and services, which have volumes
}

// Inspect reads a database without changing it, beside a Seedbed that runs or
// without one. A file that is damaged is an error.
func Inspect(ctx context.Context, path string) (s Summary, err error) {
	pool, err := openToRead(path)
	if err != nil {
		return s, err
	}
	defer pool.Close()
	var verdict string
	if err := pool.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&verdict); err != nil {
		return s, fmt.Errorf("check the database: %w", err)
	}
	if verdict != "ok" {
		return s, errors.New("check the database: " + verdict)
	}
	return s, s.read(ctx, pool)
}

func (s *Summary) read(ctx context.Context, q querier) error {
	err := q.QueryRowContext(ctx, `
		SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM sites WHERE deleted IS NULL),
			(SELECT count(*) FROM sites s WHERE deleted IS NULL AND ? =
				(SELECT state FROM deployments d WHERE d.site_id = s.id ORDER BY id DESC LIMIT 1))`,
		seedbed.Failed).Scan(&s.Users, &s.Sites, &s.Failed)
	if err != nil {
		return fmt.Errorf("count what is in the database: %w", err)
	}
	sites, err := collect(ctx, q, func(row scanner) (site seedbed.Site, err error) {
		err = row.Scan(&site.ID, &site.Name)
		return site, err
	}, `SELECT id, name FROM sites WHERE deleted IS NULL`)
	if err != nil {
		return fmt.Errorf("list the sites: %w", err)
	}
	services, err := collect(ctx, q, func(row scanner) (service seedbed.Service, err error) {
		err = row.Scan(&service.ID, &service.Kind)
		return service, err
	}, `SELECT id, kind FROM services`)
	if err != nil {
		return fmt.Errorf("list the services: %w", err)
	}
	for _, site := range sites {
		s.Workloads, s.Owners = append(s.Workloads, site.WorkloadID()), append(s.Owners, site.Key())
	}
	for _, service := range services {
		s.Workloads, s.Owners = append(s.Workloads, service.WorkloadID()), append(s.Owners, service.Key())
	}
	return nil
}

// Snapshot writes the database as it is at one moment into a new file, beside a
// Seedbed that runs or without one.
func Snapshot(ctx context.Context, path, to string) error {
	pool, err := openToRead(path)
	if err != nil {
		return err
	}
	defer pool.Close()
	if _, err := pool.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}

// openToRead opens a database that is there, whatever its schema.
func openToRead(path string) (*sql.DB, error) {
	pool, err := sql.Open("sqlite", dataSource(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)"}}))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return pool, nil
}
