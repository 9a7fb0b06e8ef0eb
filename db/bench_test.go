package db_test

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkSiteSpecs reads what is wanted of 400 sites, as the home page and
// the watcher do, and tells how many times as long that takes as reading one.
func BenchmarkSiteSpecs(b *testing.B) {
	d := open(b, folder(b))
	for n := range 400 {
		if _, err := d.CreateSite(b.Context(), newSite(fmt.Sprintf("Site %d", n))); err != nil {
			b.Fatal(err)
		}
	}
	var one, all time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := d.SiteSpec(b.Context(), 200); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		specs, err := d.SiteSpecs(b.Context())
		if err != nil || len(specs) != 400 {
			b.Fatalf("%d sites, %v", len(specs), err)
		}
		one, all = one+middle.Sub(start), all+time.Since(middle)
	}
	b.ReportMetric(float64(all)/float64(one), "times-one-site")
}
