package catalog

import (
	"fmt"
	"time"

	"go.yaml.in/yaml/v3"
)

// duration is a length of time in Go's form, such as "90s" or "5m".
type duration time.Duration

// UnmarshalYAML refuses a bare number, whose unit one would have to guess.
func (d *duration) UnmarshalYAML(node *yaml.Node) error {
	parsed, err := time.ParseDuration(node.Value)
	if err != nil || node.Tag != "!!str" {
		return fmt.Errorf("line %d: %q is not a length of time; write one like 90s or 5m", node.Line, node.Value)
	}
	*d = duration(parsed)
	return nil
}

// orSetting is a value, or the question whose answer takes its place, written
// as {setting: port}.
type orSetting[T any] struct {
	Value   T
	Setting string
}

// UnmarshalYAML reads one or the other.
func (o *orSetting[T]) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return node.Decode(&o.Value)
	}
	return texts(node, map[string]*string{"setting": &o.Setting})
}

// need is a kind of service, or one that depends on a switch, written as
// {service: redis, if: redis}.
type need struct{ Service, If string }

// UnmarshalYAML reads one or the other.
func (n *need) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.MappingNode {
		return node.Decode(&n.Service)
	}
	return texts(node, map[string]*string{"service": &n.Service, "if": &n.If})
}

// texts reads a mapping that has all of those keys, each once, and no others.
// A node decoded by itself would take any.
func texts(node *yaml.Node, into map[string]*string) error {
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		to, known := into[key.Value]
		if !known {
			return fmt.Errorf("line %d: field %s not found here, or found twice", key.Line, key.Value)
		}
		if err := node.Content[i+1].Decode(to); err != nil {
			return err
		}
		delete(into, key.Value)
	}
	for key := range into {
		return fmt.Errorf("line %d: field %s is missing", node.Line, key)
	}
	return nil
}
