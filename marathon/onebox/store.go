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
	bucketRoots       = []byte("roots")    // key: version; the last one is the present tree
)

// store keeps records in one bbolt file. A transaction is on disk when it
// returns, whole or not at all. The keys of records, which are ids, are readable
// on disk; all else is sealed.
type store struct {
	db   *bolt.DB
	seal seal
}

// openStore opens or makes the file. Only one process can have it open.
func openStore(path string, sealed seal) (*store, error) {
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
	s := &store{db, sealed}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *store) close() error { return s.db.Close() }

// prepare makes the buckets, and refuses records of a form that it cannot read.
func (s *store) prepare() error {
	return s.db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketApps, bucketInstances, bucketDeployments, bucketVersions, bucketRoots} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("prepare the records: %w", err)
			}
		}
		return s.checkFormat(tx.Bucket(bucketMeta))
	})
}

// checkFormat refuses records of another form or under another key, and writes
// down form and key of new ones.
func (s *store) checkFormat(meta *bolt.Bucket) error {
	key := []byte("format")
	kept := meta.Get(key)
	if kept == nil {
		return meta.Put(key, s.seal.close(bucketMeta, key, []byte(storeFormat)))
	}
	format, err := s.seal.open(bucketMeta, key, kept)
	if err != nil {
		return fmt.Errorf("open the records: %w", err)
	}
	if string(format) != storeFormat {
		return fmt.Errorf("the records have format %q; this program reads %q, and sealed ones only with their key", format, storeFormat)
	}
	return nil
}

// load reads everything but the history.
func (s *store) load() (tables, error) {
	t := tables{byApp: map[string]map[string]*instance{}}
	err := s.db.View(func(tx *bolt.Tx) (err error) {
		if t.apps, err = loadBucket[appRecord](s, tx, bucketApps); err != nil {
			return err
		}
		if t.instances, err = loadBucket[instance](s, tx, bucketInstances); err != nil {
			return err
		}
		if t.deployments, err = loadBucket[deployment](s, tx, bucketDeployments); err != nil {
			return err
		}
		t.root, err = s.loadRoot(tx, t.apps)
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

func loadBucket[T any](s *store, tx *bolt.Tx, name []byte) (map[string]*T, error) {
	out := map[string]*T{}
	err := tx.Bucket(name).ForEach(func(k, v []byte) error {
		value := new(T)
		if err := s.read(name, k, v, value); err != nil {
			return fmt.Errorf("read the record %s %s: %w", name, k, err)
		}
		out[string(k)] = value
		return nil
	})
	return out, err
}

// read opens a record and decodes it into value.
func (s *store) read(bucket, key, kept []byte, value any) error {
	text, err := s.seal.open(bucket, key, kept)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, value)
}

// write puts a change on disk. A change with nothing lasting in it costs
// nothing.
func (s *store) write(t *txn) error {
	if !lasting(t.apps) && !lasting(t.instances) && !lasting(t.deployments) && len(t.versions) == 0 && t.root == nil {
		return nil
	}
	err := s.db.Update(func(tx *bolt.Tx) error {
		return errors.Join(
			writeBucket(s, tx, bucketApps, t.apps),
			writeBucket(s, tx, bucketInstances, t.instances),
			writeBucket(s, tx, bucketDeployments, t.deployments),
			s.writeVersions(tx, t.versions),
			s.writeRoot(tx, t),
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

func writeBucket[T any](s *store, tx *bolt.Tx, name []byte, l layer[T]) error {
	b := tx.Bucket(name)
	for id, e := range l {
		if e.value == nil {
			if err := b.Delete([]byte(id)); err != nil {
				return err
			}
			continue
		}
		if err := s.put(tx, name, []byte(id), e.value); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) put(tx *bolt.Tx, bucket, key []byte, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write the record %s: %w", key, err)
	}
	return tx.Bucket(bucket).Put(key, s.seal.close(bucket, key, text))
}

func versionKey(id, version string) []byte { return []byte(id + "\x00" + version) }

func (s *store) writeVersions(tx *bolt.Tx, list []*app) error {
	b := tx.Bucket(bucketVersions)
	for _, a := range list {
		if err := s.put(tx, bucketVersions, versionKey(a.ID, a.Version), a); err != nil {
			return err
		}
		if err := deleteKeys(b, olderThan(b, a.ID, maxVersions)); err != nil {
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
		key := versionKey(id, version)
		kept := tx.Bucket(bucketVersions).Get(key)
		if kept == nil {
			return nil
		}
		a = new(app)
		return s.read(bucketVersions, key, kept, a)
	})
	if err != nil {
		return nil, fmt.Errorf("read version %s of %s: %w", version, id, err)
	}
	return a, nil
}

// meta returns what is kept under a name beside the records, or nil.
func (s *store) meta(key []byte) (text []byte, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		kept := tx.Bucket(bucketMeta).Get(key)
		if kept == nil {
			return nil
		}
		text, err = s.seal.open(bucketMeta, key, kept)
		return err
	})
	return text, err
}

// putMeta keeps a value under a name beside the records.
func (s *store) putMeta(key []byte, value any) error {
	if err := s.db.Update(func(tx *bolt.Tx) error { return s.put(tx, bucketMeta, key, value) }); err != nil {
		return fmt.Errorf("write the records: %w", err)
	}
	return nil
}
