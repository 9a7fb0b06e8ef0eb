package redis

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// A dump is the magic, then a frame for each key and one that ends it. A frame
// begins with its kind. That of a key has the length of its name, the name, the
// milliseconds that it lasts (0: for ever), the length of its value and the
// value, in the form of Redis's DUMP, which has a checksum. That of the end has
// the number of keys. All numbers are unsigned varints of encoding/binary.
const (
	magic    = "seedbed redis 1\n"
	keyFrame = 'k'
	endFrame = 'e'

	maxKey   = 1 << 20
	maxValue = 512 << 20 // Redis's own limit
)

// record is one key of a dump.
type record struct {
	key   string // without the prefix
	lasts time.Duration
	value []byte
}

// writer writes a dump.
type writer struct {
	w    *bufio.Writer
	keys uint64
}

func newWriter(w io.Writer) *writer {
	out := &writer{w: bufio.NewWriter(w)}
	out.w.WriteString(magic) // an error comes back from the last Flush
	return out
}

func (w *writer) write(r record) error {
	if len(r.key) > maxKey || len(r.value) > maxValue {
		return fmt.Errorf("a key has a name of %d bytes and a value of %d, which is too much", len(r.key), len(r.value))
	}
	frame := binary.AppendUvarint([]byte{keyFrame}, uint64(len(r.key)))
	frame = append(frame, r.key...)
	frame = binary.AppendUvarint(frame, uint64(r.lasts.Milliseconds()))
	frame = binary.AppendUvarint(frame, uint64(len(r.value)))
	w.keys++
	_, err := w.w.Write(append(frame, r.value...))
	return err
}

// close writes what is still to be written, and the end if the dump is whole.
func (w *writer) close(whole bool) error {
	if whole {
		w.w.Write(binary.AppendUvarint([]byte{endFrame}, w.keys))
	}
	return w.w.Flush()
}

// reader reads a dump.
type reader struct {
	r     *bufio.Reader
	begun bool
	keys  uint64
}

func newReader(r io.Reader) *reader { return &reader{r: bufio.NewReader(r)} }

// read returns the next key, or io.EOF after the last one of a whole dump. A
// dump that is cut off, or is none, is another error.
func (r *reader) read() (record, error) {
	one, err := r.next()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("the dump is cut off")
	}
	return one, err
}

func (r *reader) next() (record, error) {
	if err := r.begin(); err != nil {
		return record{}, err
	}
	kind, err := r.r.ReadByte()
	if err != nil {
		return record{}, unexpected(err)
	}
	switch kind {
	case keyFrame:
		r.keys++
		return r.key()
	case endFrame:
		return record{}, r.end()
	default:
		return record{}, errors.New("the dump is damaged")
	}
}

func (r *reader) begin() error {
	if r.begun {
		return nil
	}
	r.begun = true
	text := make([]byte, len(magic))
	if _, err := io.ReadFull(r.r, text); err != nil && !isEnd(err) {
		return err
	}
	if string(text) != magic {
		return errors.New("this is not a dump of Redis keys")
	}
	return nil
}

func (r *reader) key() (one record, err error) {
	name, err := r.text(maxKey)
	if err != nil {
		return one, err
	}
	lasts, err := binary.ReadUvarint(r.r)
	if err != nil {
		return one, unexpected(err)
	}
	const longest = uint64(1<<63-1) / uint64(time.Millisecond)
	if lasts > longest {
		return one, errors.New("the dump is damaged: a key lasts too long")
	}
	value, err := r.text(maxValue)
	return record{key: string(name), lasts: time.Duration(lasts) * time.Millisecond, value: value}, err
}

// text reads a length and as many bytes. A made-up length takes no more memory
// than there are bytes.
func (r *reader) text(most uint64) ([]byte, error) {
	n, err := binary.ReadUvarint(r.r)
	if err != nil {
		return nil, unexpected(err)
	}
	if n > most {
		return nil, fmt.Errorf("the dump is damaged: a length of %d bytes", n)
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, r.r, int64(n)); err != nil {
		return nil, unexpected(err)
	}
	return b.Bytes(), nil
}

func (r *reader) end() error {
	n, err := binary.ReadUvarint(r.r)
	if err != nil {
		return unexpected(err)
	}
	if n != r.keys {
		return fmt.Errorf("the dump is damaged: it has %d keys and should have %d", r.keys, n)
	}
	return io.EOF
}

func isEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// unexpected is err, if it is not that the dump ends where it must not.
func unexpected(err error) error {
	if isEnd(err) {
		return io.ErrUnexpectedEOF
	}
	return err
}
