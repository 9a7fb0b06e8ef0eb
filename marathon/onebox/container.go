package onebox

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/containerd/errdefs"
	apicontainer "github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// Limits that every container has.
const (
	pidsLimit = 512
	minMemory = 6 << 20 // bytes; Docker takes no less
)

// capabilities are all that a container's root keeps: enough to prepare files,
// to become another user and to listen on a low port.
var capabilities = []string{"CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"}

// containerOf returns what Docker is asked to make for an instance. The policy
// is asked again: what was allowed once may not be any more.
func (d *docker) containerOf(ctx context.Context, i *instance) (c client.ContainerCreateOptions, err error) {
	if err := d.policy.check(i.Spec); err != nil {
		return c, err
	}
	mounts, err := d.mounts(i)
	if err != nil {
		return c, err
	}
	image, err := d.imageOf(ctx, i.Spec)
	if err != nil {
		return c, err
	}
	limits, err := d.limits(ctx, i.Spec)
	if err != nil {
		return c, err
	}
	exposed, bound := d.published(i)
	c = client.ContainerCreateOptions{
		Name: i.TaskID(),
		Config: &apicontainer.Config{
			Image: image, User: i.Spec.User, Entrypoint: entrypoint(i.Spec), Cmd: command(i.Spec),
			Env: environment(i, d.hostIP.String()), ExposedPorts: exposed, Labels: d.labels(i),
		},
		HostConfig:       d.hostConfig(i.Spec, mounts, bound, limits),
		NetworkingConfig: joining(d.networkOf(i.Spec)),
	}
	if i.Spec.isProgram() {
		d.asProgram(&c, i)
		return c, nil
	}
	for _, p := range i.Spec.image().Parameters {
		if err := p.apply(&c); err != nil {
			return c, err
		}
	}
	return c, nil
}

// imageOf returns the name of the image that an app's containers are made from.
func (d *docker) imageOf(ctx context.Context, a *app) (string, error) {
	if a.isProgram() {
		return d.programImage(ctx)
	}
	return a.image().Image, nil
}

func (d *docker) hostConfig(a *app, mounts []mount.Mount, bound network.PortMap, limits apicontainer.Resources) *apicontainer.HostConfig {
	return &apicontainer.HostConfig{
		NetworkMode:  apicontainer.NetworkMode(d.networkOf(a)),
		PortBindings: bound,
		Mounts:       mounts,
		CapDrop:      []string{"ALL"},
		CapAdd:       capabilities,
		SecurityOpt:  []string{"no-new-privileges"},
		// The engine alone launches; two that did would get in each other's way.
		RestartPolicy: apicontainer.RestartPolicy{Name: apicontainer.RestartPolicyDisabled},
		LogConfig:     apicontainer.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "10m", "max-file": "3"}},
		Resources:     limits,
	}
}

func (d *docker) labels(i *instance) map[string]string {
	return map[string]string{
		labelInstallation: d.installation, labelTask: i.TaskID(), labelApp: i.App, labelMesosTask: i.TaskID(),
	}
}

// mounts are an instance's sandbox and its volumes. A volume may be in the
// sandbox's place.
func (d *docker) mounts(i *instance) ([]mount.Mount, error) {
	if err := d.policy.checkRealPaths(i.Spec); err != nil {
		return nil, err
	}
	var out []mount.Mount
	taken := false
	for _, v := range i.Spec.volumes() {
		taken = taken || v.ContainerPath == mesosSandbox
		out = append(out, mount.Mount{Type: mount.TypeBind, Source: v.HostPath, Target: v.ContainerPath, ReadOnly: v.Mode == "RO"})
	}
	if taken {
		return out, nil
	}
	box, err := d.boxes.Box(i.TaskID(), i.App)
	if err != nil {
		return nil, err
	}
	return append(out, mount.Mount{Type: mount.TypeBind, Source: box, Target: mesosSandbox}), nil
}

func (d *docker) published(i *instance) (network.PortSet, network.PortMap) {
	exposed, bound := network.PortSet{}, network.PortMap{}
	if i.Spec.onHost() {
		return exposed, bound
	}
	for n, spec := range i.Spec.portSpecs() {
		for _, protocol := range spec.protocols() {
			port, ok := network.PortFrom(uint16(containerPort(i, n)), network.IPProtocol(protocol))
			if !ok || spec.Hidden {
				continue
			}
			exposed[port] = struct{}{}
			bound[port] = append(bound[port], network.PortBinding{HostIP: d.hostIP, HostPort: strconv.Itoa(i.Ports[n])})
		}
	}
	return exposed, bound
}

// containerPort is the number of the n-th port inside the container; 0 means
// the same as outside.
func containerPort(i *instance, n int) int {
	return defaulted(i.Spec.portSpecs()[n].Inside, i.Ports[n])
}

// entrypoint returns what replaces the image's own entrypoint; nil keeps it. A cmd
// is run by a shell, whatever the image begins with (Mesos: MESOS-1770); args are
// what the image's entrypoint gets.
func entrypoint(a *app) []string {
	if a.Cmd != "" {
		return []string{"/bin/sh"}
	}
	return nil
}

// command returns what replaces the image's own command; nil keeps it.
func command(a *app) []string {
	if a.Cmd != "" {
		return []string{"-c", a.Cmd}
	}
	return a.Args
}

// environment returns the variables that Marathon gives a task, with those of
// the definition over them, in order.
func environment(i *instance, host string) []string {
	a := i.Spec
	env := map[string]string{
		"MARATHON_APP_ID": a.ID, "MARATHON_APP_VERSION": a.Version, "MESOS_SANDBOX": mesosSandbox,
		"MARATHON_APP_RESOURCE_CPUS": decimal(a.CPUs), "MARATHON_APP_RESOURCE_MEM": decimal(a.Mem),
		"MARATHON_APP_RESOURCE_DISK": decimal(a.Disk), "MARATHON_APP_RESOURCE_GPUS": strconv.Itoa(a.GPUs),
		"MARATHON_APP_LABELS": strings.Join(labelVariables(a, nil), " "),
		"MESOS_TASK_ID":       i.TaskID(), "HOST": host,
	}
	if a.isProgram() {
		env["HOME"], env["PATH"] = mesosSandbox, programPath
	} else {
		env["MARATHON_APP_DOCKER_IMAGE"] = a.image().Image
	}
	labelVariables(a, env)
	portVariables(i, env)
	for name, value := range a.Env {
		env[name] = value
	}
	out := make([]string, 0, len(env))
	for _, name := range sortedKeys(env) {
		out = append(out, name+"="+env[name])
	}
	return out
}

// Marathon's bounds of labels that become variables, in characters.
const (
	labelPrefix   = "MARATHON_APP_LABEL_"
	maxLabelValue = 512
	maxLabelKey   = maxLabelValue - len(labelPrefix)
)

var notInName = regexp.MustCompile(`[^a-zA-Z0-9_]+`)

// labelVariables returns the names of the labels as variables have them, each once,
// and puts the variables into env, if given. As in Marathon what is long is left
// out, and several characters that a name cannot have are one "_"; of labels that
// come to the same name one counts, here the last in order.
func labelVariables(a *app, env map[string]string) []string {
	names := map[string]bool{}
	for _, key := range sortedKeys(a.Labels) {
		value := a.Labels[key]
		if utf8.RuneCountInString(key) >= maxLabelKey || utf8.RuneCountInString(value) >= maxLabelValue || strings.ContainsRune(value, 0) {
			continue
		}
		name := strings.ToUpper(notInName.ReplaceAllString(key, "_"))
		names[name] = true
		if env != nil {
			env[labelPrefix+name] = value
		}
	}
	return sortedKeys(names)
}

func portVariables(i *instance, env map[string]string) {
	var all []string
	for n, m := range i.Spec.portSpecs() {
		if m.Hidden {
			continue
		}
		port := strconv.Itoa(i.Ports[n])
		all = append(all, port)
		env["PORT"+strconv.Itoa(n)] = port
		env["PORT_"+strconv.Itoa(requestedPort(i, n))] = port
		if m.Name != "" {
			env["PORT_"+variableName(m.Name)] = port
		}
	}
	if len(all) > 0 {
		env["PORT"], env["PORTS"] = all[0], strings.Join(all, ",")
	}
}

// requestedPort is the number by which a definition knows its n-th port: that in
// the container or, on the machine's network, the service port.
func requestedPort(i *instance, n int) int {
	if i.Spec.onHost() {
		return defaulted(i.Spec.portSpecs()[n].Service, i.Ports[n])
	}
	return containerPort(i, n)
}

// variableName returns a text in capitals, with "_" for what a variable's name
// cannot have.
func variableName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(s))
}

// decimal writes a number as Scala does, with at least one decimal place.
func decimal(f float64) string {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// ensureImage makes sure that the image is on the machine. Without forcePull,
// one that is there is used as it is.
func (d *docker) ensureImage(ctx context.Context, i *instance) error {
	image := i.Spec.image()
	there, err := d.hasImage(ctx, image.Image)
	if err != nil {
		return err
	}
	if there && !image.ForcePullImage {
		return nil
	}
	auth, err := d.authFor(i)
	if err == nil {
		err = d.pull(ctx, i.App, image.Image, auth)
	}
	if err != nil {
		return fmt.Errorf("the image %s is not on this machine, and pulling it failed: %w", image.Image, err)
	}
	return nil
}

func (d *docker) hasImage(ctx context.Context, name string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	_, err := d.api.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the image: %w", err)
	}
	return true, nil
}

// refusal is a final answer in words. It hides which kind of error it came
// from, so that it is not taken for Docker being away.
type refusal struct{ words string }

// Error returns the words.
func (r refusal) Error() string { return r.words }

// ensureNetwork makes the network of the installation if it is not there.
// Containers in it cannot reach each other, only the machine and the world.
// Docker would make a second one of the same name, so it is asked by one
// goroutine at a time, and what a killed process may have left is cleared.
func (d *docker) ensureNetwork(ctx context.Context) error {
	d.networking.Lock()
	defer d.networking.Unlock()
	found, err := d.networks(ctx)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		d.removeSurplus(ctx, found[1:])
		return d.checkNetwork(found[0])
	}
	_, err = d.api.NetworkCreate(ctx, d.network, client.NetworkCreateOptions{
		Driver:  "bridge",
		Labels:  map[string]string{labelInstallation: d.installation},
		Options: map[string]string{optionICC: "false"},
	})
	if err != nil {
		return fmt.Errorf("make the network: %w", err)
	}
	return nil
}

// networks returns all networks of our name, the oldest first.
func (d *docker) networks(ctx context.Context) ([]network.Network, error) {
	list, err := d.api.NetworkList(ctx, client.NetworkListOptions{Filters: client.Filters{}.Add("name", d.network)})
	if err != nil {
		return nil, fmt.Errorf("look for the network: %w", err)
	}
	var out []network.Network
	for _, n := range list.Items {
		if n.Name == d.network { // the filter also finds parts of names
			out = append(out, n.Network)
		}
	}
	slices.SortFunc(out, func(a, b network.Network) int { return a.Created.Compare(b.Created) })
	return out, nil
}

// removeSurplus removes our networks that are one too many. Docker keeps those
// that are in use, and then says itself that the name is ambiguous.
func (d *docker) removeSurplus(ctx context.Context, list []network.Network) {
	for _, n := range list {
		if n.Labels[labelInstallation] == d.installation {
			_, _ = d.api.NetworkRemove(ctx, n.ID, client.NetworkRemoveOptions{})
		}
	}
}

// optionICC decides whether containers in a bridge network reach each other.
const optionICC = "com.docker.network.bridge.enable_icc"

func (d *docker) checkNetwork(n network.Network) error {
	if n.Labels[labelInstallation] != d.installation {
		return fmt.Errorf("the Docker network %s was not made by this installation", d.network)
	}
	if n.Options[optionICC] != "false" {
		return fmt.Errorf("the Docker network %s lets containers reach each other; remove it, and it will be made anew", d.network)
	}
	return nil
}
