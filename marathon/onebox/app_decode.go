package onebox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// appInput is an app definition as clients send it: in the form of Marathon
// 1.5 and later, or in that of 1.4 and earlier. Explicit nulls and unknown
// fields are as good as absent.
type appInput struct {
	app
	Container       *containerInput       `json:"container"`
	Env             map[string]envInput   `json:"env"`
	PortDefinitions []portDefinitionInput `json:"portDefinitions"`
	UpgradeStrategy *strategyInput        `json:"upgradeStrategy"`
	Version         string                `json:"version"`
	VersionInfo     json.RawMessage       `json:"versionInfo"`

	// The forms of Marathon 1.4; see app_legacy.go.
	Ports     []int           `json:"ports" must:"min=0 max=65535"`
	Uris      []string        `json:"uris"`
	IPAddress *ipAddressInput `json:"ipAddress"`

	// What this engine does not do.
	Check             json.RawMessage `json:"check"`
	ExecutorResources json.RawMessage `json:"executorResources"`
	Residency         json.RawMessage `json:"residency"`
	Secrets           json.RawMessage `json:"secrets"`
	TTY               json.RawMessage `json:"tty"`
}

type containerInput struct {
	Type         string             `json:"type" must:"enum?=MESOS|DOCKER"`
	Docker       *dockerInput       `json:"docker"`
	Volumes      []volumeInput      `json:"volumes"`
	PortMappings []portMappingInput `json:"portMappings"`
	AppC         json.RawMessage    `json:"appc"`
	LinuxInfo    json.RawMessage    `json:"linuxInfo"`
}

type dockerInput struct {
	dockerImage
	Network      string             `json:"network" must:"enum?=BRIDGE|HOST|NONE|USER"`
	PortMappings []portMappingInput `json:"portMappings"`
	Credential   json.RawMessage    `json:"credential"`
	PullConfig   json.RawMessage    `json:"pullConfig"`
}

type volumeInput struct {
	appVolume
	Persistent json.RawMessage `json:"persistent"`
	External   json.RawMessage `json:"external"`
	Secret     json.RawMessage `json:"secret"`
}

type portMappingInput struct {
	portMapping
}

type portDefinitionInput struct {
	portDefinition
}

// decodeApp reads a complete definition. What is absent gets Marathon's
// default. id is the one in the URL, and counts whatever the body says, as in Marathon;
// empty means that the body must name it. Relative ids are seen from the root.
// The error is in Marathon's form; what it returns has still to be validated.
func decodeApp(body []byte, id string) (*app, error) {
	in := appInput{app: defaultApp()}
	if err := decodeJSON(body, &in); err != nil {
		return nil, err
	}
	if in.ID == "" && id == "" {
		return nil, missingID("/id")
	}
	in.ID = cleanID(defaulted(id, in.ID))
	return in.complete("/")
}

// missingID is the answer to a definition without an id.
func missingID(path string) error {
	return badShape([]detail{{path, []string{"error.path.missing"}}})
}

// complete returns the definition that the input means. As in Marathon since 1.5,
// what the id is seen from, dependencies are as well: base.
func (in *appInput) complete(base string) (*app, error) {
	if details := in.unsupported(); len(details) > 0 {
		return nil, notValid(details)
	}
	if in.Version != "" {
		if _, err := parseVersion(in.Version); err != nil {
			return nil, err
		}
	}
	out, err := in.normalise()
	if err != nil {
		return nil, err
	}
	out.Dependencies, out.Labels = canonicalIDs(out.Dependencies, base), orEmptyMap(out.Labels)
	out.fillDefaults()
	return out, nil
}

// defaultApp holds Marathon's defaults.
func defaultApp() app {
	return app{
		BackoffFactor: 1.15, BackoffSeconds: 1, MaxLaunchDelaySeconds: 300,
		CPUs: 1, Mem: 128, Instances: 1, KillSelection: "YOUNGEST_FIRST",
		Labels:          map[string]string{},
		UpgradeStrategy: upgradeStrategy{MinimumHealthCapacity: 1, MaximumOverCapacity: 1},
	}
}

// singleInstance is the label of apps of which there are never two at once.
const singleInstance = "MARATHON_SINGLE_INSTANCE_APP"

func (a *app) single() bool { return a.Labels[singleInstance] == "true" }

// strategyInput is an upgradeStrategy that was sent; half of one is no mistake.
type strategyInput upgradeStrategy

// UnmarshalJSON reads a strategy and fills in Marathon's defaults.
func (s *strategyInput) UnmarshalJSON(b []byte) error {
	in := defaultApp().UpgradeStrategy
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*s = strategyInput(in)
	return nil
}

// strategy returns the upgradeStrategy that was sent, or the default one.
func (in *appInput) strategy() upgradeStrategy {
	switch {
	case in.UpgradeStrategy != nil:
		return upgradeStrategy(*in.UpgradeStrategy)
	case in.single():
		return upgradeStrategy{}
	}
	return in.app.UpgradeStrategy
}

// fillDefaults fills in what depends on other fields.
func (a *app) fillDefaults() {
	for i := range a.HealthChecks {
		h := &a.HealthChecks[i]
		if h.Protocol == "TCP" || h.Protocol == "MESOS_TCP" {
			h.Path = ""
		}
		if byMesos := checkProtocols[h.Protocol]; byMesos && h.DelaySeconds == nil {
			delay := 15.0
			h.DelaySeconds = &delay
		}
		if h.Protocol != "COMMAND" && h.Port == nil && h.PortIndex == nil && len(a.portSpecs()) > 0 {
			h.PortIndex = &portRef{}
		}
	}
}

// unsupported lists what was asked for and is not done here.
func (in *appInput) unsupported() []detail {
	var out []detail
	for _, f := range in.unsupportedFields() {
		if !isEmptyJSON(f.value) {
			out = append(out, detail{f.path, []string{f.why}})
		}
	}
	return out
}

type rawField struct {
	path  string
	value json.RawMessage
	why   string
}

// Why something is refused.
const (
	notHere     = "is not supported by this engine"
	noSecrets   = "Feature secrets is not enabled. This engine has no secret store."
	noAppC      = "is not supported by this engine: name an image of Docker in container.docker.image"
	noExternal  = "Feature external_volumes is not enabled. This engine mounts host paths only."
	noResidency = "is not supported by this engine: it mounts host paths, and persistent volumes need Mesos' reservations"
)

func (in *appInput) unsupportedFields() []rawField {
	fields := []rawField{
		{"/check", in.Check, notHere}, {"/executorResources", in.ExecutorResources, notHere},
		{"/residency", in.Residency, noResidency}, {"/secrets", in.Secrets, noSecrets}, {"/tty", in.TTY, notHere},
	}
	for _, name := range sortedKeys(in.Env) {
		fields = append(fields, rawField{"/env/" + name, in.Env[name].secret, noSecrets})
	}
	if in.Container == nil {
		return fields
	}
	fields = append(fields, rawField{"/container/appc", in.Container.AppC, noAppC}, rawField{"/container/linuxInfo", in.Container.LinuxInfo, notHere})
	for i, v := range in.Container.Volumes {
		at := fmt.Sprintf("/container/volumes(%d)/", i)
		fields = append(fields, rawField{at + "persistent", v.Persistent, noResidency},
			rawField{at + "external", v.External, noExternal}, rawField{at + "secret", v.Secret, noSecrets})
	}
	if d := in.Container.Docker; d != nil {
		fields = append(fields, rawField{"/container/docker/credential", d.Credential, "is not supported by Marathon either; fetch a docker.tar.gz instead"},
			rawField{"/container/docker/pullConfig", d.PullConfig, noSecrets})
	}
	return fields
}

// isEmptyJSON reports whether a value says no more than its absence would.
func isEmptyJSON(v json.RawMessage) bool {
	s := string(bytes.Join(bytes.Fields(v), nil))
	return slices.Contains([]string{"", "null", "[]", "{}", `""`, "0", "false"}, s)
}

// updateApp reads a change to an existing definition. The fields that the body
// names replace the old ones whole, as in Marathon; all others stay.
func updateApp(old *app, body []byte) (*app, error) {
	var changes map[string]json.RawMessage
	if err := decodeJSON(body, &changes); err != nil {
		return nil, err
	}
	merged, err := asFields(old)
	if err != nil {
		return nil, err
	}
	giveWay(merged, changes)
	for name, value := range changes {
		if string(bytes.TrimSpace(value)) != "null" {
			merged[name] = value
		}
	}
	whole, err := json.Marshal(merged)
	if err != nil {
		return nil, fmt.Errorf("merge the definition of %s: %w", old.ID, err)
	}
	return decodeApp(whole, old.ID)
}

// giveWay drops the old fields that the change says in the form of 1.4, which
// may not be mixed with that of 1.5.
func giveWay(old, changes map[string]json.RawMessage) {
	if bytes.Contains(changes["container"], []byte(`"network"`)) || !isEmptyJSON(changes["ipAddress"]) {
		delete(old, "networks")
		delete(old, "portDefinitions")
	}
	if _, given := changes["ports"]; given {
		delete(old, "portDefinitions")
	}
	if !isEmptyJSON(changes["networks"]) && !bytes.Contains(changes["networks"], []byte(`"`+hostNetwork+`"`)) {
		delete(old, "portDefinitions")
	}
	if !isEmptyJSON(changes["uris"]) {
		delete(old, "fetch")
	}
}

func asFields(a *app) (map[string]json.RawMessage, error) {
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("write the definition of %s: %w", a.ID, err)
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fmt.Errorf("read the definition of %s: %w", a.ID, err)
	}
	delete(fields, "version")
	delete(fields, "versionInfo")
	return fields, nil
}
