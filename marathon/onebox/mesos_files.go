package onebox

import (
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"unicode/utf8"

	"seedbed/marathon/onebox/sandbox"
)

// browsed is a file as the agent lists it.
type browsed struct {
	Path  string  `json:"path"`
	Size  int64   `json:"size"`
	Mtime float64 `json:"mtime"`
	Mode  string  `json:"mode"`
	Nlink int     `json:"nlink"`
	UID   string  `json:"uid"`
	GID   string  `json:"gid"`
}

// readFile handles GET /files/read. Without an offset it tells the file's size
// in its place.
func (e *Engine) readFile(w http.ResponseWriter, r *http.Request) error {
	offset, ok1 := wholeNumber(r, "offset")
	length, ok2 := wholeNumber(r, "length")
	if !ok1 || !ok2 {
		return plainError(w, http.StatusBadRequest, "Failed to parse offset or length.")
	}
	if r.URL.Query().Get("path") == "" {
		return plainError(w, http.StatusBadRequest, "Expecting 'path=value' in query.")
	}
	data, size, err := e.logs.store.Read(r.URL.Query().Get("path"), offset, length)
	if err != nil {
		return plainError(w, http.StatusNotFound, "Failed to read the file: no such file.")
	}
	if offset < 0 || offset > size {
		offset = size
	}
	return answer(w, http.StatusOK, map[string]any{"data": string(wholeCharacters(data)), "offset": offset})
}

// wholeCharacters leaves the beginning of a character at the end out: who reads
// on from there gets it whole.
func wholeCharacters(data []byte) []byte {
	for back := 1; back < utf8.UTFMax && back < len(data); back++ {
		if last := data[len(data)-back:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				return data[:len(data)-back]
			}
			break
		}
	}
	return data
}

// wholeNumber reads a number of the query; -1 if it is not there.
func wholeNumber(r *http.Request, name string) (int64, bool) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return -1, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil && n >= -1
}

// browseFiles handles GET /files/browse.
func (e *Engine) browseFiles(w http.ResponseWriter, r *http.Request) error {
	list, err := e.logs.store.Browse(r.URL.Query().Get("path"))
	if err != nil {
		return plainError(w, http.StatusNotFound, "No such folder.")
	}
	out := []browsed{}
	for _, f := range list {
		out = append(out, browsed{
			Path: f.Path, Size: f.Size, Mtime: unixSeconds(f.Modified), Mode: f.Mode.String(), Nlink: 1, UID: "root", GID: "root",
		})
	}
	return answer(w, http.StatusOK, out)
}

// downloadFile handles GET /files/download.
func (e *Engine) downloadFile(w http.ResponseWriter, r *http.Request) error {
	f, about, err := e.logs.store.Open(r.URL.Query().Get("path"))
	if err != nil {
		return plainError(w, http.StatusNotFound, "No such file.")
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment; filename="+sandboxName(about))
	h.Set("Content-Length", strconv.FormatInt(about.Size, 10))
	if _, err := io.Copy(w, io.LimitReader(f, about.Size)); err != nil {
		e.log.Debug("download broke off", "err", err)
	}
	return nil
}

// sandboxName is the last part of a path in a sandbox, which has no characters
// that a header could not have.
func sandboxName(f sandbox.File) string { return filepath.Base(f.Path) }

// plainError answers as Mesos does, with a line of text.
func plainError(w http.ResponseWriter, status int, words string) error {
	http.Error(w, words, status)
	return nil
}
