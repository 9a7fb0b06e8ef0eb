package onebox

import (
	"path/filepath"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"
)

// New records know when they were begun; those of earlier programs do not, and
// then no container is older than they are.
func TestRecords_KnowWhenTheyWereBegun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "onebox.db")
	open := func(at time.Time, app bool) (began time.Time) {
		t.Helper()
		r, err := openRecords(path, testKey)
		if err != nil {
			t.Fatal(err)
		}
		defer r.close()
		if began, err = r.begun(at); err != nil {
			t.Fatal(err)
		}
		if app {
			if err := r.change(newHub(time.Now), func(tx *txn) error { return manyApps(tx, 1) }); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.store.db.Update(func(tx *bolt.Tx) error {
			if app {
				return tx.Bucket(bucketMeta).Delete(keyBegan)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return began
	}
	if began := open(testTime, false); !began.Equal(testTime.Truncate(time.Second)) {
		t.Errorf("new records were begun at %v", began)
	}
	if began := open(testTime.Add(time.Hour), true); !began.Equal(testTime.Truncate(time.Second)) {
		t.Errorf("opened again, they were begun at %v", began)
	}
	if began := open(testTime.Add(time.Hour), false); !began.IsZero() {
		t.Errorf("records of an earlier program were begun at %v", began)
	}
}
