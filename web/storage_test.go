package web_test

import (
	"errors"
	"net/http"
	"testing"

	"seedbed"
)

func TestShowStorage_TellsHowMuchRoomThereIs(t *testing.T) {
	w := newWorld(t)
	w.storage.Is = seedbed.Storage{Path: "/srv/volumes", Total: 200e9, Free: 150e9, Replicas: 1}
	w.storage.Has = seedbed.VolumeUsage{Used: 41_000_000, Limit: 1e9}
	b := w.amina()
	b.aSite("static-site", "Guide")
	b.get("/operations/storage").wants(http.StatusOK).has("150 GB of 200 GB are free.").has("Guide").has("41 MB").has("/srv/volumes")
}

func TestShowStorage_TellsWhatBackupsTakeThoseOfDeletedSitesAsWell(t *testing.T) {
	w := newWorld(t)
	b := w.amina()
	b.aSite("static-site", "Guide")
	b.get("/operations/storage").has("There are none.")
	w.backups["s1-guide"] = []seedbed.Backup{{ID: "b1", Size: 41_000_000}, {ID: "b2", Size: 1_000_000}}
	b.get("/operations/storage").has("Two backups take 42 MB in all.").lacks("deleted")
	w.backups["s7-gone"] = []seedbed.Backup{{ID: "b1", Size: 8_000_000}}
	b.get("/operations/storage").has("Three backups take 50 MB in all. Of this, 8 MB are of sites that were deleted.")
	w.storage.Err = &seedbed.Error{Code: seedbed.Unavailable, Message: "The folder is not mounted."}
	b.get("/operations/storage").has("Three backups take 50 MB in all.", "The folder is not mounted.")
}

func TestShowStorage_TellsBricksThatAreAway(t *testing.T) {
	w := newWorld(t)
	w.storage.Is = seedbed.Storage{Gluster: "sites", Path: "/srv", Total: 200e9, Free: 150e9, Replicas: 3, Bricks: []seedbed.Brick{
		{Host: "m1", Path: "/b", Online: true}, {Host: "m2", Path: "/b"}, {Host: "m3", Path: "/b", Online: true},
	}}
	b := w.amina()
	b.get("/operations/storage").wants(http.StatusOK).has("One of three bricks does not answer. Sites go on")
	w.storage.Is.Bricks[1].Online = true
	b.get("/operations/storage").wants(http.StatusOK).has("All three bricks are well.")
}

func TestShowStorage_SaysSoWhenItIsAway(t *testing.T) {
	w := newWorld(t)
	w.storage.Err = &seedbed.Error{Code: seedbed.Unavailable, Message: "The folder is not mounted.", Err: errors.New("no such device")}
	w.amina().get("/operations/storage").wants(http.StatusOK).has("The folder is not mounted.").has("no such device")
}
