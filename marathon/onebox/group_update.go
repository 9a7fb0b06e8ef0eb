package onebox

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
)

// groupInput is a change of a group as clients send it. What is absent, or
// null, stays as it is; a list that is there replaces the old one whole.
type groupInput struct {
	ID           *string            `json:"id"`
	Apps         *[]json.RawMessage `json:"apps"`
	Groups       *[]groupInput      `json:"groups"`
	Dependencies *[]string          `json:"dependencies"`
	EnforceRole  *bool              `json:"enforceRole"`
	ScaleBy      *float64           `json:"scaleBy" must:"min=0"`
	Version      *string            `json:"version"`
}

// readGroup decodes a client's change of a group and checks what can be checked
// without knowing what there is.
func readGroup(body []byte) (groupInput, error) {
	var in groupInput
	if err := decodeJSON(body, &in); err != nil {
		return in, err
	}
	shape, m := mistakes{}, mistakes{}
	in.check(shape, m, "")
	if len(shape) > 0 {
		return in, badShape(shape.details())
	}
	return in, m.err()
}

// check adds what is wrong with a change, and with those in it: to shape what
// does not fit the schema, to m what is against the rules.
func (in groupInput) check(shape, m mistakes, at string) {
	alone := in.count() == 1
	if in.Version != nil && !alone {
		m.add(at+"/version", "not allowed in conjunction with other properties.")
	}
	if in.ScaleBy != nil && !alone {
		m.add(at+"/scaleBy", "not allowed in conjunction with other properties.")
	}
	if in.EnforceRole != nil && *in.EnforceRole {
		m.add(at+"/enforceRole", "must be false: this engine has no roles")
	}
	if in.Groups == nil {
		return
	}
	for i, inner := range *in.Groups {
		if inner.ID == nil {
			shape.add(fmt.Sprintf("%s/groups(%d)/id", at, i), "error.path.missing")
		}
		inner.check(shape, m, fmt.Sprintf("%s/groups(%d)", at, i))
	}
}

// count returns how many fields are there.
func (in groupInput) count() int {
	n := 0
	for _, there := range []bool{in.ID != nil, in.Apps != nil, in.Groups != nil, in.Dependencies != nil, in.EnforceRole != nil, in.ScaleBy != nil, in.Version != nil} {
		if there {
			n++
		}
	}
	return n
}

// regroup is what a change of groups comes to.
type regroup struct {
	apps   map[string]*app  // all that there are; not changed
	wishes map[string]wish  // what shall become of apps
	groups map[string]group // all that there shall be
	accept func(*app) error
}

func (e *Engine) newRegroup(t *txn) *regroup {
	return &regroup{apps: (&draft{}).target(t), wishes: map[string]wish{}, groups: maps.Clone(t.tree().Groups), accept: e.accept}
}

// update carries out a change of the group id. at is the place in the client's
// text. As in Marathon, groups and apps that the lists do not name go away.
func (g *regroup) update(in groupInput, id, at string) error {
	if errs := idMistakes(id); id != "/" && len(errs) > 0 {
		return notValid([]detail{{at + "/id", errs}})
	}
	addGroup(g.groups, id)
	if in.Dependencies != nil {
		g.groups[id] = group{canonicalIDs(*in.Dependencies, id)}
	}
	if err := g.replaceApps(in, id, at); err != nil {
		return err
	}
	return g.replaceGroups(in, id, at)
}

func (g *regroup) replaceApps(in groupInput, id, at string) error {
	if in.Apps == nil {
		return nil
	}
	for other := range g.apps {
		if path.Dir(other) == id {
			g.wishes[other] = wish{}
		}
	}
	for i, body := range *in.Apps {
		a, err := decodeAppIn(id, body)
		if err == nil {
			err = g.accept(a)
		}
		if err != nil {
			return below(err, fmt.Sprintf("%s/apps(%d)", at, i))
		}
		g.wishes[a.ID] = wish{to: a}
	}
	return nil
}

func (g *regroup) replaceGroups(in groupInput, id, at string) error {
	if in.Groups == nil {
		return nil
	}
	named := map[string]bool{}
	for i, inner := range *in.Groups {
		child := canonicalID(*inner.ID, id)
		at := fmt.Sprintf("%s/groups(%d)", at, i)
		if path.Dir(child) != id || child == id {
			return notValid([]detail{{at + "/id", []string{notChild(id)}}})
		}
		named[child] = true
		if err := g.update(inner, child, at); err != nil {
			return err
		}
	}
	for other := range g.groups {
		if path.Dir(other) == id && other != id && !named[other] {
			g.remove(other)
		}
	}
	return nil
}

// remove removes a group and everything in it.
func (g *regroup) remove(id string) {
	for other := range g.apps {
		if inGroup(other, id) {
			g.wishes[other] = wish{}
		}
	}
	removeGroup(g.groups, id)
}

// scale multiplies the instances of all apps in a group, which must be there.
func (g *regroup) scale(id string, by float64) error {
	if _, there := g.groups[id]; !there {
		return groupNotFound(id)
	}
	for other, a := range g.apps {
		if !inGroup(other, id) {
			continue
		}
		n := math.Min(math.Ceil(float64(a.Instances)*by), math.MaxInt32)
		next := a.withInstances(int(n))
		if err := g.accept(next); err != nil {
			return err
		}
		g.wishes[other] = wish{to: next}
	}
	addGroup(g.groups, id)
	return nil
}

// restore brings a group back as it was in an earlier version. It reports
// whether all definitions are still known.
func (g *regroup) restore(id string, v *rootVersion, s *store) (bool, error) {
	g.remove(id)
	for other, kept := range v.Groups {
		if other == id || inGroup(other, id) {
			g.groups[other] = kept
		}
	}
	for other, version := range v.Apps {
		if !inGroup(other, id) {
			continue
		}
		a, err := s.version(other, version)
		if err != nil || a == nil {
			return false, err
		}
		g.wishes[other] = wish{to: a}
	}
	addGroup(g.groups, id)
	return true, nil
}

// has reports whether there was a group.
func (v *rootVersion) has(id string) bool {
	_, there := v.Groups[id]
	return there
}

// decodeAppIn reads the definition of an app that is given in a group.
func decodeAppIn(group string, body []byte) (*app, error) {
	in := appInput{app: defaultApp()}
	if err := decodeJSON(body, &in); err != nil {
		return nil, err
	}
	if in.ID == "" {
		return nil, missingID("/id")
	}
	in.ID = canonicalID(in.ID, group)
	if path.Dir(in.ID) != group {
		return nil, notValid([]detail{{"/id", []string{notChild(group)}}})
	}
	return in.complete(group)
}

func notChild(group string) string { return fmt.Sprintf("Identifier is not child of '%s'", group) }

// below returns an error about a part of a text as one about the text.
func below(err error, at string) error {
	var known *apiError
	if !errors.As(err, &known) {
		return err
	}
	details, ok := known.Details.([]detail)
	if !ok {
		return err
	}
	out := *known
	list := make([]detail, len(details))
	for i, d := range details {
		if list[i] = (detail{at + d.Path, d.Errors}); d.Path == "/" {
			list[i].Path = at
		}
	}
	out.Details = list
	return &out
}
