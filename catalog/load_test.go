package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// example is a template that has everything.
func example(t testing.TB) string {
	t.Helper()
	content, err := os.ReadFile("templates/wiki.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestLoad_ReadsTheBuiltInTemplates(t *testing.T) {
	names, err := filepath.Glob("templates/*.yaml")
	if err != nil || len(names) < 6 {
		t.Fatalf("found %v, %v", names, err)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(name, content); err != nil {
			t.Error(err)
		}
	}
}

// Each change of a good file is a mistake that is named with its line.
func TestLoad_TellsFileLineAndWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{"format: 1", "format: 2", "line 3: format is 2"},
		{"name: wiki\n", "name: Wiki\n", `line 4: "Wiki" is not a name`},
		{"name: wiki\n", "name: ../wiki\n", "is not a name"},
		{"version: 1", "version: 0", "line 5: version is 0"},
		{"version: 1", "version: one", "line 5: cannot unmarshal"},
		{"kind: site", "kind: pod", `line 6: kind is "pod"`},
		{"title: Wiki", "title: ' Wiki'", "line 7: title is one line"},
		{"title: Wiki", `title: "Wi\nki"`, "line 7: title is one line"},
		{"title: Wiki", "title: Wiki\ncolour: red", "field colour not found"},
		{"title: Wiki", "title: Wiki\ntitle: Wiki", "already defined"},
		{"image: wiki", "image: evil", `line 10: there is no image "evil"`},
		{"needs: [postgres]", "needs: [postgres, postgres]", `line 11: needs has "postgres" twice`},
		{"needs: [postgres]", "needs: []", `is from the binding.url "postgres", which`},
		{"memory: 512", "memory: 1", "line 12: memory is 1 MiB"},
		{"memory: 512", "memory: -1", "memory is -1"},
		{"cpus: 0.5", "cpus: 0", "line 13: cpus is 0"},
		{"cpus: 0.5", "cpus: .nan", "cpus is NaN"},
		{"port: 8080", "port: 65536", "line 14: port is 65536"},
		{"port: 8080", "port: 8080\nadminPort: 8081", "line 15: only services have an adminPort"},
		{"port: 8080", "port: 8080\nadminPort: 8080", "line 15: adminPort is 8080"},
		{"from: binding.url, key: postgres", "from: binding.prefix, key: postgres", "the postgres has no binding.prefix"},
		{"from: binding.url, key: postgres", "from: binding.port, key: redis", `is from the binding.port "redis", which`},
		{"from: binding.url, key: postgres", "from: binding.port", `is from the binding.port "", which`},
		{"patience: 5m", "patience: 5", `line 15: "5" is not a length of time`},
		{"patience: 5m", "patience: 0s", "line 15: patience is 0s"},
		{"path: /srv/files", "path: srv/files", `line 18: "srv/files" is not a clean absolute path`},
		{"path: /srv/files", "path: /srv/../etc", "is not a clean absolute path"},
		{"path: /srv/files", "path: /", "is not a clean absolute path"},
		{"path: /srv/files", "path: '/srv:/etc'", "is not a clean absolute path"},
		{"path: /srv/files", "path: /srv/files\n  - name: more\n    path: /srv/files/more", "lie in each other"},
		{"path: /srv/files", "path: /srv/files\n  - name: files\n    path: /srv/more", `volumes has "files" twice`},
		{"path: /health", "path: health", `line 20: "health" is not the path of a page`},
		{"path: /health", "path: '/x y'", "is not the path of a page"},
		{"interval: 10s", "interval: 1ms", "interval is 1ms"},
		{"timeout: 8s", "timeout: 11s", "timeout is 11s"},
		{"failures: 3", "failures: 0", "failures is 0"},
		{"grace: 4m", "grace: -4m", "grace is -4m"},
		{"default: en", "default: xx", `the default "xx" is not an answer to language`},
		{"default: \"off\"", "default: maybe", `the default "maybe" is not an answer to private`},
		{"value: es,", "value: en,", `choices has "en" twice`},
		{"type: switch", "type: slider", `type is "slider"`},
		{"type: switch", "type: choice", "a choice has two choices or more"},
		{"type: choice", "type: text", "a choice has two choices or more"},
		{"name: private", "name: language", `questions has "language" twice`},
		{"label: Language", "label: ''", "label is one line"},
		{"[admin_password, secret_key]", "[admin_password]", `is from the secret "secret_key", which`},
		{"[admin_password, secret_key]", "[secret_key]", "is from the secret"},
		{"name: SITE_TITLE", "name: site_title", "is not the name of an environment variable"},
		{"name: SITE_TITLE", "name: SITE_URL", "env has SITE_URL twice"},
		{"from: site.title", "from: site.password", `SITE_TITLE is from "site.password"`},
		{"from: site.title", "from: service.password", `SITE_TITLE is from "service.password"`},
		{"from: site.title", "from: site.title, value: x", "SITE_TITLE has two sources"},
		{"from: site.title", "from: site.title, key: x", "SITE_TITLE has a key"},
		{"from: site.title", `from: value, value: "a\nb"`, "has control characters"},
		{"key: language", "key: tongue", `is from the setting "tongue"`},
		{"secret: admin_password", "secret: other", `"other" is not one of the secrets`},
		{"user: Admin", "user: -Admin", `"-Admin" is not a user name`},
		{"path: /wiki/Special:UserLogin", "path: //evil example", "is not the path of a page"},
		{"signIn:", "uploads: pictures\nsignIn:", `"pictures" is not one of the volumes`},
		{"kind: site", "kind: service", "nobody is asked when a service is made"},
		{"signIn:", "---\nsignIn:", "more than one document"},
	} {
		content := strings.Replace(example(t), c.old, c.new, 1)
		if content == example(t) {
			t.Errorf("the example does not have %q", c.old)
		}
		_, err := Load("wiki.yaml", []byte(content))
		if err == nil || !strings.HasPrefix(err.Error(), "template file wiki.yaml: ") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q gave\n %v\nwant %s", c.new, c.old, err, c.want)
		}
	}
}

func TestLoad_RefusesWhatIsNoTemplate(t *testing.T) {
	for _, content := range []string{"", "# nothing\n", "[]", "text", "{", "\x00", "format: 1", "a: &a [*a]"} {
		if _, err := Load("x.yaml", []byte(content)); err == nil {
			t.Errorf("took %q", content)
		}
	}
}

func TestLoadAll_ChecksTemplatesTogether(t *testing.T) {
	wiki := example(t)
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"the service is missing": {fstest.MapFS{"wiki.yaml": {Data: []byte(wiki)}}, "no template of a service by that name"},
		"the name is another":    {fstest.MapFS{"other.yaml": {Data: []byte(wiki)}}, "its name would be wiki.yaml"},
		"it needs a site":        {fstest.MapFS{"wiki.yaml": {Data: []byte(strings.ReplaceAll(wiki, "postgres", "wiki"))}}, "no template of a service by that name"},
	} {
		if _, err := loadAll(c.files); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// FuzzLoad holds that no file brings the program down, and that what is taken
// is what people can be shown and the engine can run.
func FuzzLoad(f *testing.F) {
	for _, name := range []string{"wiki", "static-site", "postgres", "rabbitmq", "own-container"} {
		content, err := os.ReadFile("templates/" + name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		template, err := Load("x.yaml", content)
		if err != nil {
			return
		}
		for _, q := range template.Questions {
			if q.Required {
				return // nobody can make a site without an answer
			}
		}
		settings, err := (&Catalog{}).Settings(template, nil)
		if err != nil || len(settings) != len(template.Questions) {
			t.Errorf("its defaults are no settings: %v, %v", settings, err)
		}
		for _, v := range template.Volumes {
			if v.Asked == "" && !strings.HasPrefix(v.Path, "/") || strings.ContainsAny(v.Path, ":\x00\n") {
				t.Errorf("it mounts at %q", v.Path)
			}
		}
	})
}

// Each change of the template that leaves most to answers is a mistake.
func TestLoad_TellsWhatIsWrongWithWhatIsAskedFor(t *testing.T) {
	content, err := os.ReadFile("templates/own-container.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{"image: {setting: image}", "image: {setting: port}", `"port" is not one of the questions of the type image`},
		{"image: {setting: image}", "image: {setting: gone}", `"gone" is not one of the questions of the type image`},
		{"image: {setting: image}", "image: {setting: image, value: x}", "field value not found"},
		{"image: {setting: image}", "image: {}", "field setting is missing"},
		{"image: {setting: image}", "image: evil.example/x", "there is no image"},
		{"port: {setting: port}", "port: {setting: image}", "questions of the type number"},
		{"port: {setting: port}", "port: {setting: [port]}", "cannot unmarshal"},
		{"memory: {setting: memory}", "memory: {setting: port}", "questions of the type choice"},
		{"path: {setting: health}", "path: {setting: folder}", "questions of the type page"},
		{"path: {setting: folder}", "path: {setting: health}", "questions of the type folder"},
		{"    path: {setting: folder}", "    path: {setting: folder}\n  - name: more\n    path: /more", "has one volume"},
		{"if: rabbitmq}\nmemory", "if: port}\nmemory", `"port" is not one of the switches`},
		{"{service: postgres, if: postgres}", "{service: postgres, unless: postgres}", "field unless not found"},
		{"{service: postgres, if: postgres}", "{service: postgres}", "field if is missing"},
		{"{service: postgres, if: postgres}", "{service: postgres, if: postgres}\n  - postgres", `needs has "postgres" twice`},
		{"key: postgres, if: postgres}", "key: postgres}", "which a site has only if postgres is on"},
		{"key: postgres, if: postgres}", "key: postgres, unless: postgres}", "which a site has only if postgres is on"},
		{"key: postgres, if: postgres}", "key: postgres, if: postgres, unless: health}", `"health" is not one of the switches`},
		{"moreEnv: variables", "moreEnv: image", "questions of the type variables"},
		{"amount: 256", "amount: 1", "the amount is 1 MiB"},
		{"amount: 256", "amount: 0", "the amount is 0 MiB"},
		{"max: 65535", "max: 65536", "a port is between 1 and 65535"},
		{"min: 1", "min: 0", "a port is between 1 and 65535"},
		{"max: 65535", "max: 1", "a number is from min to a larger max"},
		{"type: page", "type: page\n    max: 3", "nothing else has either"},
		{"default: \"8000\"", "default: \"0\"", `the default "0" is not an answer to port`},
		{"default: \"8000\"", "", `the default "" is not an answer to port`},
		{"required: true", "required: true\n    default: nginx", "it then has no default"},
		{"type: variables", "type: variables\n    required: true", "only what is typed can be required"},
		{"    required: true\n", "", "the image image has to be named"},
		{"kind: site", "kind: service", "nobody is asked"},
	} {
		changed := strings.Replace(string(content), c.old, c.new, 1)
		if changed == string(content) {
			t.Errorf("the example does not have %q", c.old)
		}
		if _, err := Load("x.yaml", []byte(changed)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q for %q gave\n %v\nwant %s", c.new, c.old, err, c.want)
		}
	}
}
