package onebox

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// constraint is a rule about machines: field, operator and, for most, a value.
type constraint []string

// Operators of constraints.
const (
	opUnique  = "UNIQUE"
	opCluster = "CLUSTER"
	opGroupBy = "GROUP_BY"
	opLike    = "LIKE"
	opUnlike  = "UNLIKE"
	opMaxPer  = "MAX_PER"
	opIs      = "IS"
)

var (
	operators = []string{opUnique, opCluster, opGroupBy, opLike, opMaxPer, opUnlike, opIs}
	isValue   = regexp.MustCompile(`^[a-zA-Z0-9_/.-]*$`)
)

func (c constraint) field() string    { return c[0] }
func (c constraint) operator() string { return strings.ToUpper(c[1]) }

// value returns the value, and whether there is one.
func (c constraint) value() (string, bool) {
	if len(c) < 3 {
		return "", false
	}
	return c[2], true
}

// mistake returns what is wrong with the constraint in Marathon's words, or "".
func (c constraint) mistake() string {
	if len(c) < 2 || len(c) > 3 {
		return "Each constraint must have either 2 or 3 fields"
	}
	if c.field() == "" {
		return "the field must be named: hostname, @region, @zone or an attribute of the machine"
	}
	if !slices.Contains(operators, c.operator()) {
		return "operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS"
	}
	value, given := c.value()
	return c.valueMistake(value, given)
}

func (c constraint) valueMistake(value string, given bool) string {
	_, number := strconv.Atoi(value)
	switch op := c.operator(); {
	case op == opUnique && given:
		return "UNIQUE does not accept a value"
	case op == opGroupBy && given && number != nil:
		return "GROUP BY must define an integer value or else no value at all"
	case op == opMaxPer && number != nil:
		return "MAX_PER was used without an integer value"
	case (op == opLike || op == opUnlike) && !given:
		return fmt.Sprintf("%s requires a non-empty regular expression", op)
	case op == opLike || op == opUnlike:
		if _, err := regexp.Compile(value); err != nil {
			return fmt.Sprintf("'%s' is not a valid regular expression: %v", value, err)
		}
	case op == opIs && (!given || !isValue.MatchString(value)):
		return fmt.Sprintf("IS was used with a value that does not match '%s'", isValue)
	}
	return ""
}
