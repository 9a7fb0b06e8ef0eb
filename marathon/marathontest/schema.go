package marathontest

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

//go:embed testdata
var testdata embed.FS

// schemaBase is where Marathon's schemas say that they are.
const schemaBase = "https://raw.githubusercontent.com/mesosphere/marathon/master/docs/docs/rest-api/public/api/v2/schema/"

// schemaOf reads one of Marathon's schemas, "AppDefinition" or "Group". They are
// written in draft 4, although they name the newest.
func schemaOf(name string) (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	for _, file := range []string{"AppDefinition", "Group"} {
		text, err := testdata.ReadFile("testdata/schema/" + file + ".json")
		if err != nil {
			return nil, fmt.Errorf("read the schema %s: %w", file, err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			return nil, fmt.Errorf("read the schema %s: %w", file, err)
		}
		document := value.(map[string]any)
		document["$schema"] = "http://json-schema.org/draft-04/schema#"
		if err := c.AddResource(schemaBase+file+".json", document); err != nil {
			return nil, fmt.Errorf("read the schema %s: %w", file, err)
		}
	}
	return c.Compile(schemaBase + name + ".json")
}

// fits notes what Marathon's schema does not allow in a value.
func (p *probe) fits(what, schema string, value any) {
	s, err := schemaOf(schema)
	if err != nil {
		p.fatalf("%v", err)
	}
	if err := s.Validate(value); err != nil {
		p.errorf("%s is %s\n%v", what, text(value), err)
	}
}

// notInSchema are what an answer has besides the definition, and what is newer
// than the schema.
var notInSchema = []string{"tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy", "deployments", "tasks", "lastTaskFailure", "taskStats",
	"readinessCheckResults", "role", "pods", "enforceRole"}

// bare returns a definition, or a group with all in it, without that.
func bare(value any) any {
	fields, isObject := value.(map[string]any)
	if !isObject {
		return value
	}
	fields = maps.Clone(fields)
	for _, name := range notInSchema {
		delete(fields, name)
	}
	for _, inner := range []string{"apps", "groups"} {
		list, _ := fields[inner].([]any)
		var out []any
		for _, v := range list {
			out = append(out, bare(v))
		}
		if out != nil {
			fields[inner] = out
		}
	}
	return fields
}

// example reads one of the examples of Marathon's documents, with the ids in it
// put below the check's group.
func (p *probe) example(name string) any {
	raw, err := testdata.ReadFile("testdata/examples/" + name)
	if err != nil {
		p.fatalf("%v", err)
	}
	var out any
	if err := json.Unmarshal(raw, &out); err != nil {
		p.fatalf("the example %s: %v", name, err)
	}
	return out
}
