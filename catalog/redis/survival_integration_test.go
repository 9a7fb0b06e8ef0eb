//go:build integration

package redis_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"seedbed"
	"seedbed/catalog/images/imagestest"
	"seedbed/catalog/redis"
)

// filled is how many keys a site has.
const filled = 3000

func TestKind_EndsWellAfterTheServerWasKilledInTheMiddle(t *testing.T) {
	c, _ := server(t)
	survival := imagestest.Survival{
		Kind: redis.New(), Server: c, Password: adminPassword, Rounds: 4,
		Fill: func(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) {
			_, err := open(t, e, b.Name, b.Password).Pipelined(t.Context(), func(p goredis.Pipeliner) error {
				for n := range filled {
					p.Set(t.Context(), fmt.Sprint(b.Name, ":", n), n, 0)
				}
				return nil
			})
			must(t, err)
		},
		Filled: func(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) {
			var keys []string
			for n := range filled {
				keys = append(keys, fmt.Sprint(b.Name, ":", n))
			}
			values, err := open(t, e, b.Name, b.Password).MGet(t.Context(), keys...).Result()
			must(t, err)
			for n, value := range values {
				if value != fmt.Sprint(n) {
					t.Fatalf("key %d of %s is %v", n, b.Name, value)
				}
			}
		},
		Parts: parts,
	}
	survival.Run(t)
	c.MustStop(10 * time.Second)
}

// parts lists the users of sites, and how many keys each prefix has.
func parts(t *testing.T, e seedbed.Endpoint) (all []string) {
	t.Helper()
	root := open(t, e, "admin", adminPassword)
	users, err := root.Do(t.Context(), "ACL", "USERS").StringSlice()
	must(t, err)
	for _, user := range users {
		all = append(all, "user "+user)
	}
	keys, err := root.Keys(t.Context(), "*").Result()
	must(t, err)
	counts := map[string]int{}
	for _, key := range keys {
		prefix, _, _ := strings.Cut(key, ":")
		counts[prefix]++
	}
	for prefix, n := range counts {
		all = append(all, fmt.Sprintf("%d keys of %s", n, prefix))
	}
	slices.Sort(all)
	return all
}
