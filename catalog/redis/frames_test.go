package redis

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var examples = []record{
	{key: "", value: []byte("empty name")},
	{key: "session:\x00\n", lasts: 90 * time.Second, value: []byte{0, 1, 2, 255}},
	{key: "empty", value: []byte{}},
}

func dump(t testing.TB, whole bool, records ...record) []byte {
	t.Helper()
	var b bytes.Buffer
	w := newWriter(&b)
	for _, r := range records {
		if err := w.write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(whole); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readAll(r io.Reader) (all []record, err error) {
	for frames := newReader(r); ; {
		one, err := frames.read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		all = append(all, one)
	}
}

func TestFrames_ReadWhatWasWritten(t *testing.T) {
	got, err := readAll(bytes.NewReader(dump(t, true, examples...)))
	if diff := cmp.Diff(examples, got, cmp.AllowUnexported(record{})); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestFrames_RefuseADumpThatIsCutOffAnywhere(t *testing.T) {
	whole := dump(t, true, examples...)
	for n := range whole {
		if _, err := readAll(bytes.NewReader(whole[:n])); err == nil {
			t.Errorf("the first %d of %d bytes count as a dump", n, len(whole))
		}
	}
	if _, err := readAll(bytes.NewReader(dump(t, false, examples...))); err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("a dump that failed gives %v", err)
	}
}

func TestFrames_RefuseWhatIsTooLong(t *testing.T) {
	if err := newWriter(io.Discard).write(record{key: strings.Repeat("k", maxKey+1)}); err == nil {
		t.Error("a name of a megabyte was written")
	}
	huge := magic + "k\x01a\x00\xff\xff\xff\xff\xff\xff\xff\xff\x7f"
	if _, err := readAll(strings.NewReader(huge)); err == nil || !strings.Contains(err.Error(), "a length of") {
		t.Errorf("a huge value gives %v", err)
	}
}

// FuzzFrames holds that nothing that is read brings the program down, and that
// what is taken for a dump is one.
func FuzzFrames(f *testing.F) {
	f.Add(dump(f, true, examples...))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, text []byte) {
		records, err := readAll(bytes.NewReader(text))
		if err != nil {
			return
		}
		again, err := readAll(bytes.NewReader(dump(t, true, records...)))
		if diff := cmp.Diff(records, again, cmp.AllowUnexported(record{})); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}
