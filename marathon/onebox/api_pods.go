package onebox

import "net/http"

// noPods are the methods of /v2/pods. Clients ask with HEAD whether there are
// pods, and take 404 for no.
func noPods() map[string]endpoint {
	refuse := func(http.ResponseWriter, *http.Request) error {
		return &apiError{Status: http.StatusNotImplemented, Message: "Pods are not supported by this engine. Use an app for each container."}
	}
	ask := func(w http.ResponseWriter, r *http.Request) error {
		if r.Method == http.MethodHead {
			return notFound("Pods are not supported by this engine.")
		}
		return refuse(w, r)
	}
	return map[string]endpoint{"GET": ask, "POST": refuse, "PUT": refuse, "DELETE": refuse}
}
