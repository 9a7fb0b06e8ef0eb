package storage

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of what a zip may hold.
const (
	// MaxEntries is how many files and folders a zip may hold.
	MaxEntries = 10_000
	// MaxUnpacked is how large a zip's files may be together, in bytes.
	MaxUnpacked = 512 << 20
	// maxContents is how much of a zip is read to find out what it holds. A
	// table of contents that is larger is an attack on our memory.
	maxContents = 8 << 20
)

const encryptedFlag = 0x1 // general purpose bit 0, APPNOTE.TXT section 4.4.4

// packed is one file of a zip that may be unpacked.
type packed struct {
	name string // checked, with its folders
	file *zip.File
}

// readContents reads what a zip holds and refuses all of it if any entry is
// not a plain file or folder with a plain name.
func readContents(r io.ReaderAt, size int64) ([]packed, error) {
	budget := &budgetReader{ReaderAt: r, left: maxContents}
	archive, err := zip.NewReader(budget, size)
	if errors.Is(err, errBudget) || err == nil && len(archive.File) > MaxEntries {
		return nil, refuse("This zip holds more than %d files. Make it smaller and try again.", MaxEntries)
	}
	if err != nil {
		return nil, broken(err)
	}
	budget.left = -1
	var files []packed
	for _, f := range archive.File {
		p, use, err := readEntry(f)
		if err != nil {
			return nil, err
		}
		if use {
			files = append(files, p)
		}
	}
	if len(files) == 0 {
		return nil, refuse("This zip holds no files.")
	}
	return checkTogether(withoutTopFolder(files))
}

// readEntry checks one entry by itself. use is false for folders, which are
// made when a file is in them, and for rubbish.
func readEntry(f *zip.File) (p packed, use bool, err error) {
	name := norm.NFC.String(strings.ReplaceAll(entryName(f), `\`, "/")) // old programs write "css\site.css"
	isFolder := strings.HasSuffix(name, "/")
	plain := strings.TrimSuffix(name, "/")
	rubbish := isRubbish(plain) && !leadsOut(plain)
	if !rubbish {
		if err := checkName(plain); err != nil {
			return packed{}, false, err
		}
	}
	if err := checkKind(f, plain, isFolder); err != nil {
		return packed{}, false, err
	}
	return packed{plain, f}, !isFolder && !rubbish, nil
}

// leadsOut reports whether a name tries to lead out of the site. Nothing that
// does is overlooked because it looks like rubbish.
func leadsOut(name string) bool {
	return strings.HasPrefix(name, "/") || strings.ContainsAny(name, "\\\x00") || hasDrive(name) ||
		slices.Contains(strings.Split(name, "/"), "..")
}

func checkKind(f *zip.File, name string, isFolder bool) error {
	mode := f.Mode()
	switch {
	case mode.Type() != 0 && mode.Type() != fs.ModeDir, mode.IsDir() && !isFolder:
		return notPlain(name)
	case f.Flags&encryptedFlag != 0:
		return refuse("This zip is locked with a password. Make one without a password and try again.")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return refuse("The file %s is packed in a way that cannot be read here. Make an ordinary zip and try again.", show(name))
	}
	return nil
}

func notPlain(name string) error {
	return refuse("%s in this zip is a link or a device, not a file. Leave it out and try again.", show(name))
}

func broken(err error) error {
	return fmt.Errorf("read zip: %w (%w)", refuse("This zip cannot be read; it may have been damaged on its way. Make it again and try again."), err)
}

// entryName returns an entry's name. Old programs write it in the code page of
// the first PCs, and say so by not setting the flag for UTF-8; APPNOTE.TXT
// appendix D.
func entryName(f *zip.File) string {
	if !f.NonUTF8 || utf8.ValidString(f.Name) {
		return f.Name
	}
	var b strings.Builder
	for _, c := range []byte(f.Name) {
		if c < 0x80 {
			b.WriteByte(c)
		} else {
			b.WriteRune(codePage437[c-0x80])
		}
	}
	return b.String()
}

var codePage437 = []rune("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0")

// withoutTopFolder takes away the one folder around everything, if the start
// page is in it: people pack the folder rather than what is in it.
func withoutTopFolder(files []packed) []packed {
	top, _, _ := strings.Cut(files[0].name, "/")
	hasStart := false
	for _, f := range files {
		rest, inside := strings.CutPrefix(f.name, top+"/")
		if !inside {
			return files
		}
		hasStart = hasStart || rest == "index.html" || rest == "index.htm"
	}
	if !hasStart {
		return files
	}
	for i := range files {
		files[i].name = strings.TrimPrefix(files[i].name, top+"/")
	}
	return files
}

// checkTogether refuses names that cannot all exist, and more than there is
// room for by the zip's own account. That account may lie; see extract.
func checkTogether(files []packed) ([]packed, error) {
	names, folders := map[string]bool{}, map[string]bool{}
	var sum uint64
	for _, f := range files {
		if names[f.name] {
			return nil, refuse("This zip holds two files called %s. Leave one out and try again.", show(f.name))
		}
		names[f.name] = true
		for folder := path.Dir(f.name); folder != "."; folder = path.Dir(folder) {
			folders[folder] = true
		}
		if sum += min(f.file.UncompressedSize64, MaxUnpacked+1); sum > MaxUnpacked {
			return nil, tooLarge()
		}
	}
	for folder := range folders {
		if names[folder] {
			return nil, refuse("This zip holds a file and a folder that are both called %s. Leave one out and try again.", show(folder))
		}
	}
	return files, nil
}

func tooLarge() error {
	return refuse("This zip holds more than %d MB when it is unpacked. Upload it in several parts.", MaxUnpacked>>20)
}

// extract writes one file and returns how many bytes it had. It believes no
// size that the zip states: what comes out is counted.
func extract(root *os.Root, f packed, most int64, wrap func(io.Reader) io.Reader) (int64, error) {
	content, err := f.file.Open()
	if err != nil {
		return 0, broken(err)
	}
	defer content.Close()
	out, err := root.OpenFile(f.name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, fileMode)
	if err != nil {
		return 0, err
	}
	n, err := copyAtMost(out, wrap(content), most)
	if err == nil {
		err = out.Chmod(fileMode)
	}
	return n, errors.Join(err, out.Close())
}

// copyAtMost tells trouble with the zip from trouble with the disk, because
// only the first is the person's to mend.
func copyAtMost(w io.Writer, r io.Reader, most int64) (int64, error) {
	in := &recordingReader{Reader: io.LimitReader(r, most+1)}
	n, err := io.Copy(w, in)
	stopped := errors.Is(in.err, context.Canceled) || errors.Is(in.err, context.DeadlineExceeded)
	switch {
	case n > most:
		return n, tooLarge()
	case in.err != nil && !stopped:
		return n, broken(in.err)
	}
	return n, err
}

// recordingReader remembers the error that reading ended with.
type recordingReader struct {
	io.Reader
	err error
}

// Read remembers any error but io.EOF.
func (r *recordingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

var errBudget = errors.New("the table of contents is too large")

// budgetReader gives up after a number of bytes; never if left is negative.
type budgetReader struct {
	io.ReaderAt
	left int64
}

// ReadAt fails with errBudget when the budget is used up.
func (r *budgetReader) ReadAt(p []byte, at int64) (int, error) {
	if r.left < 0 {
		return r.ReaderAt.ReadAt(p, at)
	}
	if r.left -= int64(len(p)); r.left < 0 {
		r.left = 0
		return 0, errBudget
	}
	return r.ReaderAt.ReadAt(p, at)
}
