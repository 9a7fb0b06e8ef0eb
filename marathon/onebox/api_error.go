package onebox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// apiError is an answer that is an error, in Marathon's form.
type apiError struct {
	Status      int             `json:"-"`
	Message     string          `json:"message"`
	Details     any             `json:"details,omitempty"`
	Deployments []deploymentRef `json:"deployments,omitempty"`
}

// detail says what is wrong at one place of a definition.
type detail struct {
	Path   string   `json:"path"`
	Errors []string `json:"errors"`
}

// deploymentRef names a deployment.
type deploymentRef struct {
	ID string `json:"id"`
}

// Error returns the message and, if there are, the details.
func (e *apiError) Error() string {
	if details, ok := e.Details.([]detail); ok {
		return fmt.Sprintf("%s: %v", e.Message, details)
	}
	return e.Message
}

func notFound(format string, a ...any) error {
	return &apiError{Status: http.StatusNotFound, Message: fmt.Sprintf(format, a...)}
}

func appNotFound(id string) error { return notFound("App '%s' does not exist", id) }

func groupNotFound(id string) error { return notFound("Group '%s' does not exist", id) }

func unprocessable(format string, a ...any) error {
	return &apiError{Status: http.StatusUnprocessableEntity, Message: fmt.Sprintf(format, a...)}
}

// notValid is Marathon's answer to a definition that breaks its rules.
func notValid(details []detail) error {
	return &apiError{Status: http.StatusUnprocessableEntity, Message: "Object is not valid", Details: details}
}

// badShape is Marathon's answer to a text that does not fit its schema.
func badShape(details []detail) error {
	return &apiError{Status: http.StatusUnprocessableEntity, Message: "Invalid JSON", Details: details}
}

// locked is Marathon's answer while other deployments work on the same apps.
func locked(by []deploymentRef) error {
	return &apiError{
		Status: http.StatusConflict,
		Message: "App is locked by one or more deployments. Override with the option '?force=true'. " +
			"View details at '/v2/deployments/<DEPLOYMENT_ID>'.",
		Deployments: by,
	}
}

// tooManyDeployments is Marathon's answer while as many deployments are under
// way as may be; the missing space is Marathon's.
func tooManyDeployments() error {
	return &apiError{
		Status: http.StatusForbidden,
		Message: fmt.Sprintf("Max number (%d) of running deployments is achieved. Wait for existing deployments to complete or cancel one"+
			"using force=true parameter. You can increase max deployment number by using --max_running_deployments parameter "+
			"but be advised that this can have negative effects on the performance.", maxDeployments),
	}
}

// jsonMistake turns an error of encoding/json into Marathon's answer: broken
// text is 400, a value of the wrong type 422 with its place.
func jsonMistake(err error) error {
	var wrongType *json.UnmarshalTypeError
	if !errors.As(err, &wrongType) {
		return &apiError{Status: http.StatusBadRequest, Message: "Invalid JSON", Details: err.Error()}
	}
	return &apiError{
		Status:  http.StatusUnprocessableEntity,
		Message: "Invalid JSON",
		Details: []detail{{
			Path:   jsonPath(wrongType.Field),
			Errors: []string{"error.expected.js" + jsType(wrongType)},
		}},
	}
}

// embedded are the types that appInput embeds; encoding/json names them in the
// places of mistakes, but clients do not know them.
var embedded = []string{"app", "appVolume", "dockerImage", "portMapping"}

// jsonPath is a place of a mistake as Marathon writes it.
func jsonPath(field string) string {
	names := slices.DeleteFunc(strings.Split(field, "."), func(name string) bool { return slices.Contains(embedded, name) })
	return "/" + strings.Join(names, "/")
}

// jsType is Play's name of the JSON type that was expected.
func jsType(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind().String() {
	case "string":
		return "string"
	case "bool":
		return "boolean"
	case "slice", "array":
		return "array"
	case "struct", "map":
		return "object"
	default:
		return "number"
	}
}
