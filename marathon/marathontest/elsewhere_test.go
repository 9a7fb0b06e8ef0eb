package marathontest_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"

	"seedbed/marathon/marathontest"
)

// TestElsewhere_IsAMarathon checks the Marathon that the environment names:
// SEEDBED_TEST_MARATHON_URL, _USER, _PASSWORD_FILE, _CA (a PEM file) and _IMAGE
// (an image with busybox; without one, busybox:1 is pulled). Without an address
// there is nothing elsewhere, and the test ends.
func TestElsewhere_IsAMarathon(t *testing.T) {
	target, given := elsewhere(t)
	if !given {
		return
	}
	marathontest.Run(t, target)
}

func elsewhere(t *testing.T) (marathontest.Target, bool) {
	t.Helper()
	env := func(name string) string { return os.Getenv("SEEDBED_TEST_MARATHON_" + name) }
	target := marathontest.Target{URL: env("URL"), User: env("USER")}
	if target.URL == "" {
		return target, false
	}
	if file := env("PASSWORD_FILE"); file != "" {
		target.Password = strings.TrimSpace(read(t, file))
	}
	if file := env("CA"); file != "" {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM([]byte(read(t, file))) {
			t.Fatalf("%s holds no certificate", file)
		}
		target.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	}
	if image := env("IMAGE"); image != "" {
		target.Tasks = marathontest.BusyboxTasks(image)
	}
	return target, true
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
