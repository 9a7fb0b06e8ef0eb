package httperror

import (
	"fmt"
	"net/http"
	"runtime/debug"
)

// Recover makes an error of a panic in next and hands it to fail, which answers
// in its own form. What ends a connection on purpose goes on.
func Recover(fail func(http.ResponseWriter, *http.Request, error)) func(next http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				switch v := recover(); v {
				case nil:
				case http.ErrAbortHandler:
					panic(v)
				default:
					fail(w, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()))
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}
