package marathontest_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"seedbed/marathon/marathontest"
)

// TestElsewhere_IsAMarathon checks the Marathon that the environment names:
// SEEDBED_TEST_MARATHON_URL (of several, split by commas, the first that answers),
// _USER, _PASSWORD_FILE, _CA (a PEM file) and _IMAGE (an image with busybox;
// without one, busybox:1 is pulled). Without an address there is nothing
// elsewhere, and the test ends.
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
	target.URL, target.Onebox = leader(t, target)
	return target, true
}

// leader returns the first of the target's addresses that answers, and whether
// it is an engine of this project.
func leader(t *testing.T, target marathontest.Target) (string, bool) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second}
	if target.Transport != nil {
		client.Transport = target.Transport
	}
	for address := range strings.SplitSeq(target.URL, ",") {
		if build, err := buildOf(client, address, target); err == nil {
			return address, build == "onebox"
		}
	}
	t.Fatalf("none of %s answers", target.URL)
	return "", false
}

func buildOf(client *http.Client, address string, target marathontest.Target) (string, error) {
	req, err := http.NewRequest("GET", strings.TrimRight(address, "/")+"/v2/info", nil)
	if err != nil {
		return "", err
	}
	if target.Password != "" {
		req.SetBasicAuth(target.User, target.Password)
	}
	res, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var info struct{ BuildRef string }
	err = json.NewDecoder(res.Body).Decode(&info)
	return info.BuildRef, err
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
