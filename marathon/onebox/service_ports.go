package onebox

// The range that service ports are taken from, as in Marathon; the last is not
// in it.
const servicePortMin, servicePortMax = 10000, 20000

// assignServicePorts returns the wishes with a service port for every port that
// names none: the one that it had before, else a free one, as Marathon does.
func assignServicePorts(t *txn, wishes map[string]wish) (map[string]wish, error) {
	taken := servicePorts(t.allApps())
	out := make(map[string]wish, len(wishes))
	for _, w := range wishes {
		if w.to != nil {
			takePorts(taken, w.to)
		}
	}
	for _, id := range sortedKeys(wishes) {
		w := wishes[id]
		if w.to != nil {
			var err error
			if w.to, err = withServicePorts(taken, w.to, t.definition(id)); err != nil {
				return nil, err
			}
		}
		out[id] = w
	}
	return out, nil
}

// servicePorts returns the service ports of all apps given.
func servicePorts(apps []*appRecord) map[int]bool {
	taken := map[int]bool{}
	for _, r := range apps {
		takePorts(taken, r.App)
	}
	return taken
}

func takePorts(taken map[int]bool, a *app) {
	for _, p := range a.portSpecs() {
		taken[p.Service] = true
	}
}

// withServicePorts returns a with all its service ports, and notes them in
// taken. before is what there was of it, or nil.
func withServicePorts(taken map[int]bool, a, before *app) (*app, error) {
	var old []portSpec
	if before != nil {
		old = before.portSpecs()
	}
	var services []int
	for n, spec := range a.portSpecs() {
		if spec.Service == 0 && n < len(old) {
			spec.Service = old[n].Service
		}
		if spec.Service == 0 {
			spec.Service = freeServicePort(taken)
		}
		if spec.Service == 0 {
			return nil, unprocessable("All ports in the range [%d-%d) are already in use", servicePortMin, servicePortMax)
		}
		taken[spec.Service] = true
		services = append(services, spec.Service)
	}
	return a.withServicePorts(services), nil
}

// freeServicePort returns the first service port that is not taken; 0 if there
// is none.
func freeServicePort(taken map[int]bool) int {
	for port := servicePortMin; port < servicePortMax; port++ {
		if !taken[port] {
			return port
		}
	}
	return 0
}
