package api

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// How much of a list is sent at once.
const (
	defaultLimit = 50
	maxLimit     = 200
)

// part is which part of a list is asked for: what stands behind the thing with
// the id after. Ids grow and are never used again, so nothing is left out or
// told twice when something is made in between.
type part struct {
	limit int
	after int64 // 0 for the beginning
}

// readPart reads the query parameters limit and cursor.
func readPart(r *http.Request) (part, error) {
	p, query := part{limit: defaultLimit}, r.URL.Query()
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxLimit {
			return p, mistaken("limit", fmt.Sprintf("“limit” is a number from 1 to %d.", maxLimit))
		}
		p.limit = n
	}
	if text := query.Get("cursor"); text != "" {
		after, err := readCursor(text)
		if err != nil {
			return p, err
		}
		p.after = after
	}
	return p, nil
}

const cursorPrefix = "after:"

func writeCursor(id int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + strconv.FormatInt(id, 10)))
}

func readCursor(text string) (int64, error) {
	plain, err := base64.RawURLEncoding.Strict().DecodeString(text)
	number, ok := strings.CutPrefix(string(plain), cursorPrefix)
	id, wrong := strconv.ParseInt(number, 10, 64)
	if err != nil || !ok || wrong != nil || id < 1 || writeCursor(id) != text {
		return 0, mistaken("cursor", "This is not a cursor of ours. Take it from “next” of the part before, or leave it out.")
	}
	return id, nil
}

// list answers with one part of a list. items are those behind the cursor, and
// one more than the limit if there are more.
func list[T, W any](a *api, w http.ResponseWriter, r *http.Request, p part, items []T, id func(T) int64, shape func(T) W) error {
	more := len(items) > p.limit
	return listPart(a, w, r, p, items[:min(len(items), p.limit)], more, id, shape)
}

// listPart is list where it is known already whether there are more.
func listPart[T, W any](a *api, w http.ResponseWriter, r *http.Request, p part, items []T, more bool, id func(T) int64, shape func(T) W) error {
	page := all(items, shape)
	if more {
		page.Next = writeCursor(id(items[len(items)-1]))
		w.Header().Set("Link", "<"+r.URL.Path+"?"+url.Values{"limit": {strconv.Itoa(p.limit)}, "cursor": {page.Next}}.Encode()+`>; rel="next"`)
	}
	return a.answer(w, r, http.StatusOK, page)
}

// oldestFirst sorts by id, and leaves out what stands before the part.
func oldestFirst[T any](p part, items []T, id func(T) int64) []T {
	slices.SortFunc(items, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	return slices.DeleteFunc(items, func(item T) bool { return id(item) <= p.after })
}

// newestFirst is oldestFirst the other way round.
func newestFirst[T any](p part, items []T, id func(T) int64) []T {
	slices.SortFunc(items, func(a, b T) int { return cmp.Compare(id(b), id(a)) })
	return slices.DeleteFunc(items, func(item T) bool { return p.after != 0 && id(item) >= p.after })
}
