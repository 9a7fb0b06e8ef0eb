package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"seedbed"
)

const siteColumns = `s.id, p.id, p.name, p.title, s.name, s.title, s.template, s.created, s.deleted, s.shown,
	coalesce((SELECT r.by FROM revisions r WHERE r.site_id = s.id AND r.number = 1), '')`

// Site returns a site by its id, also one that was deleted, or a NotFound
// error.
func (d *DB) Site(ctx context.Context, id int64) (seedbed.Site, error) {
	row, err := scanSite(d.sql.QueryRowContext(ctx, `
		SELECT `+siteColumns+` FROM sites s JOIN projects p ON p.id = s.project_id WHERE s.id = ?`, id))
	return row.site, siteError(err)
}

// siteRow is a site and whether its first sign-in was shown.
type siteRow struct {
	site  seedbed.Site
	shown bool
}

func scanSite(s scanner) (row siteRow, err error) {
	var created, deleted, shown sql.NullInt64
	site := &row.site
	err = s.Scan(&site.ID, &site.ProjectID, &site.Project, &site.ProjectTitle, &site.Name, &site.Title, &site.Template, &created, &deleted, &shown, &site.By)
	site.Created, site.Deleted, row.shown = moment(created), moment(deleted), shown.Valid
	return row, err
}

func siteError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return seedbed.Missing("There is no such site, or not any more.")
	default:
		return fmt.Errorf("read a site: %w", err)
	}
}

// CreateSite writes a site with its first revision, all that it is to have and
// the deployment that makes it, in one transaction. A name or address that is
// taken is a Conflict beside the field "name" or "address".
func (d *DB) CreateSite(ctx context.Context, n seedbed.NewSite) (dep seedbed.Deployment, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		if err := checkFree(ctx, tx, n); err != nil {
			return err
		}
		site, err := d.insertSite(ctx, tx, n)
		if err != nil {
			return err
		}
		if err := d.insertBelongings(ctx, tx, site, n); err != nil {
			return err
		}
		revision, err := d.insertRevision(ctx, tx, seedbed.Revision{SiteID: site.ID, Title: n.Title, Settings: n.Settings, By: n.By.Name})
		if err != nil {
			return err
		}
		dep, err = d.startDeployment(ctx, tx, seedbed.Deployment{SiteID: site.ID, RevisionID: revision, Kind: seedbed.Make, By: n.By.Name})
		if err != nil {
			return err
		}
		return addEvent(ctx, tx, n.By.Did(dep.Started, "asked for the site "+string(n.Title), site.Key()))
	})
	return dep, err
}

// CheckFree returns nil if the name and the address of a new site are free, else
// the Conflict that CreateSite would return.
func (d *DB) CheckFree(ctx context.Context, n seedbed.NewSite) error {
	return checkFree(ctx, d.sql, n)
}

// Names are unique in the installation, since addresses are made of them. Who
// asks may not see the site that has one, so that no more is told of it.
const (
	nameTaken    = "This name is taken. Choose another one."
	addressTaken = "This address is taken. Choose another one."
)

func checkFree(ctx context.Context, q querier, n seedbed.NewSite) error {
	taken := func(field, message, query string, arg any) error {
		var one int
		err := q.QueryRowContext(ctx, query, arg).Scan(&one)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return fmt.Errorf("look for a taken %s: %w", field, err)
		default:
			return &seedbed.Error{Code: seedbed.Conflict, Field: field, Message: message}
		}
	}
	wrongName := taken("name", nameTaken,
		`SELECT 1 FROM sites WHERE title_folded = ? AND deleted IS NULL`, folded(n.Title))
	wrongAddress := taken("address", addressTaken,
		`SELECT 1 FROM sites WHERE name = ? AND deleted IS NULL`, n.Name)
	if wrongAddress == nil {
		wrongAddress = taken("address", addressTaken,
			`SELECT 1 FROM addresses WHERE host = ?`, n.Host)
	}
	return errors.Join(wrongName, wrongAddress)
}

// folded is a title as it is compared: neither capitals nor ways to write the
// same letters tell titles apart.
func folded(t seedbed.Title) string { return strings.ToLower(norm.NFKC.String(string(t))) }

func (d *DB) insertSite(ctx context.Context, tx *sql.Tx, n seedbed.NewSite) (seedbed.Site, error) {
	site := seedbed.Site{Name: n.Name, Title: n.Title, Template: n.Template.Name, Created: d.Now()}
	project, err := projectFor(ctx, tx, n.ProjectID)
	if err != nil {
		return site, err
	}
	site.ProjectID, site.Project = project.ID, string(project.Name)
	err = tx.QueryRowContext(ctx, `
		INSERT INTO sites (project_id, name, title, title_folded, template, created) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
		site.ProjectID, site.Name, site.Title, folded(site.Title), site.Template, millis(site.Created)).Scan(&site.ID)
	if err != nil {
		return site, fmt.Errorf("insert site %q: %w", n.Name, err)
	}
	return site, nil
}

// insertBelongings writes the address, volumes, bindings and secrets of a new
// site.
func (d *DB) insertBelongings(ctx context.Context, tx *sql.Tx, site seedbed.Site, n seedbed.NewSite) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO addresses (host, site_id, own) VALUES (?, ?, 1)`, n.Host, site.ID); err != nil {
		return fmt.Errorf("insert address %q: %w", n.Host, err)
	}
	return d.addBelongings(ctx, tx, seedbed.SiteSpec{Site: site}, n.Template.For(n.Settings))
}

// addBelongings writes the volumes, bindings and secrets that a site has by its
// template and not yet by the spec. It takes nothing away: what a site no longer
// needs may hold people's work, and goes with the site.
func (d *DB) addBelongings(ctx context.Context, tx *sql.Tx, spec seedbed.SiteSpec, t seedbed.Template) error {
	for _, v := range t.Volumes {
		if slices.ContainsFunc(spec.Volumes, func(has seedbed.Volume) bool { return has.Name == v.Name }) {
			continue
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO volumes (site_id, name, size) VALUES (?, ?, ?)`, spec.Site.ID, v.Name, v.Size); err != nil {
			return fmt.Errorf("insert volume %q: %w", v.Name, err)
		}
	}
	for _, name := range t.Secrets {
		if _, has := spec.Secrets[name]; has {
			continue
		}
		if err := d.insertSecret(ctx, tx, spec.Site.ID, name); err != nil {
			return err
		}
	}
	for _, kind := range t.Kinds() {
		if slices.ContainsFunc(spec.Bindings, func(has seedbed.Binding) bool { return has.Service.Kind == kind }) {
			continue
		}
		if err := d.insertBinding(ctx, tx, spec.Site, kind); err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) insertSecret(ctx context.Context, tx *sql.Tx, site int64, name string) error {
	sealed, err := d.newSealed(secretPurpose(site, name))
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO secrets (site_id, name, value) VALUES (?, ?, ?)`, site, name, sealed); err != nil {
		return fmt.Errorf("insert secret %q: %w", name, err)
	}
	return nil
}

func secretPurpose(site int64, name string) string { return fmt.Sprintf("secret %d %s", site, name) }

func (d *DB) insertBinding(ctx context.Context, tx *sql.Tx, site seedbed.Site, kind string) error {
	service, err := d.wantService(ctx, tx, kind)
	if err != nil {
		return err
	}
	sealed, err := d.newSealed(bindingPurpose(site.ID, service))
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO bindings (site_id, service_id, name, password) VALUES (?, ?, ?, ?)`,
		site.ID, service, site.Key(), sealed)
	if err != nil {
		return fmt.Errorf("insert binding to %s: %w", kind, err)
	}
	return nil
}

func bindingPurpose(site, service int64) string { return fmt.Sprintf("binding %d %d", site, service) }

func (d *DB) insertRevision(ctx context.Context, tx *sql.Tx, r seedbed.Revision) (id int64, err error) {
	settings, err := json.Marshal(r.Settings)
	if err != nil {
		return 0, fmt.Errorf("write settings: %w", err)
	}
	err = tx.QueryRowContext(ctx, `
		INSERT INTO revisions (site_id, number, title, settings, created, by)
		VALUES (?1, (SELECT coalesce(max(number), 0) + 1 FROM revisions WHERE site_id = ?1), ?2, ?3, ?4, ?5) RETURNING id`,
		r.SiteID, r.Title, string(settings), millis(d.Now()), r.By).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert revision: %w", err)
	}
	return id, nil
}
