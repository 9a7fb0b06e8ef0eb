package certs

import "github.com/prometheus/client_golang/prometheus"

var _ prometheus.Collector = (*Keeper)(nil)

// What Prometheus reads.
type descriptions struct{ ends, failing, tries, states *prometheus.Desc }

func describe() descriptions {
	name := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	return descriptions{
		ends:    name("seedbed_certificate_expiry_timestamp_seconds", "When the certificate of a host name ends.", "host", "source"),
		failing: name("seedbed_certificate_failures", "Tries in a row that brought no certificate, by host name.", "host"),
		tries:   name("seedbed_certificate_failures_total", "Tries that brought no certificate, by where it was to come from.", "source"),
		states:  name("seedbed_certificates", "Host names, by how it stands with their certificates.", "state"),
	}
}

// Describe implements prometheus.Collector.
func (k *Keeper) Describe(c chan<- *prometheus.Desc) {
	d := describe()
	for _, one := range []*prometheus.Desc{d.ends, d.failing, d.tries, d.states} {
		c <- one
	}
}

// Collect implements prometheus.Collector.
func (k *Keeper) Collect(c chan<- prometheus.Metric) {
	d := describe()
	states := map[State]int{None: 0, Waiting: 0, Valid: 0, Renewing: 0, Failed: 0, Ending: 0, Ended: 0}
	for _, s := range k.Report() {
		states[s.State]++
		if !s.NotAfter.IsZero() {
			c <- prometheus.MustNewConstMetric(d.ends, prometheus.GaugeValue, float64(s.NotAfter.Unix()), string(s.Host), string(s.Source))
		}
		if s.Failures > 0 {
			c <- prometheus.MustNewConstMetric(d.failing, prometheus.GaugeValue, float64(s.Failures), string(s.Host))
		}
	}
	for state, n := range states {
		c <- prometheus.MustNewConstMetric(d.states, prometheus.GaugeValue, float64(n), string(state))
	}
	for source, n := range k.failures() {
		c <- prometheus.MustNewConstMetric(d.tries, prometheus.CounterValue, float64(n), string(source))
	}
}

func (k *Keeper) failures() map[Source]int {
	k.mu.Lock()
	defer k.mu.Unlock()
	failed := map[Source]int{ACME: 0, OwnCA: 0}
	for source, n := range k.failed {
		failed[source] += n
	}
	return failed
}
