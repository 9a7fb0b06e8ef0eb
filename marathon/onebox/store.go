package onebox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// storeFormat is the version of the form of the records on disk.
const storeFormat = "1"

// maxVersions is how many definitions of an app are kept, as in Marathon.
const maxVersions = 50

var (
	bucketMeta        = []byte("meta")
	bucketApps        = []byte("apps")
	bucketInstances   = []byte("instances")
	bucketDeployments = []byte("deployments")
	bucketVersions    = []byte("versions") // key: app id, NUL, version
)

// store keeps records in one bbolt file. A transaction is on disk when it
// returns, whole or not at all.
type store struct{ db *bolt.DB }

// openStore opens or makes the file. Only one process can have it open.
func openStore(path string) (*store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of the records: %w", err)
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: 2 * time.Second})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("the records %s are in use by another process", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the records %s: %w", path, err)
	}
	s := &store{db: db}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *store) close() error { return s.db.Close() }

// prepare makes the buckets, and refuses records of a form that it cannot read.
func (s *store) prepare() error {
	return s.db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketApps, bucketInstances, bucketDeployments, bucketVersions} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("prepare the records: %w", err)
			}
		}
		meta := tx.Bucket(bucketMeta)
		if format := meta.Get([]byte("format")); format != nil && string(format) != storeFormat {
			return fmt.Errorf("the records have format %q; this program reads %q", format, storeFormat)
		}
		return meta.Put([]byte("format"), []byte(storeFormat))
	})
}

// load reads everything but the history.
func (s *store) load() (tables, error) {
	t := tables{byApp: map[string]map[string]*instance{}}
	err := s.db.View(func(tx *bolt.Tx) (err error) {
		if t.apps, err = loadBucket[appRecord](tx, bucketApps); err != nil {
			return err
		}
		if t.instances, err = loadBucket[instance](tx, bucketInstances); err != nil {
			return err
		}
		t.deployments, err = loadBucket[deployment](tx, bucketDeployments)
		return err
	})
	for id, i := range t.instances {
		if t.byApp[i.App] == nil {
			t.byApp[i.App] = map[string]*instance{}
		}
		t.byApp[i.App][id] = i
	}
	return t, err
}

func loadBucket[T any](tx *bolt.Tx, name []byte) (map[string]*T, error) {
	out := map[string]*T{}
	err := tx.Bucket(name).ForEach(func(k, v []byte) error {
		value := new(T)
		if err := json.Unmarshal(v, value); err != nil {
			return fmt.Errorf("read the record %s %s: %w", name, k, err)
		}
		out[string(k)] = value
		return nil
	})
	return out, err
}

// write puts a change on disk. A change with nothing lasting in it costs
// nothing.
func (s *store) write(t *txn) error {
	if !lasting(t.apps) && !lasting(t.instances) && !lasting(t.deployments) && len(t.versions)+len(t.forget) == 0 {
		return nil
	}
	err := s.db.Update(func(tx *bolt.Tx) error {
		return errors.Join(
			writeBucket(tx, bucketApps, t.apps),
			writeBucket(tx, bucketInstances, t.instances),
			writeBucket(tx, bucketDeployments, t.deployments),
			writeVersions(tx, t.versions),
			forgetVersions(tx, t.forget),
		)
	})
	if err != nil {
		return fmt.Errorf("write the records: %w", err)
	}
	return nil
}

func lasting[T any](l layer[T]) bool {
	for _, e := range l {
		if !e.volatile {
			return true
		}
	}
	return false
}

func writeBucket[T any](tx *bolt.Tx, name []byte, l layer[T]) error {
	b := tx.Bucket(name)
	for id, e := range l {
		if e.value == nil {
			if err := b.Delete([]byte(id)); err != nil {
				return err
			}
			continue
		}
		if err := putJSON(b, []byte(id), e.value); err != nil {
			return err
		}
	}
	return nil
}

func putJSON(b *bolt.Bucket, key []byte, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write the record %s: %w", key, err)
	}
	return b.Put(key, text)
}

func versionKey(id, version string) []byte { return []byte(id + "\x00" + version) }

func writeVersions(tx *bolt.Tx, list []*app) error {
	b := tx.Bucket(bucketVersions)
	for _, a := range list {
		if err := putJSON(b, versionKey(a.ID, a.Version), a); err != nil {
			return err
		}
		if err := deleteKeys(b, olderThan(b, a.ID, maxVersions)); err != nil {
			return err
		}
	}
	return nil
}

func forgetVersions(tx *bolt.Tx, ids []string) error {
	b := tx.Bucket(bucketVersions)
	for _, id := range ids {
		if err := deleteKeys(b, versionKeys(b, id)); err != nil {
			return err
		}
	}
	return nil
}

// olderThan returns the keys of all but the newest n versions.
func olderThan(b *bolt.Bucket, id string, n int) [][]byte {
	keys := versionKeys(b, id)
	return keys[:max(0, len(keys)-n)]
}

// versionKeys returns the keys of an app's versions, the oldest first.
func versionKeys(b *bolt.Bucket, id string) [][]byte {
	var keys [][]byte
	prefix := versionKey(id, "")
	c := b.Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	return keys
}

func deleteKeys(b *bolt.Bucket, keys [][]byte) error {
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// versions returns the stored versions of an app, the newest first.
func (s *store) versions(id string) ([]string, error) {
	list := []string{}
	err := s.db.View(func(tx *bolt.Tx) error {
		for _, k := range versionKeys(tx.Bucket(bucketVersions), id) {
			list = append([]string{string(k[len(id)+1:])}, list...)
		}
		return nil
	})
	return list, err
}

// version returns one stored definition, or nil if there is none.
func (s *store) version(id, version string) (*app, error) {
	var a *app
	err := s.db.View(func(tx *bolt.Tx) error {
		text := tx.Bucket(bucketVersions).Get(versionKey(id, version))
		if text == nil {
			return nil
		}
		a = new(app)
		return json.Unmarshal(text, a)
	})
	if err != nil {
		return nil, fmt.Errorf("read version %s of %s: %w", version, id, err)
	}
	return a, nil
}
