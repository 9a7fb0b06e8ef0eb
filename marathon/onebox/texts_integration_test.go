//go:build integration

package onebox

import (
	"fmt"
	"strings"
	"testing"
)

// What is taken can be started: variables almost as large as all may be together.
func TestEngine_StartsWhatHasAllTheVariablesThatAreAllowed(t *testing.T) {
	r := newReal(t)
	vars := []string{fmt.Sprintf(`"LONGEST":%q`, strings.Repeat("x", maxProgramText-len("LONGEST=")-1))}
	for n := range (maxProgramTexts - maxProgramText) / (64<<10 + 32) {
		vars = append(vars, fmt.Sprintf(`"V%d":%q`, n, strings.Repeat("x", 64<<10)))
	}
	r.put(`{"mem":64,"env":{` + strings.Join(vars, ",") + `}}`)
	r.awaitSettled(1)
	r.put(fmt.Sprintf(`{"env":{"V":%q},"labels":{"a b":"1","a-b":"2"}}`, "x"))
	r.awaitSettled(1)
	env := r.inspect(r.app().Tasks[0].ID).Config.Env
	if text := strings.Join(env, "\n"); !strings.Contains(text, "MARATHON_APP_LABELS=A_B\n") || !strings.Contains(text, "MARATHON_APP_LABEL_A_B=2\n") {
		t.Errorf("%s", text)
	}
}
