package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"seedbed"
)

const projectColumns = `p.id, p.name, p.title, (SELECT count(*) FROM sites s WHERE s.project_id = p.id AND s.deleted IS NULL)`

// Projects returns the projects that are there, by title.
func (d *DB) Projects(ctx context.Context) ([]seedbed.Project, error) {
	projects, err := collect(ctx, d.sql, scanProject, `
		SELECT `+projectColumns+` FROM projects p WHERE p.deleted IS NULL ORDER BY lower(p.title), p.id`)
	if err != nil {
		return nil, fmt.Errorf("read projects: %w", err)
	}
	return projects, nil
}

func scanProject(s scanner) (p seedbed.Project, err error) {
	err = s.Scan(&p.ID, &p.Name, &p.Title, &p.Sites)
	return p, err
}

func noProject() error { return seedbed.Missing("There is no such project, or not any more.") }

// projectFor returns a project that is there; the one that every installation
// begins with for the id 0.
func projectFor(ctx context.Context, q querier, id int64) (seedbed.Project, error) {
	project, err := scanProject(q.QueryRowContext(ctx, `
		SELECT `+projectColumns+` FROM projects p WHERE p.deleted IS NULL AND (p.id = ?1 OR ?1 = 0 AND p.name = 'main')`, id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return project, noProject()
	case err != nil:
		return project, fmt.Errorf("read project %d: %w", id, err)
	}
	return project, nil
}

// CreateProject makes a project with its author as the owner. Its name is made
// from the title, with a number behind it if that is taken. A title that another
// project has is a Conflict beside the field "name".
func (d *DB) CreateProject(ctx context.Context, title seedbed.Title, by seedbed.Author) (project seedbed.Project, err error) {
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		project.Title = title
		if err := checkProjectTitle(ctx, tx, 0, title); err != nil {
			return err
		}
		if project.Name, err = freeProjectName(ctx, tx, title); err != nil {
			return err
		}
		err := tx.QueryRowContext(ctx, `INSERT INTO projects (name, title) VALUES (?, ?) RETURNING id`, project.Name, title).Scan(&project.ID)
		if err != nil {
			return fmt.Errorf("insert project %q: %w", project.Name, err)
		}
		if err := putMember(ctx, tx, project.ID, by.UserID, seedbed.Owner); err != nil {
			return err
		}
		return addEvent(ctx, tx, by.DidIn(project.ID, d.Now(), "made the project "+string(title)))
	})
	return project, err
}

// CheckProjectTitle returns nil if no project but the one with the id has the
// title, else the error that CreateProject and RenameProject would return.
func (d *DB) CheckProjectTitle(ctx context.Context, id int64, title seedbed.Title) error {
	return d.inView(ctx, func(tx *sql.Tx) error { return checkProjectTitle(ctx, tx, id, title) })
}

// freeProjectName is a name that no project has or had.
func freeProjectName(ctx context.Context, tx *sql.Tx, title seedbed.Title) (seedbed.Label, error) {
	base := seedbed.SuggestProjectName(title)
	for name, n := base, 2; ; n++ {
		var taken bool
		if err := tx.QueryRowContext(ctx, `SELECT count(*) > 0 FROM projects WHERE name = ?`, name).Scan(&taken); err != nil {
			return "", fmt.Errorf("look for a taken name: %w", err)
		}
		if !taken {
			return name, nil
		}
		name = seedbed.Label(fmt.Sprintf("%s-%d", base, n))
	}
}

// checkProjectTitle is a Conflict if a project besides that of the id has the
// title. Those that had the same one before stay as they are.
func checkProjectTitle(ctx context.Context, tx *sql.Tx, id int64, title seedbed.Title) error {
	projects, err := collect(ctx, tx, scanProject, `SELECT `+projectColumns+` FROM projects p WHERE p.deleted IS NULL AND p.id <> ?`, id)
	if err != nil {
		return fmt.Errorf("read projects: %w", err)
	}
	for _, other := range projects {
		if folded(other.Title) == folded(title) {
			return &seedbed.Error{Code: seedbed.Conflict, Field: "name", Message: "This name is taken by another project. Choose another one."}
		}
	}
	return nil
}

// RenameProject gives a project another title, unless another one has it. Its
// name stays.
func (d *DB) RenameProject(ctx context.Context, id int64, title seedbed.Title, by seedbed.Author) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		project, err := projectFor(ctx, tx, id)
		if err != nil || project.Title == title {
			return err
		}
		if err := checkProjectTitle(ctx, tx, id, title); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE projects SET title = ? WHERE id = ?`, title, id); err != nil {
			return fmt.Errorf("rename project %d: %w", id, err)
		}
		return addEvent(ctx, tx, by.DidIn(id, d.Now(), "renamed the project "+string(project.Title)+" to "+string(title)))
	})
}

// DeleteProject deletes a project without sites; one with sites is a Conflict.
// Its members are no longer in it, and its invitations end.
func (d *DB) DeleteProject(ctx context.Context, id int64, by seedbed.Author) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		project, err := projectFor(ctx, tx, id)
		if err != nil {
			return err
		}
		if project.Sites > 0 {
			return d.stillHas(ctx, tx, project)
		}
		for _, statement := range []string{
			`DELETE FROM members WHERE project_id = ?1`,
			`DELETE FROM invitations WHERE project_id = ?1`,
			`UPDATE tokens SET revoked = ?2 WHERE project_id = ?1 AND revoked IS NULL`,
			`UPDATE projects SET deleted = ?2, name = name || '~' || id WHERE id = ?1`,
		} {
			if _, err := tx.ExecContext(ctx, statement, id, millis(d.Now())); err != nil {
				return fmt.Errorf("delete project %d: %w", id, err)
			}
		}
		return addEvent(ctx, tx, by.DidIn(id, d.Now(), "deleted the project "+string(project.Title)))
	})
}

// stillHas is the Conflict that a project is not empty, and names what is in it.
func (d *DB) stillHas(ctx context.Context, tx *sql.Tx, project seedbed.Project) error {
	const named = 3
	specs, err := d.siteSpecs(ctx, tx, `s.deleted IS NULL AND s.project_id = ? ORDER BY s.title_folded`, project.ID)
	if err != nil {
		return err
	}
	var titles []string
	for _, spec := range specs[:min(named, len(specs))] {
		titles = append(titles, string(spec.Site.Title))
	}
	if more := len(specs) - len(titles); more > 0 {
		titles = append(titles, fmt.Sprintf("%d more", more))
	}
	return &seedbed.Error{Code: seedbed.Conflict, Message: "This project still has sites, so it was not deleted: " + strings.Join(titles, ", ") +
		". Delete them or move them to another project first."}
}

// MoveSite puts a site into another project. One that cannot be changed now is a
// Conflict.
func (d *DB) MoveSite(ctx context.Context, site, to int64, by seedbed.Author) error {
	return d.inTx(ctx, func(tx *sql.Tx) error {
		project, err := projectFor(ctx, tx, to)
		if err != nil {
			return err
		}
		spec, err := d.siteSpec(ctx, tx, site)
		if err != nil || spec.Site.ProjectID == to {
			return err
		}
		if err := spec.CheckChangeable(); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE sites SET project_id = ? WHERE id = ?`, to, site); err != nil {
			return fmt.Errorf("move site %d: %w", site, err)
		}
		what := "moved the site " + string(spec.Site.Title) + " to the project " + string(project.Title)
		return addEvent(ctx, tx, by.Did(d.Now(), what, spec.Site.Key()))
	})
}
