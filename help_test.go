package seedbed_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
)

func sprint(format string, a any) string { return fmt.Sprintf(format, a) }

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func asLog(v any) string {
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "v", v)
	return b.String()
}
