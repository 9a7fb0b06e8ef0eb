package onebox

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/moby/api/types/registry"
)

// dockerHub is the name under which docker login keeps its password.
const dockerHub = "https://index.docker.io/v1/"

// maxAuthFile is how many bytes a file of passwords may have.
const maxAuthFile = 1 << 20

// authFile is Docker's config.json, as far as it holds passwords. Programs that
// hold them, credsStore and credHelpers, are not asked.
type authFile struct {
	Auths map[string]registry.AuthConfig `json:"auths"`
}

// fetchedAuths are where Marathon's users put a config.json that they fetch, as
// in docker.tar.gz; the second is its older form.
var fetchedAuths = []string{".docker/config.json", ".dockercfg"}

// authFor returns what Docker sends to an image's registry, encoded as its API
// wants it; empty if there is no password. What the app has fetched comes before
// what the operator has given. It is never logged.
func (d *docker) authFor(i *instance) (string, error) {
	named, err := reference.ParseNormalizedNamed(i.Spec.image().Image)
	if err != nil {
		return "", refusal{"the name of the image cannot be read"}
	}
	host := reference.Domain(named)
	if len(i.Spec.Fetch) > 0 {
		if auth, err := d.fetchedAuth(i, host); auth != "" || err != nil {
			return auth, err
		}
	}
	if d.registryAuth == "" {
		return "", nil
	}
	f, err := os.Open(d.registryAuth)
	if err != nil {
		return "", refusal{"the file of registries' passwords, -registry-auth, cannot be read"}
	}
	defer f.Close()
	return readAuth(f, host)
}

func (d *docker) fetchedAuth(i *instance, host string) (string, error) {
	box, err := d.boxes.OpenBox(i.TaskID())
	if err != nil {
		return "", err
	}
	defer box.Close()
	for _, name := range fetchedAuths {
		f, err := box.Open(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", refusal{"the fetched file " + name + " cannot be read"}
		}
		auth, err := readAuth(f, host)
		if err = errors.Join(err, f.Close()); auth != "" || err != nil {
			return auth, err
		}
	}
	return "", nil
}

// readAuth looks for a registry in a config.json, or in a .dockercfg, which has
// no more than what is in auths.
func readAuth(in io.Reader, host string) (string, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxAuthFile))
	if err != nil {
		return "", refusal{"the file of registries' passwords cannot be read"}
	}
	var file authFile
	if err := json.Unmarshal(text, &file); err != nil {
		return "", refusal{"the file of registries' passwords is not in the form of Docker's config.json"}
	}
	if file.Auths == nil {
		_ = json.Unmarshal(text, &file.Auths) // it has no such form, then
	}
	for _, name := range []string{host, "https://" + host, "http://" + host, "https://" + host + "/v1/", "https://" + host + "/v2/"} {
		if found, there := file.Auths[name]; there {
			return encodeAuth(found, name)
		}
	}
	if found, there := file.Auths[dockerHub]; there && host == "docker.io" {
		return encodeAuth(found, dockerHub)
	}
	return "", nil
}

func encodeAuth(a registry.AuthConfig, server string) (string, error) {
	if a.Auth != "" {
		plain, err := base64.StdEncoding.DecodeString(a.Auth)
		user, password, found := strings.Cut(string(plain), ":")
		if err != nil || !found {
			return "", refusal{"the password of the registry cannot be read: auth is to be USER:PASSWORD in base64"}
		}
		a.Username, a.Password, a.Auth = user, strings.TrimRight(password, "\x00"), ""
	}
	a.ServerAddress = server
	text, err := json.Marshal(a)
	if err != nil {
		return "", fmt.Errorf("write the password of the registry: %w", refusal{"it cannot be written"})
	}
	return base64.URLEncoding.EncodeToString(text), nil
}
