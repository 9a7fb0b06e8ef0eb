package onebox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// appInput is an app definition as clients send it: in the form of Marathon
// 1.5 and later, or in that of 1.4. Explicit nulls and unknown fields are as
// good as absent.
type appInput struct {
	app
	Container   *containerInput `json:"container"`
	Version     string          `json:"version"`
	VersionInfo json.RawMessage `json:"versionInfo"`

	Ports           []int           `json:"ports"`
	PortDefinitions json.RawMessage `json:"portDefinitions"`

	// What this engine does not do.
	AcceptedResourceRoles []string        `json:"acceptedResourceRoles"`
	Check                 json.RawMessage `json:"check"`
	Constraints           json.RawMessage `json:"constraints"`
	Dependencies          json.RawMessage `json:"dependencies"`
	ExecutorResources     json.RawMessage `json:"executorResources"`
	Fetch                 json.RawMessage `json:"fetch"`
	IPAddress             json.RawMessage `json:"ipAddress"`
	ReadinessChecks       json.RawMessage `json:"readinessChecks"`
	Residency             json.RawMessage `json:"residency"`
	ResourceLimits        json.RawMessage `json:"resourceLimits"`
	Secrets               json.RawMessage `json:"secrets"`
	Uris                  json.RawMessage `json:"uris"`
	User                  json.RawMessage `json:"user"`
}

type containerInput struct {
	Type         string             `json:"type"`
	Docker       *dockerInput       `json:"docker"`
	Volumes      []volumeInput      `json:"volumes"`
	PortMappings []portMappingInput `json:"portMappings"`
}

type dockerInput struct {
	dockerImage
	Network      string             `json:"network"`
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
	NetworkNames []string `json:"networkNames"`
}

// decodeApp reads a complete definition. What is absent gets Marathon's
// default. id is the one in the URL; empty means that the body must name it.
// The error is in Marathon's form; what it returns has still to be validated.
func decodeApp(body []byte, id string) (*app, error) {
	in := appInput{app: defaultApp()}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, jsonMistake(err)
	}
	if id != "" && in.ID != "" && cleanID(in.ID) != id {
		return nil, notValid([]detail{{"/id", []string{fmt.Sprintf("must be '%s', as in the address", id)}}})
	}
	if in.ID == "" && id == "" {
		return nil, &apiError{Status: http.StatusUnprocessableEntity, Message: "Invalid JSON",
			Details: []detail{{"/id", []string{"error.path.missing"}}}}
	}
	in.ID = cleanID(defaulted(id, in.ID))
	if details := in.unsupported(); len(details) > 0 {
		return nil, notValid(details)
	}
	return in.normalise()
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

// unsupported lists what was asked for and is not done here.
func (in *appInput) unsupported() []detail {
	var out []detail
	for _, f := range in.unsupportedFields() {
		if !isEmptyJSON(f.value) {
			out = append(out, detail{f.path, []string{"is not supported by this engine"}})
		}
	}
	if r := in.AcceptedResourceRoles; len(r) > 0 && !slices.Equal(r, []string{"*"}) {
		out = append(out, detail{"/acceptedResourceRoles", []string{"is not supported by this engine except for [\"*\"]"}})
	}
	return out
}

type rawField struct {
	path  string
	value json.RawMessage
}

func (in *appInput) unsupportedFields() []rawField {
	fields := []rawField{
		{"/check", in.Check}, {"/constraints", in.Constraints}, {"/dependencies", in.Dependencies},
		{"/executorResources", in.ExecutorResources}, {"/fetch", in.Fetch}, {"/ipAddress", in.IPAddress},
		{"/readinessChecks", in.ReadinessChecks}, {"/residency", in.Residency}, {"/resourceLimits", in.ResourceLimits},
		{"/secrets", in.Secrets}, {"/uris", in.Uris}, {"/user", in.User},
	}
	if in.Container == nil {
		return fields
	}
	for i, v := range in.Container.Volumes {
		at := fmt.Sprintf("/container/volumes(%d)/", i)
		fields = append(fields, rawField{at + "persistent", v.Persistent}, rawField{at + "external", v.External}, rawField{at + "secret", v.Secret})
	}
	if d := in.Container.Docker; d != nil {
		fields = append(fields, rawField{"/container/docker/credential", d.Credential}, rawField{"/container/docker/pullConfig", d.PullConfig})
	}
	return fields
}

// isEmptyJSON reports whether a value says no more than its absence would.
func isEmptyJSON(v json.RawMessage) bool {
	s := string(bytes.Join(bytes.Fields(v), nil))
	return slices.Contains([]string{"", "null", "[]", "{}", `""`, "0", "false"}, s)
}

// normalise brings the forms of all versions into that of 1.5.
func (in *appInput) normalise() (*app, error) {
	out := in.app
	if len(in.Ports) > 0 || !isEmptyJSON(in.PortDefinitions) {
		return nil, notValid([]detail{{"/portDefinitions", []string{"portDefinitions are only allowed with host-networking"}}})
	}
	if in.Container != nil {
		if err := in.normaliseNetwork(&out); err != nil {
			return nil, err
		}
		out.Container = in.Container.normalise()
	}
	if len(out.Networks) == 0 {
		out.Networks = []appNetwork{{Mode: "host"}}
	}
	return &out, nil
}

// legacyNetworks maps docker.network of Marathon 1.4 to the modes of 1.5.
var legacyNetworks = map[string]string{"BRIDGE": "container/bridge", "HOST": "host", "USER": "container"}

func (in *appInput) normaliseNetwork(out *app) error {
	docker := in.Container.Docker
	if docker == nil || docker.Network == "" {
		return nil
	}
	if len(in.Networks) > 0 {
		return unprocessable("must not specify both container.docker.network and networks")
	}
	mode, ok := legacyNetworks[strings.ToUpper(docker.Network)]
	if !ok {
		return unprocessable("unsupported docker network type %s", docker.Network)
	}
	if len(docker.PortMappings) > 0 && len(in.Container.PortMappings) > 0 {
		return unprocessable("cannot specify both portMappings and docker.portMappings")
	}
	out.Networks = []appNetwork{{Mode: mode}}
	return nil
}

func (in *containerInput) normalise() *appContainer {
	out := &appContainer{Type: defaulted(in.Type, "DOCKER"), Volumes: []appVolume{}, PortMappings: []portMapping{}}
	for _, v := range in.Volumes {
		v.Mode = defaulted(v.Mode, "RW")
		out.Volumes = append(out.Volumes, v.appVolume)
	}
	mappings := in.PortMappings
	if in.Docker != nil {
		image := in.Docker.dockerImage
		if image.Parameters == nil {
			image.Parameters = []parameter{}
		}
		out.Docker = &image
		mappings = append(slices.Clone(mappings), in.Docker.PortMappings...)
	}
	for _, m := range mappings {
		m.Protocol = defaulted(m.Protocol, "tcp")
		if m.Labels == nil {
			m.Labels = map[string]string{}
		}
		out.PortMappings = append(out.PortMappings, m.portMapping)
	}
	return out
}

// updateApp reads a change to an existing definition. The fields that the body
// names replace the old ones whole, as in Marathon; all others stay.
func updateApp(old *app, body []byte) (*app, error) {
	var changes map[string]json.RawMessage
	if err := json.Unmarshal(body, &changes); err != nil {
		return nil, jsonMistake(err)
	}
	merged, err := asFields(old)
	if err != nil {
		return nil, err
	}
	if names := changes["container"]; !isEmptyJSON(names) {
		delete(merged, "networks") // the 1.4 form names the network inside the container
		if !bytes.Contains(names, []byte(`"network"`)) {
			merged["networks"], _ = json.Marshal(old.Networks)
		}
	}
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
