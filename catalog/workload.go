package catalog

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"seedbed"
	"seedbed/catalog/images"
)

// SiteWorkload returns the workload of a site. It is pure. paths holds the
// absolute path of each of the template's volumes by name.
func (c *Catalog) SiteWorkload(spec seedbed.SiteSpec, paths map[string]string) (seedbed.Workload, error) {
	t, err := c.template(spec.Site.Template, seedbed.SiteTemplate)
	if err != nil {
		return seedbed.Workload{}, fmt.Errorf("workload of site %q: %w", spec.Site.Name, err)
	}
	if len(spec.Addresses) == 0 {
		return seedbed.Workload{}, fmt.Errorf("workload of site %q: it has no address", spec.Site.Name)
	}
	settings := settledAll(t, spec.Revision.Settings)
	t = t.For(settings)
	w, err := workload(t, c.siteSource(spec, settings), paths)
	if err != nil {
		return seedbed.Workload{}, fmt.Errorf("workload of site %q: %w", spec.Site.Name, err)
	}
	addVariables(w.Env, settings[t.MoreEnv])
	w.ID = spec.Site.WorkloadID()
	w.Labels = map[string]string{
		seedbed.DomainLabel:     strings.Join(hosts(spec.Addresses), " "),
		seedbed.NameLabel:       string(spec.Site.Name),
		seedbed.DeploymentLabel: spec.Deployment.Mark(),
	}
	return w, nil
}

// ServiceWorkload returns the workload of a shared service. It is pure.
func (c *Catalog) ServiceWorkload(s seedbed.Service, paths map[string]string) (seedbed.Workload, error) {
	t, err := c.template(s.Kind, seedbed.ServiceTemplate)
	if err != nil {
		return seedbed.Workload{}, fmt.Errorf("workload of service %q: %w", s.Kind, err)
	}
	w, err := workload(t, serviceSource(s), paths)
	if err != nil {
		return seedbed.Workload{}, fmt.Errorf("workload of service %q: %w", s.Kind, err)
	}
	w.ID = s.WorkloadID()
	w.ServicePort = s.Port
	if t.AdminPort != 0 {
		w.More = []seedbed.Port{{Container: t.AdminPort, Service: s.AdminPort()}}
	}
	w.Labels = map[string]string{seedbed.DeploymentLabel: s.Mark()}
	return w, nil
}

func (c *Catalog) template(name, kind string) (seedbed.Template, error) {
	t, err := c.Template(name)
	if err == nil && t.Kind != kind {
		err = fmt.Errorf("the template %q is not of a %s", name, kind)
	}
	return t, err
}

func hosts(addresses []seedbed.Address) []string {
	var all []string
	for _, a := range addresses {
		all = append(all, string(a.Host))
	}
	return all
}

// source returns the value of an environment variable.
type source func(seedbed.EnvVar) (string, error)

// workload fills in all that sites and services have in common.
func workload(t seedbed.Template, from source, paths map[string]string) (seedbed.Workload, error) {
	image, err := imageOf(t)
	if err != nil {
		return seedbed.Workload{}, err
	}
	env, err := environment(t, from)
	if err != nil {
		return seedbed.Workload{}, err
	}
	mounts, err := mounts(t, paths)
	if err != nil {
		return seedbed.Workload{}, err
	}
	return seedbed.Workload{
		Image: image, Instances: 1, CPUs: t.CPUs, Memory: t.Memory, Port: t.Port,
		Env: env, Mounts: mounts, Health: t.Health, OneWriter: t.HasOneWriter(),
	}, nil
}

// imageOf returns the full reference of the image: one of ours, or the one that
// a person has named.
func imageOf(t seedbed.Template) (string, error) {
	switch {
	case t.Asked.Image == "":
		return images.Ref(t.Image), nil
	case t.Reference == "":
		return "", errors.New("its image is not named")
	}
	return t.Reference, nil
}

// addVariables adds what people have added; what is there already stays.
func addVariables(env map[string]string, answer string) {
	for _, v := range variables(answer) {
		if _, there := env[v.name]; !there {
			env[v.name] = v.value
		}
	}
}

func environment(t seedbed.Template, from source) (map[string]string, error) {
	env := make(map[string]string, len(t.Env))
	for _, e := range t.Env {
		value, err := from(e)
		if err != nil {
			return nil, fmt.Errorf("environment variable %s: %w", e.Name, err)
		}
		if !isLine(value) {
			return nil, fmt.Errorf("environment variable %s: its value has control characters", e.Name)
		}
		env[e.Name] = value
	}
	return env, nil
}

func mounts(t seedbed.Template, paths map[string]string) ([]seedbed.Mount, error) {
	var all []seedbed.Mount
	for _, v := range t.Volumes {
		path, known := paths[v.Name]
		if !known {
			return nil, fmt.Errorf("the path of the volume %q is not known", v.Name)
		}
		all = append(all, seedbed.Mount{Source: path, Target: v.Path, ReadOnly: v.ReadOnly})
	}
	return all, nil
}

// siteSource reads values from what is wanted of a site. The first address is
// the one that the site calls itself by.
func (c *Catalog) siteSource(spec seedbed.SiteSpec, settings map[string]string) source {
	host := spec.Addresses[0].Host
	return func(e seedbed.EnvVar) (string, error) {
		switch e.From {
		case fromValue:
			return e.Value, nil
		case fromSetting:
			return setting(settings, e.Key)
		case fromSecret:
			return secret(spec.Secrets, e.Key)
		case fromSiteTitle:
			return string(spec.Revision.Title), nil
		case fromSiteURL:
			return c.siteURL(host), nil
		case fromSiteHost:
			return string(host), nil
		}
		if slices.Contains(bindingSources, e.From) {
			return bindingPart(spec.Bindings, e)
		}
		return "", fmt.Errorf("a site has no source %q", e.From)
	}
}

func serviceSource(s seedbed.Service) source {
	return func(e seedbed.EnvVar) (string, error) {
		switch e.From {
		case fromValue:
			return e.Value, nil
		case fromServicePassword:
			return secret(map[string]seedbed.Secret{fromServicePassword: s.Password}, fromServicePassword)
		}
		return "", fmt.Errorf("a service has no source %q", e.From)
	}
}

func setting(settings map[string]string, name string) (string, error) {
	value, asked := settings[name]
	if !asked {
		return "", fmt.Errorf("there is no question %q", name)
	}
	return value, nil
}

// secret refuses an empty one: a container would run without its lock.
func secret(secrets map[string]seedbed.Secret, name string) (string, error) {
	if secrets[name] == "" {
		return "", fmt.Errorf("the secret %q is missing", name)
	}
	return secrets[name].Reveal(), nil
}
