package catalog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"go.yaml.in/yaml/v3"

	"seedbed"
)

// formatVersion is the only version of the file format so far.
const formatVersion = 1

// templateFile is a template as its file spells it. A key that is not here is
// a mistake in the file.
type templateFile struct {
	Format    int
	Name      string
	Version   int
	Kind      string
	Title     string
	Summary   string
	Details   string
	Image     orSetting[string]
	Needs     []need
	Memory    orSetting[int]
	CPUs      float64 `yaml:"cpus"`
	Port      orSetting[int]
	AdminPort int `yaml:"adminPort"`
	Patience  duration
	Volumes   []struct {
		Name     string
		Path     orSetting[string]
		ReadOnly bool  `yaml:"readOnly"`
		Size     int64 // MiB
	}
	Health struct {
		Path     orSetting[string]
		Grace    duration
		Interval duration
		Timeout  duration
		Failures int
	}
	Questions []struct {
		Name     string
		Label    string
		Help     string
		Type     string
		Default  string
		Required bool
		Min      int
		Max      int
		Choices  []struct {
			Value, Label string
			Amount       int
		}
	}
	Secrets []string
	Env     []struct{ Name, From, Key, Value, If, Unless string }
	MoreEnv string                               `yaml:"moreEnv"`
	SignIn  *struct{ User, Secret, Path string } `yaml:"signIn"`
	Uploads string
}

// Load reads one template file and checks all that can be checked without the
// other templates. name is what the file is called in errors, which are for the
// person who writes templates: each names the file, the line where it can, and
// says in a sentence what is wrong.
func Load(name string, content []byte) (seedbed.Template, error) {
	f, lines, err := decode(content)
	if err != nil {
		return seedbed.Template{}, fmt.Errorf("template file %s: %w", name, err)
	}
	t := f.template()
	if err := check(f.Format, t); err != nil {
		return seedbed.Template{}, fmt.Errorf("template file %s: %w", name, lines.place(err))
	}
	return t, nil
}

// decode reads the file strictly: one document, known keys, each key once.
func decode(content []byte) (templateFile, *lines, error) {
	var f templateFile
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&f); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the file is empty")
		}
		return f, nil, err
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return f, nil, errors.New("the file has more than one document; a template is one")
	}
	var root yaml.Node
	if err := yaml.Unmarshal(content, &root); err != nil {
		return f, nil, err
	}
	return f, &lines{&root}, nil
}

// template turns the file's spelling into the noun.
func (f templateFile) template() seedbed.Template {
	t := seedbed.Template{
		Name: f.Name, Version: f.Version, Kind: f.Kind, Title: f.Title, Summary: f.Summary, Details: f.Details,
		Image: f.Image.Value, Memory: f.Memory.Value, CPUs: f.CPUs, Port: f.Port.Value, AdminPort: f.AdminPort, Patience: time.Duration(f.Patience),
		Health: seedbed.HealthCheck{Path: f.Health.Path.Value, Grace: time.Duration(f.Health.Grace),
			Interval: time.Duration(f.Health.Interval), Timeout: time.Duration(f.Health.Timeout), Failures: f.Health.Failures},
		Asked:     seedbed.Asked{Image: f.Image.Setting, Memory: f.Memory.Setting, Port: f.Port.Setting, HealthPath: f.Health.Path.Setting},
		Questions: f.questions(), Secrets: f.Secrets, MoreEnv: f.MoreEnv, Uploads: f.Uploads,
	}
	for _, n := range f.Needs {
		t.Needs = append(t.Needs, seedbed.Need(n))
	}
	for _, v := range f.Volumes {
		t.Volumes = append(t.Volumes, seedbed.TemplateVolume{Name: v.Name, Path: v.Path.Value, Asked: v.Path.Setting, ReadOnly: v.ReadOnly, Size: v.Size})
	}
	for _, e := range f.Env {
		t.Env = append(t.Env, seedbed.EnvVar(e))
	}
	if f.SignIn != nil {
		t.SignIn = &seedbed.SignIn{User: f.SignIn.User, Secret: f.SignIn.Secret, Path: f.SignIn.Path}
	}
	return t
}

func (f templateFile) questions() []seedbed.Question {
	var all []seedbed.Question
	for _, q := range f.Questions {
		question := seedbed.Question{Name: q.Name, Label: q.Label, Help: q.Help, Type: q.Type, Default: q.Default, Required: q.Required, Min: q.Min, Max: q.Max}
		for _, c := range q.Choices {
			question.Choices = append(question.Choices, seedbed.Choice(c))
		}
		all = append(all, question)
	}
	return all
}

// lines finds the line of a value in a file.
type lines struct{ root *yaml.Node }

// place puts the line in front of a mistake that knows its path.
func (l *lines) place(err error) error {
	var m *mistake
	if !errors.As(err, &m) {
		return err
	}
	return fmt.Errorf("line %d: %w", l.of(m.path), err)
}

// of returns the line of the value at path, or of the innermost part of the
// path that the file has. Parts are keys, or indexes of lists.
func (l *lines) of(path []any) int {
	node := l.root.Content[0]
	for _, part := range path {
		next := child(node, part)
		if next == nil {
			break
		}
		node = next
	}
	return node.Line
}

func child(node *yaml.Node, part any) *yaml.Node {
	if index, ok := part.(int); ok {
		if index < len(node.Content) && node.Kind == yaml.SequenceNode {
			return node.Content[index]
		}
		return nil
	}
	for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		if node.Content[i].Value == part {
			return node.Content[i+1]
		}
	}
	return nil
}
