package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"seedbed"
)

// Visitors returns the versions of how a site meets its visitors that were kept,
// newest first, without hashes. A site of which nothing was changed has none.
func (d *DB) Visitors(ctx context.Context, site int64) ([]seedbed.Visitors, error) {
	all, err := collect(ctx, d.sql, scanVisitors, visitorsQuery, site)
	if err != nil {
		return nil, fmt.Errorf("read how site %d meets its visitors: %w", site, err)
	}
	return all, nil
}

const visitorsQuery = `SELECT version, document, created, by FROM visitors WHERE site_id = ? ORDER BY version DESC`

func scanVisitors(s scanner) (v seedbed.Visitors, err error) {
	var document string
	var created sql.NullInt64
	var version int
	var by string
	if err := s.Scan(&version, &document, &created, &by); err != nil {
		return v, err
	}
	err = json.Unmarshal([]byte(document), &v)
	v.Version, v.Changed, v.By = version, moment(created), by
	return v, err
}

// visitors is the newest version, with the hashes of its keys.
func (d *DB) visitors(ctx context.Context, q querier, spec seedbed.SiteSpec) (seedbed.Visitors, error) {
	v, err := scanVisitors(q.QueryRowContext(ctx, visitorsQuery+` LIMIT 1`, spec.Site.ID))
	if errors.Is(err, sql.ErrNoRows) {
		v, err = seedbed.Visitors{}, nil
	}
	if err != nil {
		return v, err
	}
	v.Hosts = nil
	for _, a := range spec.Addresses {
		v.Hosts = append(v.Hosts, a.Host)
	}
	if len(v.Keys) == 0 {
		return v, nil
	}
	hashes, err := d.keyHashes(ctx, q, spec.Site.ID)
	for i := range v.Keys {
		v.Keys[i].Hash = hashes[v.Keys[i].Name].Reveal()
	}
	return v, err
}

func (d *DB) keyHashes(ctx context.Context, q querier, site int64) (map[string]seedbed.Secret, error) {
	hashes := map[string]seedbed.Secret{}
	_, err := collect(ctx, q, func(s scanner) (name string, err error) {
		var sealed []byte
		if err := s.Scan(&name, &sealed); err != nil {
			return name, err
		}
		hashes[name], err = d.unseal(sealed, keyPurpose(site, name))
		return name, err
	}, `SELECT name, hash FROM visitor_keys WHERE site_id = ?`, site)
	return hashes, err
}

func keyPurpose(site int64, name string) string { return fmt.Sprintf("visitor key %d %s", site, name) }

// ChangeVisitors writes another version of how a site meets its visitors. A key
// without a Hash keeps the one that it has. With restart the site is started anew
// as well, by the deployment that is returned; else its ID is 0. A host name that
// another site has, or had until lately, is a Conflict beside the field "hosts"; so
// is a site that is being deleted.
func (d *DB) ChangeVisitors(ctx context.Context, id int64, v seedbed.Visitors, restart bool, by seedbed.Author) (dep seedbed.Deployment, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		spec, err := d.siteSpec(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := spec.CheckChangeable(); err != nil {
			return err
		}
		if err := d.readdress(ctx, tx, spec, v.Hosts); err != nil {
			return err
		}
		if err := d.insertVisitors(ctx, tx, spec, v, by); err != nil {
			return err
		}
		if restart {
			dep, err = d.startDeployment(ctx, tx, seedbed.Deployment{SiteID: id, RevisionID: spec.Revision.ID, Kind: kindOfChange(spec.Deployment), By: by.Name})
		}
		return err
	})
	return dep, err
}

func (d *DB) insertVisitors(ctx context.Context, tx *sql.Tx, spec seedbed.SiteSpec, v seedbed.Visitors, by seedbed.Author) error {
	if err := d.writeKeys(ctx, tx, spec.Site.ID, v.Keys); err != nil {
		return err
	}
	document, err := json.Marshal(v.WithoutHashes())
	if err != nil {
		return fmt.Errorf("write how visitors are met: %w", err)
	}
	now := d.Now()
	_, err = tx.ExecContext(ctx, `INSERT INTO visitors (site_id, version, document, created, by) VALUES (?, ?, ?, ?, ?)`,
		spec.Site.ID, spec.Visitors.Version+1, string(document), millis(now), by.Name)
	if err != nil {
		return fmt.Errorf("keep how site %d meets its visitors: %w", spec.Site.ID, err)
	}
	e := by.Did(now, "changed what visitors of "+string(spec.Site.Title)+" get", spec.Site.Key())
	e.Details = seedbed.Tell(seedbed.VisitorsDifferences(spec.Visitors, v))
	return addEvent(ctx, tx, e)
}

// writeKeys keeps the hashes that are new, and forgets those of names that are
// not there any more.
func (d *DB) writeKeys(ctx context.Context, tx *sql.Tx, site int64, keys []seedbed.VisitorKey) error {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = key.Name
		if key.Hash == "" {
			continue
		}
		sealed, err := d.seal(seedbed.Secret(key.Hash), keyPurpose(site, key.Name))
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO visitor_keys (site_id, name, hash) VALUES (?, ?, ?)`, site, key.Name, sealed); err != nil {
			return fmt.Errorf("keep the key %q: %w", key.Name, err)
		}
	}
	list, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("write names: %w", err)
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM visitor_keys WHERE site_id = ? AND name NOT IN (SELECT value FROM json_each(?))`, site, string(list))
	if err != nil {
		return fmt.Errorf("forget keys: %w", err)
	}
	return nil
}

// readdress gives a site its host names, the main one first. The own one stays.
func (d *DB) readdress(ctx context.Context, tx *sql.Tx, spec seedbed.SiteSpec, hosts []seedbed.HostName) error {
	if !slices.Contains(hosts, spec.Own()) {
		return seedbed.Mistake("hosts", "The address "+string(spec.Own())+" stays with the site.")
	}
	for _, a := range spec.Addresses {
		if slices.Contains(hosts, a.Host) {
			continue
		}
		if err := d.release(ctx, tx, spec.Site, a.Host); err != nil {
			return err
		}
	}
	for place, host := range hosts {
		if err := d.place(ctx, tx, spec, host, place); err != nil {
			return err
		}
	}
	return nil
}

func (d *DB) place(ctx context.Context, tx *sql.Tx, spec seedbed.SiteSpec, host seedbed.HostName, place int) error {
	if !slices.ContainsFunc(spec.Addresses, func(a seedbed.Address) bool { return a.Host == host }) {
		if err := d.checkHost(ctx, tx, spec.Site, host); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM released_hosts WHERE host = ?`, host); err != nil {
			return fmt.Errorf("take %q back: %w", host, err)
		}
	}
	_, err := tx.ExecContext(ctx, `
		INSERT INTO addresses (host, site_id, place) VALUES (?1, ?2, ?3) ON CONFLICT (host) DO UPDATE SET place = ?3 WHERE site_id = ?2`, host, spec.Site.ID, place)
	if err != nil {
		return fmt.Errorf("give site %d the address %q: %w", spec.Site.ID, host, err)
	}
	return nil
}
