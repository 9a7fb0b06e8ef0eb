package redis

import (
	"context"
	"errors"
	"fmt"

	goredis "github.com/redis/go-redis/v9"
)

// atOnce is about how many keys are looked at in one go: the server does
// nothing else meanwhile.
const atOnce = 500

// eachKeys calls f with the keys of a site, some at a time and perhaps one
// twice, as SCAN gives them. Keys that are there all the time are all given.
func eachKeys(ctx context.Context, conn *goredis.Conn, name string, f func(keys []string) error) error {
	for cursor := uint64(0); ; {
		keys, next, err := conn.Scan(ctx, cursor, prefix(name)+"*", atOnce).Result()
		if err != nil {
			return fmt.Errorf("list the keys of %q: %w", name, err)
		}
		if len(keys) > 0 {
			if err := f(keys); err != nil {
				return err
			}
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

// memoryOf returns how many bytes keys take with their values. A key that is
// gone by now takes none.
func memoryOf(ctx context.Context, conn *goredis.Conn, keys []string) (bytes int64, err error) {
	answers, err := conn.Pipelined(ctx, func(p goredis.Pipeliner) error {
		for _, key := range keys {
			p.MemoryUsage(ctx, key)
		}
		return nil
	})
	if err != nil && !errors.Is(err, goredis.Nil) {
		return 0, fmt.Errorf("measure keys: %w", err)
	}
	for _, a := range answers {
		if n, err := a.(*goredis.IntCmd).Result(); err == nil {
			bytes += n
		}
	}
	return bytes, nil
}
