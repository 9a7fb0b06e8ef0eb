package redis

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"seedbed"
)

// Dump writes the site's keys with their values and how long they still last,
// each as it was when it was read. The prefix is not in it.
func (*Kind) Dump(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, w io.Writer) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	return as(ctx, e, admin, e.Password, func(ctx context.Context, conn *goredis.Conn) error {
		frames := newWriter(w)
		err := eachKeys(ctx, conn, b.Name, func(keys []string) error {
			for some := range slices.Chunk(keys, dumpedAtOnce) {
				if err := dumpKeys(ctx, conn, b.Name, some, frames); err != nil {
					return err
				}
			}
			return nil
		})
		if err = errors.Join(err, frames.close(err == nil)); err != nil {
			return fmt.Errorf("dump the keys of %q: %w", b.Name, err)
		}
		return nil
	})
}

// dumpedAtOnce is how many values are held in memory at a time.
const dumpedAtOnce = 50

// dumpKeys writes keys. One that is gone by now is left out.
func dumpKeys(ctx context.Context, conn *goredis.Conn, name string, keys []string, w *writer) error {
	values, lasts := make([]*goredis.StringCmd, len(keys)), make([]*goredis.DurationCmd, len(keys))
	_, err := conn.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		for i, key := range keys {
			values[i], lasts[i] = p.Dump(ctx, key), p.PTTL(ctx, key)
		}
		return nil
	})
	if err != nil && !errors.Is(err, goredis.Nil) {
		return fmt.Errorf("read keys: %w", err)
	}
	for i, key := range keys {
		value, err := values[i].Bytes()
		if errors.Is(err, goredis.Nil) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read a key: %w", err)
		}
		if err := w.write(record{key: strings.TrimPrefix(key, prefix(name)), lasts: max(0, lasts[i].Val()), value: value}); err != nil {
			return err
		}
	}
	return nil
}

// Load puts back what Dump wrote and then deletes the site's other keys; both
// are on the disk when it ends well. Until then the site has keys of both.
func (*Kind) Load(ctx context.Context, e seedbed.Endpoint, b seedbed.Binding, r io.Reader) error {
	if err := checkName(b.Name); err != nil {
		return err
	}
	return as(ctx, e, admin, e.Password, func(ctx context.Context, conn *goredis.Conn) error {
		loaded, err := loadAll(ctx, conn, b.Name, r)
		if err != nil {
			return fmt.Errorf("load the keys of %q: %w", b.Name, err)
		}
		if err := eachKeys(ctx, conn, b.Name, func(keys []string) error { return deleteOthers(ctx, conn, keys, loaded) }); err != nil {
			return err
		}
		return writeJournal(ctx, conn)
	})
}

// loadAll restores every key of a dump and returns them.
func loadAll(ctx context.Context, conn *goredis.Conn, name string, r io.Reader) (map[string]bool, error) {
	frames, loaded := newReader(r), map[string]bool{}
	for {
		one, err := frames.read()
		if errors.Is(err, io.EOF) {
			return loaded, nil
		}
		if err != nil {
			return nil, err
		}
		key := prefix(name) + one.key
		if err := conn.RestoreReplace(ctx, key, roundUp(one.lasts), string(one.value)).Err(); err != nil {
			return nil, fmt.Errorf("write a key: %w", err)
		}
		loaded[key] = true
	}
}

// roundUp keeps a key that lasts less than a millisecond from lasting for ever.
func roundUp(d time.Duration) time.Duration {
	if d > 0 {
		return max(d, time.Millisecond)
	}
	return 0
}

func deleteOthers(ctx context.Context, conn *goredis.Conn, keys []string, loaded map[string]bool) error {
	var others []string
	for _, key := range keys {
		if !loaded[key] {
			others = append(others, key)
		}
	}
	if len(others) == 0 {
		return nil
	}
	if err := conn.Unlink(ctx, others...).Err(); err != nil {
		return fmt.Errorf("delete keys that were not in the dump: %w", err)
	}
	return nil
}
