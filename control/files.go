package control

import (
	"context"
	"fmt"
	"io"

	"seedbed"
)

// Files returns the files of a site by name, and whether there are more than
// it returns. A site whose files are not uploaded here is NotFound.
func (c *Control) Files(ctx context.Context, a Actor, name string) (site Site, files []File, cut bool, err error) {
	site, volume, err := c.uploadsOf(ctx, a, name, seedbed.SeeContent)
	if err != nil {
		return site, nil, false, err
	}
	files, cut, err = c.files.Files(ctx, volume)
	if err != nil {
		return site, nil, false, fmt.Errorf("list files: %w", err)
	}
	return site, files, cut, nil
}

// DeleteFile removes one file of a site. While the site is being deleted or put
// back it is a Conflict.
func (c *Control) DeleteFile(ctx context.Context, a Actor, name, file string) error {
	site, volume, err := c.uploadsOf(ctx, a, name, seedbed.ChangeFiles)
	if err != nil {
		return err
	}
	if err := c.files.Delete(ctx, volume, file); err != nil {
		return fmt.Errorf("delete file: %w", err)
	}
	return c.did(ctx, a, site, "deleted a file of "+string(site.Site.Title))
}

// Upload is one upload of files into a site. Each file is in place when the
// call with it returns.
type Upload struct {
	Site    Site
	control *Control
	actor   Actor
	volume  seedbed.Volume
	files   int
}

// Upload begins an upload. Call End when the last file is in place, also after
// an error. While the site is being deleted or put back it is a Conflict, and so
// is each file after which that has begun: it may not stay where it was put.
func (c *Control) Upload(ctx context.Context, a Actor, name string) (*Upload, error) {
	site, volume, err := c.uploadsOf(ctx, a, name, seedbed.ChangeFiles)
	if err != nil {
		return nil, err
	}
	return &Upload{Site: site, control: c, actor: a, volume: volume}, nil
}

// Put writes one file, in place of one of the same name, all or nothing.
// Mistakes are beside the field "file".
func (u *Upload) Put(ctx context.Context, file string, r io.Reader) error {
	if err := u.control.files.Put(ctx, u.volume, file, r); err != nil {
		return err
	}
	u.files++
	return u.stays(ctx)
}

// Unpack writes what a zip of the given size holds, all or nothing. With
// replace nothing else is left.
func (u *Upload) Unpack(ctx context.Context, zip io.ReaderAt, size int64, replace bool) error {
	n, err := u.control.files.Unpack(ctx, u.volume, zip, size, replace)
	if err != nil {
		return err
	}
	u.files += n
	return u.stays(ctx)
}

// stays is a Conflict if what was put in its place may have been taken away
// since, or be on the way to it.
func (u *Upload) stays(ctx context.Context) error {
	spec, err := u.control.store.SiteSpec(ctx, u.Site.Site.ID)
	switch {
	case seedbed.IsNotFound(err), err == nil && spec.Deployment.Kind == seedbed.Remove:
		return &seedbed.Error{Code: seedbed.Conflict, Message: string(u.Site.Site.Title) + " was deleted, or is being deleted, while the files arrived. They were not kept."}
	case err != nil:
		return fmt.Errorf("look at the site again: %w", err)
	case spec.Deployment.Kind == seedbed.Restore && spec.Deployment.ID != u.Site.Deployment.ID:
		return &seedbed.Error{Code: seedbed.Conflict, Message: "A backup of " + string(u.Site.Site.Title) + " was put back while the files arrived, so they may be gone again. Upload them once more when that is done."}
	}
	return nil
}

// Files is how many files are in place so far.
func (u *Upload) Files() int { return u.files }

// End records how many files are in place, if there are any. It outlives a
// request that broke off.
func (u *Upload) End(ctx context.Context) error {
	what := fmt.Sprintf("uploaded %d files to ", u.files)
	switch u.files {
	case 0:
		return nil
	case 1:
		what = "uploaded a file to "
	}
	return u.control.did(context.WithoutCancel(ctx), u.actor, u.Site, what+string(u.Site.Site.Title))
}

// did records what is done elsewhere than in the Store.
func (c *Control) did(ctx context.Context, a Actor, site Site, what string) error {
	return c.store.AddEvent(ctx, a.author().Did(c.now(), what, site.Site.Key()))
}

// uploadsOf returns a site and the volume that people upload its files into.
func (c *Control) uploadsOf(ctx context.Context, a Actor, name string, action seedbed.Action) (Site, seedbed.Volume, error) {
	site, err := c.on(ctx, a, name, action)
	if err == nil && action == seedbed.ChangeFiles {
		err = site.CheckChangeable()
	}
	if err != nil {
		return site, seedbed.Volume{}, err
	}
	for _, v := range site.Volumes {
		if site.Template.Uploads != "" && v.Name == site.Template.Uploads {
			return site, v, nil
		}
	}
	return site, seedbed.Volume{}, seedbed.Missing("Files of this site are not uploaded here; they are added in the site itself.")
}
