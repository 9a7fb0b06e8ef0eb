package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// VolumesMark returns the mark of the folder with the volumes, or "" if none
// was set yet.
func (d *DB) VolumesMark(ctx context.Context) (mark string, err error) {
	err = d.sql.QueryRowContext(ctx, `SELECT mark FROM volumes_mark`).Scan(&mark)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read the mark of the folder of volumes: %w", err)
	}
	return mark, nil
}

// SetVolumesMark writes it down. It is safe to repeat.
func (d *DB) SetVolumesMark(ctx context.Context, mark string) error {
	_, err := d.sql.ExecContext(ctx, `
		INSERT INTO volumes_mark (only_one, mark) VALUES (1, ?)
		ON CONFLICT (only_one) DO UPDATE SET mark = excluded.mark`, mark)
	if err != nil {
		return fmt.Errorf("write the mark of the folder of volumes: %w", err)
	}
	return nil
}
