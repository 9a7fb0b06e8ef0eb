package onebox

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// What sites' environments hold is on no disk in plain, also not in what has
// been changed or deleted.
func TestStore_SealsWhatIsOnDisk(t *testing.T) {
	r, h := testRecords(t), newHub(time.Now)
	a := testApp(1, 1, 1)
	a.Env = map[string]string{"DATABASE_URL": "very-secret-word"}
	i := newInstance("u", a, testTime)
	d := &deployment{ID: "d", Version: "v", Before: map[string]*app{a.ID: a}}
	put := func(t *txn) error {
		t.putApp(&appRecord{App: a})
		t.putInstance(i)
		t.putDeployment(d)
		t.versions = append(t.versions, a)
		return nil
	}
	for _, change := range []func(*txn) error{put, put, func(t *txn) error { t.deleteInstance(i.ID); return nil }} {
		if err := r.change(h, change); err != nil {
			t.Fatal(err)
		}
	}
	onDisk, err := os.ReadFile(r.store.db.Path())
	if err != nil || len(onDisk) == 0 {
		t.Fatal(err)
	}
	for _, word := range []string{"very-secret-word", "DATABASE_URL"} {
		if bytes.Contains(onDisk, []byte(word)) {
			t.Errorf("%s is on disk", word)
		}
	}
	kept, err := reopened(t, r).store.version(a.ID, a.Version)
	if err != nil || kept == nil || kept.Env["DATABASE_URL"] != "very-secret-word" {
		t.Errorf("read again: %+v %v", kept, err)
	}
}

// A key that is not theirs, none at all, or one for records that were never
// sealed: nothing is read, and nothing is taken for empty.
func TestStore_RefusesAnotherKey(t *testing.T) {
	for name, keys := range map[string][2][KeySize]byte{
		"another key":   {testKey, {9}},
		"no key":        {testKey, {}},
		"a key for old": {{}, testKey},
	} {
		path := t.TempDir() + "/onebox.db"
		r, err := openRecords(path, keys[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := r.close(); err != nil {
			t.Fatal(err)
		}
		if _, err := openRecords(path, keys[1]); err == nil {
			t.Errorf("%s: taken", name)
		}
		if r, err = openRecords(path, keys[0]); err != nil {
			t.Errorf("%s: afterwards the right one is refused: %v", name, err)
			continue
		}
		_ = r.close()
	}
}

// A record in another's place, or one that was changed, is refused.
func TestStore_RefusesRecordsThatWereMovedOrChanged(t *testing.T) {
	id := []byte("/sites/guide")
	for name, forge := range map[string]func(s seal, kept []byte) []byte{
		"moved from another key":    func(s seal, _ []byte) []byte { return s.close(bucketApps, []byte("/sites/other"), []byte(`{}`)) },
		"moved from another bucket": func(s seal, _ []byte) []byte { return s.close(bucketVersions, id, []byte(`{}`)) },
		"changed":                   func(_ seal, kept []byte) []byte { return append(kept[:len(kept)-1:len(kept)-1], kept[len(kept)-1]^1) },
		"cut off":                   func(_ seal, kept []byte) []byte { return kept[:5] },
		"plain":                     func(seal, []byte) []byte { return []byte(`{"App":{"id":"/sites/guide"},"Backoff":{}}`) },
	} {
		r := testRecords(t)
		if err := r.change(newHub(time.Now), func(t *txn) error { t.putApp(&appRecord{App: testApp(1, 1, 1)}); return nil }); err != nil {
			t.Fatal(err)
		}
		err := r.store.db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket(bucketApps)
			return b.Put(id, forge(r.store.seal, bytes.Clone(b.Get(id))))
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.store.load(); !errors.Is(err, errNotOpened) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
