//go:build integration

package onebox

import (
	"fmt"
	"os/exec"
	"testing"
	"time"
)

// BenchmarkLaunch tells how long it takes from PUT until the task runs, and how
// many times as long as `docker run` of the same image that is.
func BenchmarkLaunch(b *testing.B) {
	r := newReal(b)
	var put, bare time.Duration
	for n := 0; b.Loop(); n++ {
		start := time.Now()
		r.put(`{}`)
		r.awaitSettled(1)
		put += time.Since(start)
		bare += r.dockerRun(b, n)
		r.expect(200, "DELETE", "/v2/apps/sites/guide", "")
		await(b, "the app is gone", func() bool { return len(r.containers()) == 0 })
	}
	b.ReportMetric(float64(put)/float64(bare), "times-docker-run")
	b.ReportMetric(put.Seconds()*1000/float64(b.N), "ms-to-running")
}

func (r *real) dockerRun(b *testing.B, n int) time.Duration {
	b.Helper()
	name := fmt.Sprintf("%s-bench-%d", r.installation, n)
	start := time.Now()
	out, err := exec.Command("docker", "--host", r.docker.DaemonHost(), "run", "--detach", "--name", name,
		"--label", labelInstallation+"="+r.installation+"-bare", "--publish", "127.0.0.1::8080", r.image).CombinedOutput()
	took := time.Since(start)
	if err != nil {
		b.Fatalf("docker run: %v: %s", err, out)
	}
	if out, err := exec.Command("docker", "--host", r.docker.DaemonHost(), "rm", "--force", name).CombinedOutput(); err != nil {
		b.Fatalf("docker rm: %v: %s", err, out)
	}
	return took
}
