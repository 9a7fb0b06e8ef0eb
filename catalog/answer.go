package catalog

import (
	"fmt"
	"net/netip"
	"path"
	"strconv"
	"strings"

	"github.com/distribution/reference"

	"seedbed"
)

// parseImage reads the name of a container image as people write it, and
// returns it in full: "nginx" becomes "docker.io/library/nginx:latest".
func parseImage(s string) (full, mistake string) {
	if s == "" {
		return "", "Name the image, for example “nginx:1.27”."
	}
	if strings.Contains(s, "://") {
		return "", "This is a web address. The name of an image has no “https://” before it."
	}
	named, err := reference.ParseNormalizedNamed(s)
	if err != nil {
		return "", "This is not the name of an image. One looks like “nginx:1.27”, in small letters."
	}
	if !isPublicRegistry(reference.Domain(named)) {
		return "", "The registry of an image is named by its host name, as in “registry.example.org/guide:2”, not by a number or as this machine itself."
	}
	return reference.TagNameOnly(named).String(), ""
}

// isPublicRegistry refuses registries that are named as addresses or as the
// machine itself: Docker asks some of those without encryption, and they are
// how one reaches what is not meant to be reached from outside.
func isPublicRegistry(domain string) bool {
	host, _, _ := strings.Cut(domain, ":")
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if _, err := netip.ParseAddr(host); err == nil || strings.HasPrefix(domain, "[") {
		return false
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64) // "127.1" and "0x7f.1" are addresses as well
	return strings.Contains(host, ".") && err != nil && last != "localhost" && last != "internal"
}

// parseNumber reads a whole number in the question's range.
func parseNumber(q seedbed.Question, s string) (tidy, mistake string) {
	n, err := strconv.Atoi(s)
	if err != nil || n < q.Min || n > q.Max || strings.HasPrefix(s, "+") {
		return "", fmt.Sprintf("This is a whole number from %d to %d.", q.Min, q.Max)
	}
	return strconv.Itoa(n), ""
}

// parsePage reads the path of a page of a site.
func parsePage(s string) (tidy, mistake string) {
	if !webGrammar.MatchString(s) || strings.HasPrefix(s, "//") {
		return "", "This is the part of an address behind the host name. It begins with “/”, as in “/health”."
	}
	return s, ""
}

// systemFolders belong to the system inside a container, with all below them;
// topFolders hold too much of it to be covered whole.
var (
	systemFolders = []string{"/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/proc", "/run", "/sbin", "/sys", "/usr/bin", "/usr/lib", "/usr/sbin", "/var/run"}
	topFolders    = []string{"/root", "/tmp", "/usr", "/var", "/var/lib"}
)

// parseFolder reads the path of a folder inside a container that a volume can
// be mounted at.
func parseFolder(s string) (tidy, mistake string) {
	if s != "/" {
		s = strings.TrimSuffix(s, "/")
	}
	if s == "/" {
		return "", "The whole container cannot be kept. Name the one folder in which the program keeps what must last, as in “/data”."
	}
	if !isCleanPath(s) {
		return "", "A folder begins with “/” and has letters, digits and . _ - between slashes, as in “/data” or “/app/media”."
	}
	for _, folder := range systemFolders {
		if within(s, folder) {
			return "", "“" + folder + "” belongs to the system inside the container. Name a folder of the program’s own, as in “/data”."
		}
	}
	for _, folder := range topFolders {
		if s == folder {
			return "", "“" + folder + "” holds more than the program’s own files. Name a folder inside it, as in “" + path.Join(folder, "guide") + "”."
		}
	}
	return s, ""
}
