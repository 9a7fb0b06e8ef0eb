//go:build integration

package catalog_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedbed/catalog/images/imagestest"
)

// get asks for a page, following no redirect, as a visitor of a host.
func get(t *testing.T, c *imagestest.Container, host, path string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL(path), nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	answer, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func staticSite(t *testing.T, folder string, env map[string]string) *imagestest.Container {
	t.Helper()
	docker := imagestest.Docker(t)
	imagestest.Build(t, docker, "static-site")
	template := template(t, "static-site")
	c := imagestest.Run(t, docker, imagestest.Spec{
		Image: template.Image, Port: template.Port, Memory: template.Memory, Env: env,
		Mounts: map[string]string{template.Volumes[0].Path: folder}, Read: []string{template.Volumes[0].Path},
	})
	c.WaitForPage(template.Health.Path)
	return c
}

func put(t *testing.T, folder, name, content string) {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readable(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestStaticSite_WelcomesUntilThereIsAStartPage(t *testing.T) {
	folder := readable(t)
	c := staticSite(t, folder, map[string]string{"SITE_TITLE": `Café <script>alert("1")</script> & ’s`, "LISTING": "off", "SEARCH": "on"})
	answer, body := get(t, c, "x.localhost", "/")
	if answer.StatusCode != 200 || !strings.Contains(body, `<h1>Café &#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62; &#38; ’s</h1>`) {
		t.Errorf("the welcome page is %d\n%s", answer.StatusCode, body)
	}
	put(t, folder, "index.html", "<p>mine</p>")
	if _, body := get(t, c, "x.localhost", "/"); body != "<p>mine</p>" {
		t.Errorf("the start page is %q", body)
	}
	if took, status := c.Stop(); status != 0 {
		t.Errorf("stopping took %v and ended with status %d", took, status)
	}
}

func TestStaticSite_HandsOutFilesAndNothingElse(t *testing.T) {
	folder := readable(t)
	put(t, folder, "docs/guide.html", "<p>été</p>")
	put(t, folder, "styles.css", strings.Repeat("body {} ", 200))
	put(t, folder, ".git/config", "secret")
	for link, target := range map[string]string{"passwd": "/etc/passwd", "etc": "/etc", "docs/loop": "../styles.css"} {
		if err := os.Symlink(target, filepath.Join(folder, link)); err != nil {
			t.Fatal(err)
		}
	}
	c := staticSite(t, folder, map[string]string{"SITE_TITLE": "x", "LISTING": "off", "SEARCH": "on"})
	for path, want := range map[string]int{
		"/docs/guide.html": 200, "/docs": 301, "/docs/": 404, "/.git/config": 404, "/.git/": 404, "/nothing": 404,
		"/passwd": 404, "/etc/passwd": 404, "/docs/loop": 404, "/..%2f..%2fetc/passwd": 400, "/docs/..%2f.git/config": 404, "/robots.txt": 404,
	} {
		if answer, _ := get(t, c, "x.localhost", path); answer.StatusCode != want {
			t.Errorf("%s answers %d, want %d", path, answer.StatusCode, want)
		}
	}
	answer, _ := get(t, c, "x.localhost:8480", "/docs")
	if got := answer.Header.Get("Location"); got != "/docs/" {
		t.Errorf("a folder leads to %q", got)
	}
	answer, _ = get(t, c, "x.localhost", "/docs/guide.html")
	for header, want := range map[string]string{"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Robots-Tag": ""} {
		if got := answer.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	if answer.Header.Get("Etag") == "" {
		t.Error("no ETag")
	}
}

func TestStaticSite_HasAPageForWhatIsNotThere(t *testing.T) {
	folder := readable(t)
	put(t, folder, "docs/guide.pdf", "x")
	if err := os.Symlink("/etc/passwd", filepath.Join(folder, "passwd")); err != nil {
		t.Fatal(err)
	}
	c := staticSite(t, folder, map[string]string{"SITE_TITLE": "x", "LISTING": "off", "SEARCH": "off"})
	missing := []string{"/nothing", "/docs/", "/docs/nothing.html", "/passwd", "/.git/config", "/404.html"}
	for _, path := range missing {
		answer, body := get(t, c, "x.localhost", path)
		if answer.StatusCode != 404 || !strings.Contains(body, "<h1>There is no such page</h1>") || answer.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s answers %d\n%s", path, answer.StatusCode, body)
		}
		if answer.Header.Get("X-Content-Type-Options") != "nosniff" || answer.Header.Get("X-Robots-Tag") == "" {
			t.Errorf("%s has the headers %v", path, answer.Header)
		}
	}
	put(t, folder, "404.html", "<p>ours</p>")
	for _, path := range missing[:5] {
		if answer, body := get(t, c, "x.localhost", path); answer.StatusCode != 404 || body != "<p>ours</p>" {
			t.Errorf("%s answers %d\n%s", path, answer.StatusCode, body)
		}
	}
}

func TestStaticSite_ListsAndHidesAsAsked(t *testing.T) {
	folder := readable(t)
	put(t, folder, "docs/guide.pdf", "x")
	put(t, folder, "robots.txt", "User-agent: *\nAllow: /\n")
	c := staticSite(t, folder, map[string]string{"SITE_TITLE": "x", "LISTING": "on", "SEARCH": "off"})
	if answer, body := get(t, c, "x.localhost", "/docs/"); answer.StatusCode != 200 || !strings.Contains(body, "guide.pdf") {
		t.Errorf("the folder answers %d\n%s", answer.StatusCode, body)
	}
	answer, body := get(t, c, "x.localhost", "/robots.txt")
	if answer.Header.Get("X-Robots-Tag") != "noindex, nofollow" || body != "User-agent: *\nDisallow: /\n" {
		t.Errorf("robots.txt is %q", body)
	}
}
