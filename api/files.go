package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"seedbed/api/wire"
	"seedbed/control"
	"seedbed/spool"
)

const (
	zipType    = "application/zip"
	maxUploads = 4 // under way at once
)

func isUpload(r *http.Request) bool {
	return (r.Method == http.MethodPut || r.Method == http.MethodPost) &&
		strings.HasPrefix(r.URL.Path, Prefix+"/sites/") && strings.HasSuffix(r.URL.Path, "/files")
}

// listFiles handles GET /sites/{name}/files, by name.
func (a *api) listFiles(w http.ResponseWriter, r *http.Request) error {
	_, files, cut, err := a.Control.Files(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	page := wire.Files{Page: all(files, fileShape), Cut: cut}
	return a.answer(w, r, http.StatusOK, page)
}

func fileShape(f control.File) wire.File {
	return wire.File{Name: f.Name, Size: f.Size, Modified: f.Modified.UTC()}
}

// uploadFile handles PUT /sites/{name}/files?file=css/site.css: the body is the
// file.
func (a *api) uploadFile(w http.ResponseWriter, r *http.Request) error {
	name, err := fileAsked(r)
	if err != nil {
		return err
	}
	return a.receive(w, r, func(ctx context.Context, upload *control.Upload) error {
		return upload.Put(ctx, name, &arriving{r.Body})
	})
}

func fileAsked(r *http.Request) (string, error) {
	name := r.URL.Query().Get("file")
	if name == "" {
		return "", mistaken("file", "Say in “file” which one, with its folders: ?file=css/site.css")
	}
	return name, nil
}

// uploadZip handles POST /sites/{name}/files: the body is a zip of files. With
// ?replace=true nothing else is left.
func (a *api) uploadZip(w http.ResponseWriter, r *http.Request) error {
	replace, err := readSwitch(r, "replace")
	if err != nil {
		return err
	}
	if err := checkType(w, r, zipType); err != nil {
		return err
	}
	return a.receive(w, r, func(ctx context.Context, upload *control.Upload) error {
		file, size, err := spool.Keep(a.Scratch, &arriving{r.Body})
		if err != nil {
			return err
		}
		defer file.Close()
		return upload.Unpack(ctx, file, size, replace)
	})
}

// receive takes an upload of who may make one, unless too many are under way,
// and answers how many files are in place.
func (a *api) receive(w http.ResponseWriter, r *http.Request, take func(context.Context, *control.Upload) error) error {
	upload, err := a.Control.Upload(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	select {
	case a.uploads <- struct{}{}:
		defer func() { <-a.uploads }()
	default:
		return busy("Several uploads are under way already. Try again when one of them is done.", time.Minute)
	}
	if err := errors.Join(take(r.Context(), upload), upload.End(r.Context())); err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, wire.Uploaded{Files: upload.Files()})
}

// busy refuses what can be had a little later.
func busy(sentence string, wait time.Duration) error {
	return &refusal{status: http.StatusTooManyRequests, code: "too_many", sentence: sentence, wait: wait}
}

// arriving is a body whose errors are told as what they are: it did not arrive
// whole.
type arriving struct{ io.Reader }

// Read reads.
func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = unread(err)
	}
	return n, err
}

// deleteFile handles DELETE /sites/{name}/files?file=css/site.css.
func (a *api) deleteFile(w http.ResponseWriter, r *http.Request) error {
	name, err := fileAsked(r)
	if err != nil {
		return err
	}
	return noContent(w, a.Control.DeleteFile(r.Context(), actor(r), siteName(r), name))
}
