package onebox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
)

var testKey = [KeySize]byte{1, 2, 3}

// reopened closes records and opens them again, as the next process does.
func reopened(t *testing.T, r *records) *records {
	t.Helper()
	path := r.store.db.Path()
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	next, err := openRecords(path, testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = next.close() })
	return next
}

func testRecords(t *testing.T) *records {
	t.Helper()
	r, err := openRecords(filepath.Join(t.TempDir(), "below", "onebox.db"), testKey)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.close() })
	return r
}

func TestRecords_KeepWhatWasChanged(t *testing.T) {
	r, h := testRecords(t), newHub(time.Now)
	a := testApp(1, 1, 1)
	i := newInstance("u", a, testTime).provision(a, []int{31000}, testTime)
	d := &deployment{ID: "d", Version: "v", Steps: []step{{[]action{{scaleApplication, a.ID}}}}, Before: map[string]*app{a.ID: nil}}
	err := r.change(h, func(t *txn) error {
		t.putApp(&appRecord{App: a, Backoff: backoff{Config: "c", Delay: time.Second, Reference: testTime}, Failure: &taskFailure{Message: "m"}})
		t.putInstance(i)
		t.putDeployment(d)
		t.root = &root{"2026-01-02T00:00:00.000Z", map[string]group{"/": {}, "/sites": {[]string{"/services"}}}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	before := r.snapshot()
	after := reopened(t, r).snapshot()
	if diff := cmp.Diff(before, after, cmp.AllowUnexported(snapshot{})); diff != "" {
		t.Error(diff)
	}
	if after.highestPort() != 31000 || !after.deployments[0].affects(a.ID) {
		t.Errorf("%+v", after)
	}
}

func TestRecords_AFailedChangeHasNotHappened(t *testing.T) {
	r, h := testRecords(t), newHub(time.Now)
	l := h.listen("x", nil)
	<-l.queue
	failure := errors.New("no")
	err := r.change(h, func(t *txn) error {
		t.putApp(&appRecord{App: testApp(1, 1, 1)})
		t.emit(event{Type: "deployment_info"})
		if t.app("/sites/guide") == nil {
			return errors.New("a change does not see itself")
		}
		return failure
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	if len(r.snapshot().apps) != 0 || len(l.queue) != 0 {
		t.Error("something of it is seen")
	}
}

// What is only noted costs no write, is seen at once, and is lost at the end.
func TestRecords_NotesAreNotWritten(t *testing.T) {
	r, h := testRecords(t), newHub(time.Now)
	a := testApp(1, 1, 1)
	i := newInstance("u", a, testTime)
	if err := r.change(h, func(t *txn) error { t.putInstance(i); return nil }); err != nil {
		t.Fatal(err)
	}
	noted := i.kill("noted", false)
	if err := r.change(h, func(t *txn) error { t.noteInstance(noted); return nil }); err != nil {
		t.Fatal(err)
	}
	if got := r.snapshot().byApp[a.ID][0]; got.Condition != killing {
		t.Error("the note is not seen")
	}
	if got := reopened(t, r).snapshot().byApp[a.ID][0]; got.Condition != scheduled {
		t.Error("the note was written")
	}
}

func TestRecords_ForgetInstances(t *testing.T) {
	r, h := testRecords(t), newHub(time.Now)
	i := newInstance("u", testApp(1, 1, 1), testTime)
	for _, f := range []func(*txn){func(t *txn) { t.putInstance(i) }, func(t *txn) { t.deleteInstance(i.ID) }} {
		if err := r.change(h, func(t *txn) error { f(t); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if ids := reopened(t, r).snapshot().appIDs(); len(ids) != 0 {
		t.Errorf("%v", ids)
	}
}

func TestStore_KeepsTheNewestVersions(t *testing.T) {
	r, h := testRecords(t), newHub(time.Now)
	a, other := testApp(1, 1, 1), testApp(1, 1, 1)
	other.ID = "/sites/guide-2" // begins with the same text
	for n := range maxVersions + 5 {
		next, neighbour := *a, *other
		next.Version = fmt.Sprintf("2026-01-01T00:00:00.%03dZ", n)
		neighbour.Version = next.Version
		err := r.change(h, func(t *txn) error { t.versions = append(t.versions, &next, &neighbour); return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := r.store.versions(a.ID)
	if err != nil || len(list) != maxVersions || list[0] != "2026-01-01T00:00:00.054Z" {
		t.Errorf("%d versions, %v", len(list), err)
	}
	if left, _ := r.store.versions(other.ID); len(left) != maxVersions {
		t.Errorf("%d versions of its neighbour are left", len(left))
	}
}

// Records that cannot be read are an error, never taken for none: an engine
// that knew of nothing would remove every container.
func TestStore_RefusesWhatItCannotRead(t *testing.T) {
	r := testRecords(t)
	path := r.store.db.Path()
	spoil := func(bucket []byte, key, value string) {
		if err := r.store.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(bucket).Put([]byte(key), []byte(value)) }); err != nil {
			t.Fatal(err)
		}
	}
	spoil(bucketInstances, "x", string(r.store.seal.close(bucketInstances, []byte("x"), []byte("{"))))
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openRecords(path, testKey); err == nil {
		t.Error("a broken record is taken")
	}

	r = testRecords(t)
	path = r.store.db.Path()
	spoil(bucketMeta, "format", string(r.store.seal.close(bucketMeta, []byte("format"), []byte("99"))))
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := openRecords(path, testKey); err == nil {
		t.Error("records of another form are taken")
	}

	garbage := filepath.Join(t.TempDir(), "onebox.db")
	if err := os.WriteFile(garbage, []byte("not a database at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openRecords(garbage, testKey); err == nil {
		t.Error("garbage is taken")
	}
}

// A file that lost its end with the machine's power, or has another file's bytes
// in its middle, is told of in a sentence.
func TestRecords_SayThatTheyAreDamaged(t *testing.T) {
	r := testRecords(t)
	if err := r.change(newHub(time.Now), func(tx *txn) error { return manyApps(tx, 200) }); err != nil {
		t.Fatal(err)
	}
	path := r.store.db.Path()
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(whole)
	for n := 3 * os.Getpagesize(); n < len(damaged); n++ {
		damaged[n] = 0xff
	}
	for name, text := range map[string][]byte{"cut.db": whole[:20000], "overwritten.db": damaged} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openRecords(path, testKey); err == nil || !strings.Contains(err.Error(), "put the folder back from a backup") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPorts_GoRoundAndSkipWhatIsTaken(t *testing.T) {
	a := testApp(1, 1, 1)
	a.Container = &appContainer{PortMappings: []portMapping{{HostPort: new(int), Protocol: "tcp"}}}
	// An address and ports that nothing else on a machine is likely to use.
	p := newPorts("127.77.77.77", 27000, 27002, 0)
	var got []int
	for range 3 {
		ports, found := p.take(map[int]bool{27001: true}, a)
		if !found {
			t.Fatal("no port is found")
		}
		got = append(got, ports...)
	}
	if diff := cmp.Diff([]int{27000, 27002, 27000}, got); diff != "" {
		t.Error(diff)
	}
	if p := newPorts("127.77.77.77", 27000, 27002, 27002); p.next != 27000 {
		t.Errorf("after the last comes %d", p.next)
	}
}
