package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"

	"seedbed"
	"seedbed/control"
	"seedbed/spool"
	"seedbed/templates"
)

// uploadFiles handles POST /sites/{name}/files: single files, or zips of many.
// The body is read as it arrives and never held in memory.
func (p *portal) uploadFiles(w http.ResponseWriter, r *http.Request) error {
	files, err := p.Control.Upload(r.Context(), actor(r), siteName(r))
	if err != nil {
		return err
	}
	if err := errors.Join(p.receive(w, r, files), files.End(r.Context())); err != nil {
		var form templates.Form
		if err := form.Fail(uploadTrouble(err)); err != nil {
			return err
		}
		return p.showFilesWith(w, r, form)
	}
	return seeOther(w, r, siteURL(r)+"/files?did=upload")
}

// receive takes an upload, unless too many are under way.
func (p *portal) receive(w http.ResponseWriter, r *http.Request, files *control.Upload) error {
	select {
	case p.uploads <- struct{}{}:
		defer func() { <-p.uploads }()
	default:
		return &seedbed.Error{Code: seedbed.TooMany, Message: "Several uploads are under way already. Try again when one of them is done.", Err: waiting(60)}
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return unreadable(err)
	}
	upload := upload{files: files, scratch: p.Scratch}
	defer upload.forget()
	err = upload.take(r.Context(), parts)
	// Browsers show no answer before they have sent everything.
	_, _ = io.Copy(io.Discard, r.Body)
	return err
}

// upload is one form with files on its way into a volume.
type upload struct {
	files   *control.Upload
	scratch string
	replace bool
	taken   int
	zip     *os.File // that is to replace everything, once all of the form is here
	size    int64
}

// take reads the parts in their order; the form sends its tick before its
// files.
func (u *upload) take(ctx context.Context, parts *multipart.Reader) error {
	for {
		part, err := parts.NextPart()
		switch {
		case errors.Is(err, io.EOF) && u.taken == 0:
			return seedbed.Mistake("file", "Choose at least one file to upload.")
		case errors.Is(err, io.EOF):
			return u.replaceAll(ctx)
		case err != nil:
			return unreadable(err)
		}
		if err := u.takePart(ctx, part); err != nil {
			return err
		}
	}
}

func (u *upload) takePart(ctx context.Context, part *multipart.Part) error {
	name := part.FileName()
	switch {
	case part.FormName() == "replace" && u.taken > 0:
		return unreadable(errors.New("the tick came after the files"))
	case part.FormName() == "replace":
		u.replace = true
		return nil
	case part.FormName() != "file" || name == "":
		return nil
	}
	u.taken++
	isZip := strings.HasSuffix(strings.ToLower(name), ".zip")
	if err := u.checkAlone(isZip); err != nil {
		return err
	}
	if !isZip {
		return u.after(u.files.Put(ctx, name, part))
	}
	return u.unpack(ctx, part)
}

// checkAlone refuses whatever comes with a zip that is to replace everything:
// one of them would remove the files of the other. Nothing is touched before
// the whole form is here.
func (u *upload) checkAlone(isZip bool) error {
	if !u.replace || isZip && u.taken == 1 {
		return nil
	}
	return seedbed.Mistake("file", "“Remove all other files” goes with one zip alone. Nothing was changed.")
}

// replaceAll unpacks the one zip that replaces everything, if that is wanted.
func (u *upload) replaceAll(ctx context.Context) error {
	if u.zip == nil {
		return nil
	}
	return u.files.Unpack(ctx, u.zip, u.size, true)
}

// forget lets go of the zip that was kept.
func (u *upload) forget() {
	if u.zip != nil {
		_ = u.zip.Close() // it has no name, and is gone
	}
}

// unpack writes what a zip holds, or keeps the zip if it is to replace
// everything.
func (u *upload) unpack(ctx context.Context, zip io.Reader) error {
	file, size, err := spool.Keep(u.scratch, zip)
	var broken *spool.Broken
	if errors.As(err, &broken) {
		return unreadable(err)
	}
	if err != nil {
		return err
	}
	if u.replace {
		u.zip, u.size = file, size
		return nil
	}
	defer file.Close()
	return u.after(u.files.Unpack(ctx, file, size, false))
}

// after tells how many files are in place already when a later one is refused.
func (u *upload) after(err error) error {
	var e *seedbed.Error
	if u.taken < 2 || !errors.As(err, &e) {
		return err
	}
	told := *e
	told.Message = fmt.Sprintf("%s The %d before it are in place.", e.Message, u.taken-1)
	if u.taken == 2 {
		told.Message = e.Message + " The one before it is in place."
	}
	told.Err = err
	return &told
}

// uploadTrouble puts a body that is too large beside the field it came from.
func uploadTrouble(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &seedbed.Error{Code: seedbed.Invalid, Field: "file", Message: "This is more than 512 MB. Upload it in several parts.", Err: err}
	}
	return err
}

// unreadable is trouble with a form that did not come from one of our pages,
// or did not arrive whole.
func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return &seedbed.Error{Code: seedbed.Invalid, Message: "The form did not arrive whole. Go back and send it once more.", Err: err}
}
