package onebox

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

var keyCallbacks = []byte("callbacks")

// callbacks returns the callbacks on record.
func (s *store) callbacks() ([]callback, error) {
	var list []callback
	kept, err := s.meta(keyCallbacks)
	if err != nil || kept == nil {
		return nil, err
	}
	if err := json.Unmarshal(kept, &list); err != nil {
		return nil, fmt.Errorf("read the record of callbacks: %w", err)
	}
	return list, nil
}

// keepCallbacks puts the callbacks on record.
func (s *store) keepCallbacks(known map[string]callback) error {
	list := make([]callback, 0, len(known))
	for _, at := range slices.Sorted(maps.Keys(known)) {
		list = append(list, known[at])
	}
	return s.putMeta(keyCallbacks, list)
}
