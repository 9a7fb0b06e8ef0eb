package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"seedbed"
)

// Storage tells how the place of all volumes is.
type Storage interface {
	// State is an error if the place is away. What else cannot be found out is
	// said in its Trouble.
	State(ctx context.Context) (seedbed.Storage, error)
	// Usages returns how much the volumes hold; those that are not there are
	// left out.
	Usages(ctx context.Context, volumes []seedbed.Volume) (map[seedbed.Volume]seedbed.VolumeUsage, error)
}

// StorageView is the place of all volumes with what they hold.
type StorageView struct {
	seedbed.Storage
	Sizes   []VolumeSize // the largest first
	Backups BackupRoom
}

// BackupRoom is how much all backups take.
type BackupRoom struct {
	Known   bool // false if it could not be found out
	Backups int
	Size    int64 // bytes
	// OfDeleted are those of them whose site was deleted, and OfDeletedSize is
	// what these take.
	OfDeleted     int
	OfDeletedSize int64
}

// VolumeSize is how much one volume holds.
type VolumeSize struct {
	seedbed.VolumeUsage
	Site  seedbed.Site // whose volume it is; zero if it is a service's
	Title string       // of the site or service
	Name  string       // of the volume
}

// StorageView tells operators how the place of all volumes is. It asks now, and
// may take some seconds. A place that is away is told in Trouble.
func (c *Control) StorageView(ctx context.Context, a Actor) (StorageView, error) {
	if err := c.permit(ctx, a, seedbed.SeeStorage); err != nil {
		return StorageView{}, err
	}
	state, err := c.storage.State(ctx)
	view := StorageView{Storage: state}
	if err == nil {
		view.Sizes, err = c.volumeSizes(ctx)
	}
	var unread error
	if view.Backups, unread = c.backupRoom(ctx); err == nil {
		err = unread
	}
	if seedbed.CodeOf(err) == seedbed.Unavailable {
		view.Trouble, view.Words, err = seedbed.MessageOf(err), err.Error(), nil
	}
	if err != nil {
		return view, fmt.Errorf("look at the storage: %w", err)
	}
	return view, nil
}

// backupRoom reads what every backup says of itself.
func (c *Control) backupRoom(ctx context.Context) (room BackupRoom, err error) {
	specs, err := c.store.SiteSpecs(ctx)
	if err != nil {
		return room, fmt.Errorf("list sites: %w", err)
	}
	keys, err := c.backups.Sites(ctx)
	if err != nil {
		return room, fmt.Errorf("list the sites with backups: %w", err)
	}
	for _, key := range keys {
		list, err := c.backups.List(ctx, key)
		if err != nil {
			return room, fmt.Errorf("list the backups of %s: %w", key, err)
		}
		room.add(list, !slices.ContainsFunc(specs, func(s seedbed.SiteSpec) bool { return s.Site.Key() == key }))
	}
	room.Known = true
	return room, nil
}

func (r *BackupRoom) add(list []seedbed.Backup, deleted bool) {
	for _, b := range list {
		r.Backups++
		r.Size += b.Size
		if deleted {
			r.OfDeleted++
			r.OfDeletedSize += b.Size
		}
	}
}

func (c *Control) volumeSizes(ctx context.Context) ([]VolumeSize, error) {
	owners, err := c.volumeOwners(ctx)
	if err != nil {
		return nil, err
	}
	volumes := make([]seedbed.Volume, 0, len(owners))
	for v := range owners {
		volumes = append(volumes, v)
	}
	usages, err := c.storage.Usages(ctx, volumes)
	if err != nil {
		return nil, err
	}
	sizes := make([]VolumeSize, 0, len(usages))
	for v, usage := range usages {
		size := owners[v]
		size.VolumeUsage, size.Name = usage, v.Name
		sizes = append(sizes, size)
	}
	slices.SortFunc(sizes, func(a, b VolumeSize) int {
		return cmp.Or(cmp.Compare(b.Used, a.Used), cmp.Compare(a.Title, b.Title), cmp.Compare(a.Name, b.Name))
	})
	return sizes, nil
}

// volumeOwners returns all volumes with the site or service that each is of.
func (c *Control) volumeOwners(ctx context.Context) (map[seedbed.Volume]VolumeSize, error) {
	specs, err := c.store.SiteSpecs(ctx)
	if err != nil {
		return nil, fmt.Errorf("list sites: %w", err)
	}
	services, err := c.store.Services(ctx)
	if err != nil {
		return nil, fmt.Errorf("list services: %w", err)
	}
	owners := map[seedbed.Volume]VolumeSize{}
	for _, spec := range specs {
		for _, v := range spec.Volumes {
			owners[v] = VolumeSize{Site: spec.Site, Title: string(spec.Site.Title)}
		}
	}
	for _, service := range services {
		t, _ := c.catalog.Template(service.Kind) // one that is no more has no volumes that we know
		for _, v := range service.Volumes(t) {
			owners[v] = VolumeSize{Title: seedbed.ServiceTitle(service.Kind)}
		}
	}
	return owners, nil
}
