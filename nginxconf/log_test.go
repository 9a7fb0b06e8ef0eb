package nginxconf

import (
	"bytes"
	"log"
	"log/slog"
	"strings"
	"testing"
)

func TestLogFilter_PassesOnOnlyTrouble(t *testing.T) {
	var got bytes.Buffer
	logger := log.New(LogFilter(slog.New(slog.NewTextHandler(&got, nil))), "", log.LstdFlags|log.Lmicroseconds)
	logger.Print("[DEBUG] (runner) final config: {\n  \"Token\": \"s3cret\"\n}")
	logger.Print("[INFO] (runner) starting")
	logger.Print("[TRACE] (view) fetching")
	if got.Len() > 0 {
		t.Errorf("it wrote %q", got.String())
	}
	logger.Print("[WARN] (view) no answer")
	logger.Print("[ERR] (runner) trouble with [INFO] in it")
	logger.Print("http: a line of somebody else")
	logger.Print("[WARN] (view) no answer")
	if count := strings.Count(got.String(), "no answer"); count != 1 {
		t.Errorf("a line is repeated %d times", count)
	}
	for _, want := range []string{"no answer", "trouble with [INFO] in it", "somebody else"} {
		if !strings.Contains(got.String(), want) {
			t.Errorf("%q is missing in %q", want, got.String())
		}
	}
}
