package onebox

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/moby/moby/api/types/registry"
)

func TestReadAuth_FindsTheRegistryInEveryForm(t *testing.T) {
	auth := base64.StdEncoding.EncodeToString([]byte("me:a:b"))
	for text, host := range map[string]string{
		`{"auths":{"reg:5000":{"auth":"` + auth + `"}}}`:                    "reg:5000",
		`{"auths":{"https://reg":{"username":"me","password":"a:b"}}}`:      "reg",
		`{"auths":{"https://index.docker.io/v1/":{"auth":"` + auth + `"}}}`: "docker.io",
		`{"reg":{"auth":"` + auth + `","email":"x"}}`:                       "reg",
	} {
		got, err := readAuth(strings.NewReader(text), host)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		plain, err := base64.URLEncoding.DecodeString(got)
		var a registry.AuthConfig
		if err == nil {
			err = json.Unmarshal(plain, &a)
		}
		if err != nil || a.Username != "me" || a.Password != "a:b" || a.ServerAddress == "" {
			t.Errorf("%s becomes %s (%v)", text, plain, err)
		}
		if other, err := readAuth(strings.NewReader(text), "other"); other != "" || err != nil {
			t.Errorf("%s: another registry gets %q (%v)", text, other, err)
		}
	}
	for _, text := range []string{"no json", `{"auths":{"reg":{"auth":"geheim"}}}`, `{"auths":{"reg":{"auth":"Z2VoZWlt"}}}`} {
		if got, err := readAuth(strings.NewReader(text), "reg"); err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: %q %v", text, got, err)
		}
	}
}
