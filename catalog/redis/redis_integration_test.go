//go:build integration

package redis_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"seedbed"
	"seedbed/catalog/images/imagestest"
	"seedbed/catalog/kindtest"
	"seedbed/catalog/redis"
)

const adminPassword = `it's "the" \ administrator's`

// server runs the real image and returns where it answers.
func server(t *testing.T) (*imagestest.Container, seedbed.Endpoint) {
	t.Helper()
	docker := imagestest.Docker(t)
	imagestest.Build(t, docker)
	c := imagestest.Run(t, docker, imagestest.Spec{
		Image: "redis", Port: 6379, Memory: 256,
		Env:    map[string]string{"REDIS_PASSWORD": adminPassword},
		Mounts: map[string]string{"/data": t.TempDir()},
	})
	return c, waitForServer(t, c)
}

func waitForServer(t *testing.T, c *imagestest.Container) seedbed.Endpoint {
	t.Helper()
	return c.Await(redis.New(), adminPassword)
}

func binding(name string) seedbed.Binding {
	return seedbed.Binding{Name: name, Password: seedbed.Secret("secret of " + name)}
}

// open connects as a program that knows a user and its password.
func open(t *testing.T, e seedbed.Endpoint, user string, password seedbed.Secret) *goredis.Client {
	t.Helper()
	c := goredis.NewClient(&goredis.Options{
		Addr: net.JoinHostPort(e.Host, strconv.Itoa(e.Port)), Username: user, Password: password.Reveal(), MaxRetries: -1, ReadTimeout: 5 * time.Second,
	})
	t.Cleanup(func() { c.Close() })
	return c
}

// site makes a site's part and connects to it.
func site(t *testing.T, e seedbed.Endpoint, name string) (seedbed.Binding, *goredis.Client) {
	t.Helper()
	b := binding(name)
	must(t, redis.New().Ensure(t.Context(), e, b))
	return b, open(t, e, b.Name, b.Password)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func isBound(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) bool {
	t.Helper()
	return kindtest.IsBound(t, redis.New(), e, b)
}

func isGone(t *testing.T, e seedbed.Endpoint, b seedbed.Binding) bool {
	t.Helper()
	return kindtest.IsGone(t, redis.New(), e, b)
}

// journal returns one of the sizes that the server tells of its journal: the
// base is on the disk, the rest gets there within a second.
func journal(t *testing.T, root *goredis.Client, size string) int {
	t.Helper()
	info, err := root.Info(t.Context(), "persistence").Result()
	must(t, err)
	_, after, _ := strings.Cut(info, size+":")
	number, _, _ := strings.Cut(after, "\r\n")
	n, err := strconv.Atoi(number)
	must(t, err)
	return n
}

// command makes the arguments of a command from a line.
func command(line string) (args []any) {
	for _, word := range strings.Fields(line) {
		args = append(args, word)
	}
	return args
}

// One server for all that can share it.
func TestKind(t *testing.T) {
	c, e := server(t)
	k := redis.New()
	root := open(t, e, "admin", adminPassword)

	t.Run("each site uses its own keys and channels and no others", func(t *testing.T) {
		_, one := site(t, e, "s1-guide")
		_, two := site(t, e, "s11-clinic")
		must(t, two.Set(t.Context(), "s11-clinic:a", "hidden", 0).Err())
		must(t, two.RPush(t.Context(), "s11-clinic:list", "hidden").Err())
		for _, line := range []string{
			"GET s11-clinic:a", "SET s11-clinic:a changed", "DEL s11-clinic:a", "EXISTS s11-clinic:a", "RENAME s11-clinic:a s1-guide:a", "COPY s11-clinic:a s1-guide:a",
			"DUMP s11-clinic:a", "OBJECT ENCODING s11-clinic:a", "MEMORY USAGE s11-clinic:a", "TYPE s11-clinic:a", "LPOP s11-clinic:list", "BLPOP s11-clinic:list 1",
			"LMOVE s11-clinic:list s1-guide:l LEFT LEFT", "EVAL return(redis.call('GET','s11-clinic:a')) 0", "EVAL return(redis.call('GET',KEYS[1])) 1 s11-clinic:a",
			"SORT s1-guide:l BY s11-clinic:* GET s11-clinic:*", "GET s1-guid", "GET s1-guidex", "SET other x", "WATCH s11-clinic:a", "EVAL return(redis.call('KEYS','*')) 0",
			"PUBLISH s11-clinic:news x", "PUBLISH news x", "SUBSCRIBE s11-clinic:news", "PSUBSCRIBE *", "SSUBSCRIBE s11-clinic:news", "SPUBLISH s11-clinic:news x",
			"XREAD STREAMS s11-clinic:x 0", "PFMERGE s1-guide:h s11-clinic:h", "GEOSEARCHSTORE s1-guide:g s11-clinic:g FROMLONLAT 1 1 BYRADIUS 1 m",
		} {
			if got, err := one.Do(t.Context(), command(line)...).Result(); err == nil {
				t.Errorf("a site could %s: %v", line, got)
			}
		}
		if got := two.Get(t.Context(), "s11-clinic:a").Val(); got != "hidden" {
			t.Errorf("the other site's key is now %q", got)
		}
	})

	t.Run("a site does what programs do", func(t *testing.T) {
		_, conn := site(t, e, "s2-shop")
		for _, line := range []string{
			"PING", "INFO server", "CLIENT SETNAME web", "SELECT 0", "SET s2-shop:a 1 EX 60", "INCR s2-shop:a", "GET s2-shop:a", "HSET s2-shop:h f v", "ZADD s2-shop:z 1 m",
			"LPUSH s2-shop:l x", "BRPOP s2-shop:l 1", "EVAL return(redis.call('INCR',KEYS[1])) 1 s2-shop:a", "SCRIPT LOAD return(1)", "PUBLISH s2-shop:news x",
			"XADD s2-shop:x * f v", "EXPIRE s2-shop:a 10", "DEL s2-shop:a", "UNLINK s2-shop:h", "HSCAN s2-shop:h 0", "COMMAND COUNT", "TIME", "ACL WHOAMI",
		} {
			if err := conn.Do(t.Context(), command(line)...).Err(); err != nil {
				t.Errorf("a site cannot %s: %v", line, err)
			}
		}
		sub := conn.PSubscribe(t.Context(), "s2-shop:*")
		defer sub.Close()
		if _, err := sub.Receive(t.Context()); err != nil {
			t.Errorf("it cannot subscribe: %v", err)
		}
		_, err := conn.TxPipelined(t.Context(), func(p goredis.Pipeliner) error { return p.Set(t.Context(), "s2-shop:t", 1, 0).Err() })
		must(t, err)
	})

	t.Run("a site has no rights beyond its keys, and sees no others", func(t *testing.T) {
		_, conn := site(t, e, "s3-curious")
		for _, line := range []string{
			"KEYS *", "KEYS s3-curious:*", "SCAN 0", "SCAN 0 MATCH s3-curious:*", "RANDOMKEY", "PUBSUB CHANNELS", "PUBSUB NUMPAT", "CLIENT LIST", "CLIENT KILL ID 1", "CLIENT TRACKING on BCAST",
			"CLIENT PAUSE 1", "CLIENT NO-EVICT on", "MONITOR", "FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "SELECT 1", "CONFIG GET *", "CONFIG SET maxmemory 0", "ACL LIST", "ACL SETUSER s3-curious +@all",
			"ACL GETUSER admin", "ACL LOG", "DEBUG SLEEP 0", "SAVE", "BGSAVE", "BGREWRITEAOF", "SHUTDOWN", "REPLICAOF 1.2.3.4 1", "MIGRATE 1.2.3.4 1 s3-curious:a 0 1", "MODULE LIST",
			"SLOWLOG GET", "LATENCY DOCTOR", "SYNC", "FUNCTION LIST", "FUNCTION FLUSH", "FCALL f 0", "SCRIPT FLUSH", "SCRIPT KILL", "CLUSTER INFO", "RESTORE s3-curious:a 0 x", "SORT s3-curious:a",
			"EVAL return(redis.call('SCAN',0)) 0", "EVAL return(redis.call('CONFIG','GET','*')) 0",
		} {
			if got, err := conn.Do(t.Context(), command(line)...).Result(); err == nil {
				t.Errorf("a site could %s: %v", line, got)
			}
		}
	})

	t.Run("nobody else can sign in", func(t *testing.T) {
		for _, user := range []string{"", "default", "admin"} {
			for _, password := range []seedbed.Secret{"", "x", "secret of s1-guide"} {
				if err := open(t, e, user, password).Ping(t.Context()).Err(); err == nil {
					t.Errorf("%q could sign in with %q", user, password.Reveal())
				}
			}
		}
	})

	t.Run("repeating Ensure keeps what is stored, and sets password and rights", func(t *testing.T) {
		b, conn := site(t, e, "s4-again")
		must(t, conn.Set(t.Context(), "s4-again:kept", 1, 0).Err())
		must(t, root.Do(t.Context(), "ACL", "SETUSER", b.Name, "~*", "+@all", ">another").Err())
		b.Password = "another secret"
		if isBound(t, e, b) {
			t.Error("bound with a password that was not set yet")
		}
		must(t, k.Ensure(t.Context(), e, b))
		if !isBound(t, e, b) {
			t.Error("not bound with the new password")
		}
		again := open(t, e, b.Name, b.Password)
		if again.Get(t.Context(), "s4-again:kept").Val() != "1" || again.Get(t.Context(), "s2-shop:t").Err() == nil {
			t.Error("what was stored is gone, or rights of others were left")
		}
		if err := open(t, e, b.Name, "another").Ping(t.Context()).Err(); err == nil {
			t.Error("another password was left")
		}
	})

	t.Run("Rotate shuts out who has the old password", func(t *testing.T) {
		b, conn := site(t, e, "s8-leaked")
		must(t, conn.Set(t.Context(), "s8-leaked:kept", 1, 0).Err())
		thief := conn.Conn()
		must(t, thief.Ping(t.Context()).Err())
		old := b
		b.Password = "a new secret"
		must(t, k.Rotate(t.Context(), e, b))
		if thief.Get(t.Context(), "s8-leaked:kept").Err() == nil {
			t.Error("an old connection goes on")
		}
		if isBound(t, e, old) || !isBound(t, e, b) {
			t.Error("the old password counts, or the new one does not")
		}
		if open(t, e, b.Name, b.Password).Get(t.Context(), "s8-leaked:kept").Val() != "1" {
			t.Error("what was stored is gone")
		}
	})

	t.Run("what Dump wrote comes back with Load, and nothing else", func(t *testing.T) {
		b, conn := site(t, e, "s9-moving")
		_, other := site(t, e, "s99-other")
		must(t, other.Set(t.Context(), "s99-other:a", "theirs", 0).Err())
		must(t, conn.Set(t.Context(), "s9-moving:a\x00\n", "grüße\x00", 0).Err())
		must(t, conn.Set(t.Context(), "s9-moving:soon", "x", time.Hour).Err())
		must(t, conn.RPush(t.Context(), "s9-moving:list", "1", "2").Err())
		for i := range 1200 {
			must(t, conn.Set(t.Context(), fmt.Sprint("s9-moving:n", i), i, 0).Err())
		}
		var dump bytes.Buffer
		must(t, k.Dump(t.Context(), e, b, &dump))
		if strings.Contains(dump.String(), "theirs") || strings.Contains(dump.String(), "secret") {
			t.Error("the dump holds what it should not")
		}
		must(t, conn.Set(t.Context(), "s9-moving:later", "x", 0).Err())
		must(t, conn.Del(t.Context(), "s9-moving:list", "s9-moving:n7").Err())
		must(t, k.Load(t.Context(), e, b, bytes.NewReader(dump.Bytes())))
		if got := conn.Get(t.Context(), "s9-moving:a\x00\n").Val(); got != "grüße\x00" {
			t.Errorf("a value is %q", got)
		}
		if got := conn.LRange(t.Context(), "s9-moving:list", 0, -1).Val(); len(got) != 2 || got[1] != "2" {
			t.Errorf("the list is %q", got)
		}
		if got := conn.TTL(t.Context(), "s9-moving:soon").Val(); got <= 50*time.Minute || got > time.Hour {
			t.Errorf("the key lasts %v", got)
		}
		if conn.Exists(t.Context(), "s9-moving:later").Val() != 0 || conn.Get(t.Context(), "s9-moving:n7").Val() != "7" || conn.TTL(t.Context(), "s9-moving:n7").Val() != -1 {
			t.Error("what was made later is there, or what was deleted is not")
		}
		if other.Get(t.Context(), "s99-other:a").Val() != "theirs" {
			t.Error("another site's key is gone")
		}
		usage, err := k.Usage(t.Context(), e, b)
		if err != nil || usage.Bytes < 50_000 || usage.Bytes > 1<<20 || usage.Connections != 1 {
			t.Errorf("it uses %+v, %v", usage, err)
		}
		for _, bad := range []string{"", "SET a b", dump.String()[:dump.Len()/2], strings.Replace(dump.String(), "grüße", "gruesse", 1)} {
			if err := k.Load(t.Context(), e, b, strings.NewReader(bad)); err == nil {
				t.Error("a dump that is none was taken")
			}
		}
	})

	t.Run("Remove takes all of one site and nothing of another", func(t *testing.T) {
		one, conn := site(t, e, "s5-leaving")
		_, two := site(t, e, "s55-staying")
		must(t, two.Set(t.Context(), "s55-staying:a", 1, 0).Err())
		for i := range 1200 {
			must(t, conn.Set(t.Context(), fmt.Sprint("s5-leaving:", i), i, 0).Err())
		}
		if isGone(t, e, one) {
			t.Error("it counts as gone")
		}
		for range 2 {
			must(t, k.Remove(t.Context(), e, one))
		}
		if !isGone(t, e, one) || isBound(t, e, one) {
			t.Error("something is left")
		}
		if conn.Ping(t.Context()).Err() == nil {
			t.Error("its connection goes on")
		}
		if _, err := k.Usage(t.Context(), e, one); !seedbed.IsNotFound(err) {
			t.Errorf("its usage is %v", err)
		}
		if two.Get(t.Context(), "s55-staying:a").Val() != "1" || root.Exists(t.Context(), "s5-leaving:7").Val() != 0 {
			t.Error("another site lost something, or keys are left")
		}
	})

	t.Run("when Load says done all is in the journal, and when Remove does nothing is", func(t *testing.T) {
		b, conn := site(t, e, "s7-large")
		const size = 1 << 20
		value := make([]byte, size)
		rand.NewChaCha8([32]byte{}).Read(value)
		must(t, conn.Set(t.Context(), "s7-large:a", value, 0).Err())
		var dump bytes.Buffer
		must(t, k.Dump(t.Context(), e, b, &dump))
		must(t, k.Load(t.Context(), e, b, &dump))
		if n := journal(t, root, "aof_base_size"); n < size {
			t.Errorf("after Load %d bytes are sure to be on the disk", n)
		}
		must(t, k.Remove(t.Context(), e, b))
		if n := journal(t, root, "aof_current_size"); n >= size {
			t.Errorf("after Remove the journal still has %d bytes", n)
		}
	})

	t.Run("keys that are left keep a site from being gone", func(t *testing.T) {
		must(t, root.Set(t.Context(), "s6-half:a", 1, 0).Err())
		if isGone(t, e, binding("s6-half")) {
			t.Error("it counts as gone")
		}
	})

	t.Run("no password is in the log", func(t *testing.T) {
		if said := c.Logs(); strings.Contains(said, "secret") || strings.Contains(said, "administrator's") {
			t.Errorf("the log holds a password:\n%s", said)
		}
	})
}

// A binding that was once said to work works after a power cut as well.
func TestKind_WritesUsersDownBeforeItSaysBoundOrGone(t *testing.T) {
	c, e := server(t)
	k, b := redis.New(), binding("s1-lasting")
	must(t, k.Ensure(t.Context(), e, b))
	c.Kill("KILL")
	c.Start()
	e = waitForServer(t, c)
	if !isBound(t, e, b) {
		t.Error("a site that was made is gone")
	}
	root := open(t, e, "admin", adminPassword)
	must(t, root.Do(t.Context(), "ACL", "DELUSER", b.Name).Err()) // a Remove that was stopped before it saved
	if !isGone(t, e, b) {
		t.Error("it is not gone")
	}
	c.Kill("KILL")
	c.Start()
	e = waitForServer(t, c)
	if isBound(t, e, b) {
		t.Error("a site that was gone is back")
	}
}
