package onebox

import (
	"net/http"
	"slices"
	"strings"
)

// choose returns what answers a request for a path that has these methods.
func choose(pattern string, methods map[string]endpoint, r *http.Request) endpoint {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	allowed := allowedAt(pattern, methods, r)
	switch {
	case methods[""] != nil:
		return methods[""]
	case len(allowed) == 0:
		return unknownURI
	case r.Method == http.MethodOptions:
		return tellAllowed(allowed)
	case !slices.Contains(allowed, method):
		return notAllowed(allowed)
	}
	return methods[method]
}

// allowedAt returns the methods of a path. Below /v2/apps they depend on how it
// ends.
func allowedAt(pattern string, methods map[string]endpoint, r *http.Request) []string {
	if pattern == belowApps {
		return appPathMethods(r.PathValue("path"))
	}
	return sortedKeys(methods)
}

// belowApps is the pattern of all paths below /v2/apps.
const belowApps = "/v2/apps/{path...}"

func appPathMethods(path string) []string {
	id, suffix, rest := splitPath(path)
	ofGroup := strings.HasSuffix(id, "/*")
	switch {
	case (suffix == "" || suffix == "tasks" && rest == "") && ofGroup:
		return []string{"GET"}
	case suffix == "":
		return []string{"DELETE", "GET", "PATCH", "PUT"}
	case suffix == "restart" && rest == "":
		return []string{"POST"}
	case suffix == "tasks" && rest == "":
		return []string{"DELETE", "GET"}
	case suffix == "tasks":
		return []string{"DELETE"}
	case suffix == "versions":
		return []string{"GET"}
	}
	return nil
}

// allow is the header that names the methods of a path.
func allow(methods []string) string {
	all := append(slices.Clone(methods), http.MethodOptions)
	if slices.Contains(all, http.MethodGet) {
		all = append(all, http.MethodHead)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// tellAllowed handles OPTIONS of every path. It allows no other origins anything.
func tellAllowed(methods []string) endpoint {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Allow", allow(methods))
		w.WriteHeader(http.StatusOK)
		return nil
	}
}

func notAllowed(methods []string) endpoint {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Allow", allow(methods))
		return &apiError{Status: http.StatusMethodNotAllowed, Message: "Method Not Allowed"}
	}
}
