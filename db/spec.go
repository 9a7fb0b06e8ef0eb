package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"seedbed"
)

// SiteSpecs returns what is wanted of every site that is there, by title.
func (d *DB) SiteSpecs(ctx context.Context) (specs []seedbed.SiteSpec, err error) {
	err = d.inView(ctx, func(tx *sql.Tx) error {
		specs, err = d.siteSpecs(ctx, tx, `s.deleted IS NULL ORDER BY s.title_folded`)
		return err
	})
	return specs, err
}

// SiteSpec returns what is wanted of one site that is there, or a NotFound
// error.
func (d *DB) SiteSpec(ctx context.Context, id int64) (spec seedbed.SiteSpec, err error) {
	err = d.inView(ctx, func(tx *sql.Tx) error {
		spec, err = d.siteSpec(ctx, tx, id)
		return err
	})
	return spec, err
}

// SiteSpecByName is SiteSpec by the site's name.
func (d *DB) SiteSpecByName(ctx context.Context, name seedbed.Label) (spec seedbed.SiteSpec, err error) {
	err = d.inView(ctx, func(tx *sql.Tx) error {
		specs, err := d.siteSpecs(ctx, tx, `s.deleted IS NULL AND s.name = ?`, name)
		spec, err = onlyOne(specs, err)
		return err
	})
	return spec, err
}

func (d *DB) siteSpec(ctx context.Context, q querier, id int64) (seedbed.SiteSpec, error) {
	return onlyOne(d.siteSpecs(ctx, q, `s.deleted IS NULL AND s.id = ?`, id))
}

func onlyOne(specs []seedbed.SiteSpec, err error) (seedbed.SiteSpec, error) {
	if err == nil && len(specs) == 0 {
		err = sql.ErrNoRows
	}
	if err != nil {
		return seedbed.SiteSpec{}, siteError(err)
	}
	return specs[0], nil
}

func (d *DB) siteSpecs(ctx context.Context, q querier, where string, args ...any) ([]seedbed.SiteSpec, error) {
	rows, err := collect(ctx, q, scanSite, `
		SELECT `+siteColumns+` FROM sites s JOIN projects p ON p.id = s.project_id WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read sites: %w", err)
	}
	specs := make([]seedbed.SiteSpec, len(rows))
	for i, row := range rows {
		specs[i] = seedbed.SiteSpec{Site: row.site, SignInShown: row.shown}
		if err := d.fill(ctx, q, &specs[i]); err != nil {
			return nil, fmt.Errorf("read site %d: %w", row.site.ID, err)
		}
	}
	return specs, nil
}

// fill reads everything that belongs to the spec's site.
func (d *DB) fill(ctx context.Context, q querier, spec *seedbed.SiteSpec) (err error) {
	id := spec.Site.ID
	spec.Deployment, err = scanDeployment(q.QueryRowContext(ctx, `
		SELECT `+deploymentColumns+` FROM deployments WHERE site_id = ? ORDER BY id DESC LIMIT 1`, id))
	if err != nil {
		return fmt.Errorf("its deployment: %w", err)
	}
	spec.Revision, err = scanRevision(q.QueryRowContext(ctx, `
		SELECT id, site_id, number, title, settings, created, by FROM revisions WHERE id = ?`, spec.Deployment.RevisionID))
	if err != nil {
		return fmt.Errorf("its revision: %w", err)
	}
	spec.Addresses, err = collect(ctx, q, scanAddress, `SELECT site_id, host, own FROM addresses WHERE site_id = ? ORDER BY place, host`, id)
	if err != nil {
		return fmt.Errorf("its addresses: %w", err)
	}
	if spec.Visitors, err = d.visitors(ctx, q, *spec); err != nil {
		return fmt.Errorf("how it meets its visitors: %w", err)
	}
	key := spec.Site.Key()
	spec.Volumes, err = collect(ctx, q, func(s scanner) (v seedbed.Volume, err error) {
		v.Owner = key
		err = s.Scan(&v.SiteID, &v.Name, &v.Size)
		return v, err
	}, `SELECT site_id, name, size FROM volumes WHERE site_id = ? ORDER BY name`, id)
	if err != nil {
		return fmt.Errorf("its volumes: %w", err)
	}
	if spec.Secrets, err = d.secrets(ctx, q, id); err != nil {
		return fmt.Errorf("its secrets: %w", err)
	}
	if spec.Bindings, err = d.bindings(ctx, q, id); err != nil {
		return fmt.Errorf("its bindings: %w", err)
	}
	return nil
}

func scanRevision(s scanner) (r seedbed.Revision, err error) {
	var settings string
	var created sql.NullInt64
	if err := s.Scan(&r.ID, &r.SiteID, &r.Number, &r.Title, &settings, &created, &r.By); err != nil {
		return r, err
	}
	r.Created = moment(created)
	return r, json.Unmarshal([]byte(settings), &r.Settings)
}

func scanAddress(s scanner) (a seedbed.Address, err error) {
	err = s.Scan(&a.SiteID, &a.Host, &a.Own)
	return a, err
}

func (d *DB) secrets(ctx context.Context, q querier, site int64) (map[string]seedbed.Secret, error) {
	type row struct {
		name   string
		sealed []byte
	}
	rows, err := collect(ctx, q, func(s scanner) (r row, err error) {
		err = s.Scan(&r.name, &r.sealed)
		return r, err
	}, `SELECT name, value FROM secrets WHERE site_id = ?`, site)
	if err != nil {
		return nil, err
	}
	secrets := make(map[string]seedbed.Secret, len(rows))
	for _, r := range rows {
		if secrets[r.name], err = d.unseal(r.sealed, secretPurpose(site, r.name)); err != nil {
			return nil, err
		}
	}
	return secrets, nil
}

func (d *DB) bindings(ctx context.Context, q querier, site int64) ([]seedbed.Binding, error) {
	bindings, err := collect(ctx, q, func(s scanner) (b seedbed.Binding, err error) {
		var password, admin []byte
		var created sql.NullInt64
		err = s.Scan(&b.SiteID, &b.Name, &password, &b.Made, &b.Service.ID, &b.Service.Kind, &b.Service.Port, &admin, &b.Service.Revision, &created)
		if err != nil {
			return b, err
		}
		b.Service.Created = moment(created)
		if b.Password, err = d.unseal(password, bindingPurpose(site, b.Service.ID)); err != nil {
			return b, err
		}
		b.Service.Password, err = d.unseal(admin, servicePurpose(b.Service.Kind))
		return b, err
	}, `
		SELECT b.site_id, b.name, b.password, b.made, s.id, s.kind, s.port, s.password, s.revision, s.created
		FROM bindings b JOIN services s ON s.id = b.service_id WHERE b.site_id = ? ORDER BY s.kind`, site)
	return bindings, err
}

// Revisions returns the revisions of a site, newest first.
func (d *DB) Revisions(ctx context.Context, site int64) ([]seedbed.Revision, error) {
	revisions, err := collect(ctx, d.sql, scanRevision, `
		SELECT id, site_id, number, title, settings, created, by FROM revisions WHERE site_id = ? ORDER BY number DESC`, site)
	if err != nil {
		return nil, fmt.Errorf("read the revisions of site %d: %w", site, err)
	}
	return revisions, nil
}
