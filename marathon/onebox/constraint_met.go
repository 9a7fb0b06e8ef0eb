package onebox

import (
	"regexp"
	"slices"
	"strconv"
)

// fits reports whether the machine meets all constraints of an app of which so
// many instances are here already. host is the machine's name.
func (m Machine) fits(a *app, here int, host string) bool {
	return !slices.ContainsFunc(a.Constraints, func(c constraint) bool {
		value, known := m.value(c.field(), host)
		return !c.met(value, known, here)
	})
}

// value returns what a field of constraints means on this machine.
func (m Machine) value(field, host string) (value string, known bool) {
	switch field {
	case "hostname", "@hostname":
		return host, true
	case "@region":
		return m.Region, m.Region != ""
	case "@zone":
		return m.Zone, m.Zone != ""
	}
	value, known = m.Attributes[field]
	return value, known
}

// met reports whether one more instance may come to a machine whose field has
// this value. As there is no other machine, all instances that are here have
// the same value, and groups of them are one group. Only UNLIKE is met by a
// machine that does not have the field.
func (c constraint) met(value string, known bool, here int) bool {
	if !known {
		return c.operator() == opUnlike
	}
	wanted, _ := c.value()
	number, _ := strconv.Atoi(wanted)
	switch c.operator() {
	case opUnique:
		return here == 0
	case opMaxPer:
		return here < number
	case opGroupBy: // a second one here only if no more groups are asked for
		return here == 0 || number <= 1
	case opCluster:
		return wanted == "" || wanted == value
	case opLike:
		return matchesWhole(wanted, value)
	case opUnlike:
		return !matchesWhole(wanted, value)
	case opIs:
		return wanted == value
	}
	return false
}

func matchesWhole(pattern, value string) bool {
	expression, err := regexp.Compile(`^(?:` + pattern + `)$`)
	return err == nil && expression.MatchString(value)
}
