package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"seedbed"
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("seedbed_"+name, help, labels, nil)
}

// Describe sends nothing: which series there are depends on what was seen.
func (s Sight) Describe(chan<- *prometheus.Desc) {}

// Collect sends a sample for each thing that was seen. What was not asked yet
// has none, which is not the same as a zero.
func (s Sight) Collect(samples chan<- prometheus.Metric) {
	s.collectStates(samples)
	up := describe("site_up", "Whether the site answered a visitor's request when it was asked last.", "site", "project")
	took := describe("site_answer_seconds", "How long that answer took.", "site", "project")
	asked := describe("site_asked_timestamp_seconds", "When that was.", "site", "project")
	for _, site := range s.Sites {
		answer, labels := site.Status.Answer, []string{string(site.Name), site.Project}
		if answer.At.IsZero() {
			continue
		}
		samples <- gauge(up, truth(answer.OK()), labels...)
		samples <- gauge(took, answer.Took.Seconds(), labels...)
		samples <- gauge(asked, float64(answer.At.Unix()), labels...)
	}
	service := describe("service_up", "Whether the shared service runs and answers its administrator.", "service")
	for _, one := range s.Services {
		samples <- gauge(service, truth(one.Status.State == seedbed.Live), one.Kind)
	}
	part := describe("part_up", "Whether a piece of the machinery answers: Docker, the engine, Consul, nginx, the storage.", "part")
	for _, one := range s.Parts {
		samples <- gauge(part, truth(one.OK), one.Name)
	}
}

// collectStates counts the sites in each state, also in those that none is in.
func (s Sight) collectStates(samples chan<- prometheus.Metric) {
	counted := map[seedbed.State]int{}
	for _, site := range s.Sites {
		counted[site.Status.State]++
	}
	sites := describe("sites", "Sites by the state that people see.", "state")
	for _, state := range []seedbed.State{seedbed.Live, seedbed.AtWork, seedbed.Attention, seedbed.Broken, seedbed.AtRest} {
		samples <- gauge(sites, float64(counted[state]), string(state))
	}
}

func gauge(d *prometheus.Desc, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
