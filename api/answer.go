package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// answer sends v. To GET it has an ETag made from its content, and is not sent
// again to who has it (RFC 9110, section 13.1.2).
func (a *api) answer(w http.ResponseWriter, r *http.Request, status int, v any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		tag := etag(body)
		w.Header().Set("ETag", tag)
		if given := r.Header.Get("If-None-Match"); given != "" && matches(strings.ReplaceAll(given, "W/", ""), tag) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	w.Header().Set("Content-Type", jsonType)
	w.WriteHeader(status)
	_, _ = w.Write(body) // who does not receive it has gone
	return nil
}

func encode(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write an answer: %w", err)
	}
	return append(body, '\n'), nil
}

func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// matches reports whether a list of tags, or "*", has the tag. One that is weak
// never does.
func matches(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if one = strings.TrimSpace(one); one == "*" || one == tag {
			return true
		}
	}
	return false
}

// unchanged returns nil if v is what the request says it has seen (If-Match), or
// if it says nothing of it.
func unchanged(r *http.Request, v any) error {
	headers := r.Header.Values("If-Match")
	if len(headers) == 0 {
		return nil
	}
	given := strings.Join(headers, ",")
	if strings.Trim(given, " \t,") == "" { // a variable that was not set is no consent to change anything
		return malformed("The header If-Match is empty. Give it the ETag that you have seen, or leave it out.")
	}
	body, err := encode(v)
	if err != nil {
		return err
	}
	if matches(given, etag(body)) {
		return nil
	}
	return &refusal{status: http.StatusPreconditionFailed, code: "changed_meanwhile", sentence: "It is no longer as you saw it, so nothing was changed. GET it again and look what is different."}
}
