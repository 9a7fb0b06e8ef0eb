package catalog

import (
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
	w, err := workload(t, c.siteSource(t, spec), paths)
	if err != nil {
		return seedbed.Workload{}, fmt.Errorf("workload of site %q: %w", spec.Site.Name, err)
	}
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
	env, err := environment(t, from)
	if err != nil {
		return seedbed.Workload{}, err
	}
	mounts, err := mounts(t, paths)
	if err != nil {
		return seedbed.Workload{}, err
	}
	return seedbed.Workload{
		Image: images.Ref(t.Image), Instances: 1, CPUs: t.CPUs, Memory: t.Memory, Port: t.Port,
		Env: env, Mounts: mounts, Health: t.Health, OneWriter: writes(t),
	}, nil
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

// writes reports whether the container writes any volume.
func writes(t seedbed.Template) bool {
	return slices.ContainsFunc(t.Volumes, func(v seedbed.TemplateVolume) bool { return !v.ReadOnly })
}

// siteSource reads values from what is wanted of a site. The first address is
// the one that the site calls itself by.
func (c *Catalog) siteSource(t seedbed.Template, spec seedbed.SiteSpec) source {
	host := spec.Addresses[0].Host
	return func(e seedbed.EnvVar) (string, error) {
		switch e.From {
		case fromValue:
			return e.Value, nil
		case fromSetting:
			return setting(t, e.Key, spec.Revision.Settings)
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

func setting(t seedbed.Template, name string, settings map[string]string) (string, error) {
	for _, q := range t.Questions {
		if q.Name == name {
			return settled(q, settings), nil
		}
	}
	return "", fmt.Errorf("there is no question %q", name)
}

// secret refuses an empty one: a container would run without its lock.
func secret(secrets map[string]seedbed.Secret, name string) (string, error) {
	if secrets[name] == "" {
		return "", fmt.Errorf("the secret %q is missing", name)
	}
	return secrets[name].Reveal(), nil
}
