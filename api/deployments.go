package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"seedbed"
	"seedbed/control"
)

// maxWait is how long an answer can be waited for.
const maxWait = time.Minute

// readID reads the number in an address. What is none is like one that there is
// not.
func readID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	if err != nil {
		return 0, seedbed.Missing("There is nothing at this address.")
	}
	return id, nil
}

// accepted answers that a deployment has begun, and where to follow it.
func (a *api) accepted(w http.ResponseWriter, r *http.Request, id int64) error {
	deployment, err := a.Control.Deployment(r.Context(), actor(r), id)
	if err != nil {
		return err
	}
	w.Header().Set("Location", fmt.Sprintf("%s/deployments/%d", Prefix, id))
	return a.answer(w, r, http.StatusAccepted, deploymentShape(deployment))
}

// listDeployments handles GET /deployments, newest first.
func (a *api) listDeployments(w http.ResponseWriter, r *http.Request) error {
	p, err := readPart(r)
	if err != nil {
		return err
	}
	deployments, err := a.Control.Deployments(r.Context(), actor(r), p.after, p.limit+1)
	if err != nil {
		return err
	}
	return list(a, w, r, p, deployments, func(d control.Deployment) int64 { return d.ID }, deploymentShape)
}

// showDeployment handles GET /deployments/{id}. With ?wait=30s it answers when
// the deployment has ended, or after that time.
func (a *api) showDeployment(w http.ResponseWriter, r *http.Request) error {
	id, err := readID(r)
	if err != nil {
		return err
	}
	wait, err := readWait(r)
	if err != nil {
		return err
	}
	deployment, err := a.awaited(r, id, wait)
	if err != nil {
		return err
	}
	return a.answer(w, r, http.StatusOK, deploymentShape(deployment))
}

func readWait(r *http.Request) (time.Duration, error) {
	text := r.URL.Query().Get("wait")
	if text == "" {
		return 0, nil
	}
	wait, err := time.ParseDuration(text)
	if err != nil || wait < 0 || wait > maxWait {
		return 0, mistaken("wait", "“wait” is a time of at most a minute, such as 30s.")
	}
	return wait, nil
}

// lookEvery is how often a deployment is looked at without being told of a
// change.
const lookEvery = 2 * time.Second

// awaited returns a deployment when it has ended, or when the time is up.
func (a *api) awaited(r *http.Request, id int64, wait time.Duration) (control.Deployment, error) {
	end := time.NewTimer(wait)
	defer end.Stop()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		changed := a.Control.Changes() // before looking, so that nothing is missed
		deployment, err := a.Control.Deployment(r.Context(), actor(r), id)
		if err != nil || wait == 0 || deployment.State != seedbed.Working {
			return deployment, err
		}
		select {
		case <-changed:
		case <-ticker.C:
		case <-end.C:
			return a.Control.Deployment(r.Context(), actor(r), id)
		case <-r.Context().Done():
			return deployment, r.Context().Err()
		}
	}
}
