package onebox

import (
	"net/http"
	"path"
)

// dryRun is Marathon's answer to a change that is only tried.
type dryRun struct {
	Steps []step `json:"steps"`
}

// createGroup handles POST /v2/groups and POST /v2/groups/{id}.
func (e *Engine) createGroup(w http.ResponseWriter, r *http.Request) error {
	in, id, err := e.readGroupChange(r)
	if err != nil {
		return err
	}
	force := asked(r, "force", false)
	d, err := e.alter(func(t *txn) (change, error) {
		if _, there := t.tree().Groups[id]; there {
			return change{}, &apiError{Status: http.StatusConflict, Message: "Group " + id + " is already created. Use PUT to change this group."}
		}
		if t.app(id) != nil {
			return change{}, &apiError{Status: http.StatusConflict, Message: "An app with the path " + id + " already exists."}
		}
		return e.groupChange(t, in, id, force)
	})
	if err != nil {
		return err
	}
	w.Header().Set("Location", address(r)+id)
	return answerDeployment(w, http.StatusCreated, d)
}

// putGroup handles PUT /v2/groups and PUT /v2/groups/{id}: change the group or
// make it, go back to a version, or multiply its instances.
func (e *Engine) putGroup(w http.ResponseWriter, r *http.Request) error {
	in, id, err := e.readGroupChange(r)
	if err != nil {
		return err
	}
	force := asked(r, "force", false)
	if asked(r, "dryRun", false) {
		return e.tryGroup(w, in, id)
	}
	d, err := e.alter(func(t *txn) (change, error) { return e.groupChange(t, in, id, force) })
	if err != nil {
		return err
	}
	return answerDeployment(w, http.StatusOK, d)
}

// readGroupChange returns a client's change and the group that it is for: the
// one in the address or, seen from there, the one that the body names.
func (e *Engine) readGroupChange(r *http.Request) (in groupInput, id string, err error) {
	id = cleanID(r.PathValue("path"))
	body, err := readBody(r)
	if err != nil {
		return in, "", err
	}
	in, err = readGroup(body)
	if in.ID != nil {
		id = canonicalID(*in.ID, id)
	}
	return in, id, err
}

// groupChange returns what a client's change of a group comes to.
func (e *Engine) groupChange(t *txn, in groupInput, id string, force bool) (change, error) {
	g := e.newRegroup(t)
	var err error
	switch {
	case in.Version != nil:
		err = g.goBack(t.records.store, id, *in.Version)
	case in.ScaleBy != nil:
		err = g.scale(id, *in.ScaleBy)
	default:
		err = g.update(in, id, "")
	}
	return change{apps: g.wishes, groups: g.groups, at: path.Dir(id), force: force}, err
}

func (g *regroup) goBack(s *store, id, version string) error {
	at, err := parseVersion(version)
	if err != nil {
		return err
	}
	v, err := s.rootAt(at)
	if err != nil {
		return err
	}
	whole := false
	if v != nil && v.has(id) {
		if whole, err = g.restore(id, v, s); err != nil {
			return err
		}
	}
	if !whole {
		return unprocessable("Group %s not available in version %s", id, at)
	}
	return nil
}

// tryGroup answers with the steps that a change would have, and changes nothing.
func (e *Engine) tryGroup(w http.ResponseWriter, in groupInput, id string) error {
	out := dryRun{[]step{}}
	err := e.records.try(func(t *txn) error {
		c, err := e.groupChange(t, in, id, false)
		if err != nil {
			return err
		}
		d, err := e.draft(t, c)
		if err == nil {
			out.Steps = d.Steps
		}
		return err
	})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, out)
}

// deleteGroup handles DELETE /v2/groups and DELETE /v2/groups/{id}: everything
// in the group goes, and the group itself unless it is the root.
func (e *Engine) deleteGroup(w http.ResponseWriter, r *http.Request) error {
	id, force := cleanID(r.PathValue("path")), asked(r, "force", false)
	d, err := e.alter(func(t *txn) (change, error) {
		if _, there := t.tree().Groups[id]; !there {
			return change{}, groupNotFound(id)
		}
		g := e.newRegroup(t)
		g.remove(id)
		return change{apps: g.wishes, groups: g.groups, at: path.Dir(id), force: force}, nil
	})
	if err != nil {
		return err
	}
	return answerDeployment(w, http.StatusOK, d)
}

// patchGroup handles PATCH /v2/groups/{id}, which in Marathon sets nothing but
// enforceRole. There are no roles here, so it can only be false.
func (e *Engine) patchGroup(w http.ResponseWriter, r *http.Request) error {
	id := cleanID(r.PathValue("path"))
	body, err := readBody(r)
	if err != nil {
		return err
	}
	_, err = readGroup(body)
	switch _, there := e.records.snapshot().root.Groups[id]; {
	case err != nil:
		return err
	case !there:
		return groupNotFound(id)
	case id == "/" || path.Dir(id) != "/":
		return notValid([]detail{{"/", []string{"Path needs to be top-level"}}})
	}
	w.WriteHeader(http.StatusOK)
	return nil
}
