package consul

import (
	"cmp"
	"maps"
	"slices"
	"unicode/utf8"

	"seedbed"
)

// touched returns the names of the services whose labels may have to change.
func (p *plan) touched(a answer, sights []sight) map[string]bool {
	services := map[string]bool{}
	for _, s := range sights {
		services[serviceName(s.app)] = true
	}
	if a.whole {
		for key := range p.have.own {
			services[serviceOf(key)] = true
		}
	}
	for _, s := range sights {
		p.kept[s.app] = len(s.wanted) > 0
		if name := serviceName(s.app); p.kept[s.app] && !p.have.names[name][s.app] {
			p.joining[name] = append(p.joining[name], s.app)
		}
	}
	return services
}

// labelChanges writes labels that differ, and takes out the bridge's own ones
// that a service no longer has, or whose service is gone.
func (p *plan) labelChanges(services map[string]bool) (sets, drops []change) {
	pairs, known := map[string]string{}, map[string]bool{}
	for service := range services {
		known[service] = p.addPairs(pairs, service)
	}
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		if value, there := p.have.labels[key]; there && value == pairs[key] && (p.have.own[key] || !p.adopt) {
			continue
		}
		sets = append(sets, setLabel(key, pairs[key], p.flags))
	}
	for key := range p.have.own {
		service := serviceOf(key)
		if _, stays := pairs[key]; services[service] && !stays && known[service] {
			drops = append(drops, removeLabel(key))
		}
	}
	slices.SortFunc(drops, func(a, b change) int { return cmp.Compare(a.what, b.what) })
	return sets, drops
}

// addPairs adds the labels of a service, as keys and JSON strings. known is
// false if something of the service will be there and its labels are not known:
// those that Consul has then stay. Of two workloads with the same name the
// greater id wins.
func (p *plan) addPairs(pairs map[string]string, service string) (known bool) {
	apps := p.staying(service)
	for _, app := range apps {
		labels := p.mind[app].labels
		known = known || labels != nil
		for label, value := range labels {
			// What Consul could not keep as it is, is left out.
			if label != "" && utf8.ValidString(label) && !hasControl(label) && len(value) <= maxLabel {
				pairs[labelKey(service, label)] = jsonString(value)
			}
		}
	}
	return known || len(apps) == 0
}

// staying returns the workloads of that service name that will have entries.
func (p *plan) staying(service string) (apps []seedbed.WorkloadID) {
	for app := range p.have.names[service] {
		if stays, looked := p.kept[app]; stays || !looked {
			apps = append(apps, app)
		}
	}
	apps = append(apps, p.joining[service]...)
	slices.Sort(apps)
	return apps
}
