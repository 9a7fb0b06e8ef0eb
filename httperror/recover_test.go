package httperror_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"seedbed/httperror"
)

func TestRecover_MakesAnErrorOfAPanic(t *testing.T) {
	var failed error
	guarded := httperror.Recover(func(w http.ResponseWriter, _ *http.Request, err error) {
		failed = err
		w.WriteHeader(httperror.Status(err))
	})(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("the roof is off") }))
	w := httptest.NewRecorder()
	guarded.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusInternalServerError || !strings.Contains(failed.Error(), "the roof is off") {
		t.Errorf("%d %v", w.Code, failed)
	}
}

func TestRecover_LetsAConnectionBeEndedOnPurpose(t *testing.T) {
	guarded := httperror.Recover(func(http.ResponseWriter, *http.Request, error) { t.Error("taken for a fault") })(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("it did not go on")
		}
	}()
	guarded.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
}
