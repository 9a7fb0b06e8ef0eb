package api

import (
	_ "embed" // openapi.yaml
	"encoding/json"
	"fmt"
	"net/http"

	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var openapi []byte

// document is openapi.yaml as JSON.
func document() ([]byte, error) {
	var content any
	if err := yaml.Unmarshal(openapi, &content); err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	document, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("write openapi.json: %w", err)
	}
	return document, nil
}

// showDocument handles GET /openapi.json.
func (a *api) showDocument(w http.ResponseWriter, r *http.Request) error {
	return a.answer(w, r, http.StatusOK, json.RawMessage(a.document))
}
