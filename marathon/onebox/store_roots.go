package onebox

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// loadRoot returns the present tree of groups. Records that are older than
// groups have the one that follows from their apps.
func (s *store) loadRoot(tx *bolt.Tx, apps map[string]*appRecord) (*root, error) {
	key, kept := tx.Bucket(bucketRoots).Cursor().Last()
	if key == nil {
		return impliedRoot(apps), nil
	}
	v, err := s.readRoot(key, kept)
	if err != nil {
		return nil, err
	}
	return &v.root, nil
}

func (s *store) readRoot(key, kept []byte) (*rootVersion, error) {
	v := new(rootVersion)
	if err := s.read(bucketRoots, key, kept, v); err != nil {
		return nil, fmt.Errorf("read the groups of %s: %w", key, err)
	}
	return v, nil
}

// writeRoot puts a new tree of groups on disk, if the change has one, and drops
// the oldest. Before the very first it keeps the one that was there.
func (s *store) writeRoot(tx *bolt.Tx, t *txn) error {
	if t.root == nil {
		return nil
	}
	b, now := tx.Bucket(bucketRoots), t.records.now
	if key, _ := b.Cursor().First(); key == nil && len(now.apps) > 0 {
		if err := s.putRoot(tx, *now.root, values(nil, now.apps)); err != nil {
			return err
		}
	}
	if err := s.putRoot(tx, *t.root, t.allApps()); err != nil {
		return err
	}
	for n := countKeys(b); n > maxVersions; n-- {
		if err := s.dropOldestRoot(tx, t); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) putRoot(tx *bolt.Tx, r root, apps []*appRecord) error {
	v := rootVersion{r, make(map[string]string, len(apps))}
	for _, a := range apps {
		v.Apps[a.App.ID] = a.App.Version
	}
	return s.put(tx, bucketRoots, []byte(v.Version), v)
}

func countKeys(b *bolt.Bucket) int {
	n, c := 0, b.Cursor()
	for key, _ := c.First(); key != nil; key, _ = c.Next() {
		n++
	}
	return n
}

// dropOldestRoot forgets the oldest tree, and with it the history of apps that
// the next one does not have any more: nothing leads to those definitions now.
func (s *store) dropOldestRoot(tx *bolt.Tx, t *txn) error {
	c := tx.Bucket(bucketRoots).Cursor()
	key, kept := c.First()
	oldest, err := s.readRoot(key, kept)
	if err != nil {
		return err
	}
	next, err := s.readRoot(c.Next())
	if err != nil {
		return err
	}
	if err := tx.Bucket(bucketRoots).Delete([]byte(oldest.Version)); err != nil {
		return err
	}
	for id, version := range oldest.Apps {
		if _, there := next.Apps[id]; there || t.app(id) != nil {
			continue
		}
		if err := forgetVersions(tx, id, version); err != nil {
			return err
		}
	}
	return nil
}

// forgetVersions drops an app's definitions up to a version.
func forgetVersions(tx *bolt.Tx, id, upTo string) error {
	b := tx.Bucket(bucketVersions)
	for _, key := range versionKeys(b, id) {
		if string(key) > string(versionKey(id, upTo)) {
			return nil
		}
		if err := b.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// roots returns all trees that are kept, the newest first.
func (s *store) roots() ([]*rootVersion, error) {
	list := []*rootVersion{}
	err := s.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket(bucketRoots).Cursor()
		for key, kept := c.Last(); key != nil; key, kept = c.Prev() {
			v, err := s.readRoot(key, kept)
			if err != nil {
				return err
			}
			list = append(list, v)
		}
		return nil
	})
	return list, err
}

// rootAt returns the tree of one version, or nil if it is not kept.
func (s *store) rootAt(version string) (v *rootVersion, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		kept := tx.Bucket(bucketRoots).Get([]byte(version))
		if kept == nil {
			return nil
		}
		v, err = s.readRoot([]byte(version), kept)
		return err
	})
	return v, err
}
