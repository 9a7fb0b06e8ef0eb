package onebox

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// refusedAt sends a definition and returns the status, the message and, by place,
// what is wrong.
func (f *fixture) refusedAt(method, path, body string) (int, string, map[string]string) {
	f.t.Helper()
	status, text := f.raw(method, path, body)
	var said struct {
		Message string          `json:"message"`
		Details json.RawMessage `json:"details"`
	}
	var list []detail
	if err := json.Unmarshal(text, &said); err != nil {
		f.t.Fatalf("%s: %v", text, err)
	}
	places := map[string]string{}
	if json.Unmarshal(said.Details, &list) != nil {
		places[""] = string(said.Details)
	}
	for _, d := range list {
		places[d.Path] = strings.Join(d.Errors, "; ")
	}
	return status, said.Message, places
}

func TestAPI_WhatDoesNotFitTheSchemaIsInvalidJSONWithItsPlace(t *testing.T) {
	f := newFixture(t, dry)
	const docker = `"networks":[{"mode":"container/bridge"}],"container":{"docker":`
	for members, want := range map[string][2]string{
		`"cpus":0`:                           {"/cpus", "error.min"},
		`"mem":-1`:                           {"/mem", "error.min"},
		`"mem":1e400`:                        {"/mem", "error.max"},
		`"mem":-1e400`:                       {"/mem", "error.min"},
		`"disk":-0.5`:                        {"/disk", "error.min"},
		`"instances":-1`:                     {"/instances", "error.min"},
		`"instances":1.5`:                    {"/instances", "error.expected.int"},
		`"instances":3e9`:                    {"/instances", "error.expected.int"},
		`"gpus":-1`:                          {"/gpus", "error.min"},
		`"backoffFactor":0.9`:                {"/backoffFactor", "error.min"},
		`"backoffSeconds":-1`:                {"/backoffSeconds", "error.min"},
		`"backoffSeconds":1e300`:             {"/backoffSeconds", "error.expected.int"},
		`"maxLaunchDelaySeconds":-1`:         {"/maxLaunchDelaySeconds", "error.min"},
		`"maxLaunchDelaySeconds":2147483648`: {"/maxLaunchDelaySeconds", "error.expected.int"},
		`"taskKillGracePeriodSeconds":-1`:    {"/taskKillGracePeriodSeconds", "error.min"},
		`"killSelection":"ANY"`:              {"/killSelection", "error.unknown.enum.literal"},
		`"killSelection":7`:                  {"/killSelection", "error.unknown.enum.literal"},
		`"cmd":""`:                           {"/cmd", "error.minLength"},
		`"executor":"/"`:                     {"/executor", "error.pattern"},
		`"unreachableStrategy":"enabled"`:    {"/unreachableStrategy", "error.unknown.enum.literal"},
		`"unreachableStrategy":7`:            {"/unreachableStrategy", "error.expected.jsobject"},
		`"unreachableStrategy":{"inactiveAfterSeconds":-1}`:           {"/unreachableStrategy/inactiveAfterSeconds", "error.min"},
		`"unreachableStrategy":{"expungeAfterSeconds":"x"}`:           {"/unreachableStrategy/expungeAfterSeconds", "error.expected.jsnumber"},
		`"resourceLimits":{"cpus":"lots"}`:                            {"/resourceLimits/cpus", "error.unknown.enum.literal"},
		`"resourceLimits":{"mem":[]}`:                                 {"/resourceLimits/mem", "error.expected.jsnumber"},
		`"ports":[0,70000]`:                                           {"/ports(1)", "error.max"},
		`"portDefinitions":[{"port":-1}]`:                             {"/portDefinitions(0)/port", "error.min"},
		`"portDefinitions":[{},{"name":"X_"}]`:                        {"/portDefinitions(1)/name", "error.pattern"},
		`"portDefinitions":[{"protocol":"sctp"}]`:                     {"/portDefinitions(0)/protocol", "error.unknown.enum.literal"},
		`"networks":[{"mode":"x"}]`:                                   {"/networks(0)/mode", "error.unknown.enum.literal"},
		`"fetch":[{"extract":true}]`:                                  {"/fetch(0)/uri", "error.path.missing"},
		docker + `{}}`:                                                {"/container/docker/image", "error.path.missing"},
		docker + `{"image":""}}`:                                      {"/container/docker/image", "error.minLength"},
		docker + `{"image":"i","network":"FOO"}}`:                     {"/container/docker/network", "error.unknown.enum.literal"},
		docker + `{"image":"i","parameters":[{"value":"x"}]}}`:        {"/container/docker/parameters(0)/key", "error.path.missing"},
		docker + `{"image":"i"},"type":"RKT"}`:                        {"/container/type", "error.unknown.enum.literal"},
		docker + `{"image":"i"},"volumes":[{"mode":"RW"}]}`:           {"/container/volumes(0)/containerPath", "error.path.missing"},
		docker + `{"image":"i"},"portMappings":[{"hostPort":65536}]}`: {"/container/portMappings(0)/hostPort", "error.max"},
		`"healthChecks":[{},{"protocol":"UDP"}]`:                      {"/healthChecks(1)/protocol", "error.unknown.enum.literal"},
		`"healthChecks":[{"maxConsecutiveFailures":-1}]`:              {"/healthChecks(0)/maxConsecutiveFailures", "error.min"},
		`"healthChecks":[{"gracePeriodSeconds":1e18}]`:                {"/healthChecks(0)/gracePeriodSeconds", "error.expected.int"},
		`"healthChecks":[{"protocol":"COMMAND","command":{}}]`:        {"/healthChecks(0)/command/value", "error.path.missing"},
		`"readinessChecks":[{"httpStatusCodesForReady":[99]}]`:        {"/readinessChecks(0)/httpStatusCodesForReady(0)", "error.min"},
	} {
		if !strings.Contains(members, `"cmd"`) && !strings.Contains(members, "docker") {
			members += `,"cmd":"sleep 1"`
		}
		for at, send := range map[string]func() (int, string, map[string]string){
			"": func() (int, string, map[string]string) {
				return f.refusedAt("POST", "/v2/apps", `{"id":"/a",`+members+`}`)
			},
			"(1)": func() (int, string, map[string]string) {
				return f.refusedAt("PUT", "/v2/apps", `[`+small("/b")+`,{"id":"/a",`+members+`}]`)
			},
			"/apps(0)": func() (int, string, map[string]string) {
				return f.refusedAt("PUT", "/v2/groups", `{"apps":[{"id":"a",`+members+`}]}`)
			},
		} {
			status, message, places := send()
			if status != 422 || message != "Invalid JSON" || len(places) != 1 || places[at+want[0]] != want[1] {
				t.Errorf("%s: %d %s %v, want %s at %s", members, status, message, places, want[1], at+want[0])
			}
		}
	}
	if list := f.list("/v2/deployments"); len(list) > 0 {
		t.Errorf("something was begun: %v", list)
	}
}

func TestAPI_NamesEveryPlaceThatDoesNotFit(t *testing.T) {
	f := newFixture(t, dry)
	_, _, places := f.refusedAt("POST", "/v2/apps", `{"id":"/a","cpus":-1,"mem":"x","killSelection":"y","upgradeStrategy":{"minimumHealthCapacity":7}}`)
	if fmt.Sprint(places) != "map[/cpus:error.min /killSelection:error.unknown.enum.literal /mem:error.expected.jsnumber]" {
		t.Errorf("%v", places)
	}
}

func TestAPI_ReadsNumbersAndWordsAsMarathonDoes(t *testing.T) {
	f := newFixture(t, dry)
	f.expect(201, "POST", "/v2/apps", `{"id":"/a","networks":[{"mode":"container/bridge"}],"container":{"docker":{"image":"img:1"}},"cpus":1e-1,"mem":3.2e1,"disk":-0,"gpus":-0.0,"instances":1.0,"maxLaunchDelaySeconds":2147483647,
		"killSelection":"oldest_first","healthChecks":[{"protocol":"tcp","gracePeriodSeconds":2147483647}],"INSTANCES":7,"Labels":{"a":"b"}}`)
	a := f.app("/a")
	check := a["healthChecks"].([]any)[0].(map[string]any)
	if a["instances"] != 1.0 || a["killSelection"] != "OLDEST_FIRST" || check["protocol"] != "TCP" || len(a["labels"].(map[string]any)) > 0 {
		t.Errorf("%v", a)
	}
	if text := fmt.Sprint(a["disk"], a["gpus"]); text != "0 0" {
		t.Errorf("nothing is told as %s", text)
	}
	f.idle()
}

func TestAPI_AbsurdNumbersAreRefusedWithABound(t *testing.T) {
	f := newFixture(t, dry)
	for members, want := range map[string][2]string{
		`"disk":1e30`:                        {"/disk", "got 1E+30, expected between 0.0 and 1000000000000.0"},
		`"mem":1e30`:                         {"/mem", "got 1E+30, expected between 0.0 and 1000000000.0"},
		`"cpus":1e9`:                         {"/cpus", "got 1000000000.0, expected between 0.0 and 1000000.0"},
		`"instances":1000000000`:             {"/instances", "got 1000000000.0, expected between 0.0 and 1000.0"},
		`"taskKillGracePeriodSeconds":86400`: {"/taskKillGracePeriodSeconds", "got 86400.0, expected between 0.0 and 3600.0"},
	} {
		status, message, places := f.refusedAt("POST", "/v2/apps", `{"id":"/a","cmd":"sleep 1",`+members+`}`)
		if status != 422 || message != "Object is not valid" || places[want[0]] != want[1] {
			t.Errorf("%s: %d %s %v", members, status, message, places)
		}
	}
	for _, number := range []string{"NaN", "Infinity", "-Infinity", "0x10", "01", "+1", ".5", "1."} {
		if status, message, _ := f.refusedAt("POST", "/v2/apps", `{"id":"/a","cmd":"sleep 1","mem":`+number+`}`); status != 400 || message != "Invalid JSON" {
			t.Errorf("%s: %d %s", number, status, message)
		}
	}
}

func TestAPI_HalfCharactersAreNotSilentlyChanged(t *testing.T) {
	f := newFixture(t, dry)
	for text, ok := range map[string]bool{
		`\ud800`: false, `\udc00`: false, `\ud800\ud800\udc00`: false, `\udc00\ud800`: false, `a\uD83Db`: false, `\\\ud800`: false, `\ud800\\udc00`: false,
		`\ud83d\ude00`: true, `\\ud800`: true, `\\\\ud800`: true, `\u00e4`: true, `\ufffd`: true, "\U0001f600": true,
	} {
		for _, body := range []string{small("/a", `"labels":{"x":"`+text+`"}`), small("/a", `"labels":{"x`+text+`":"y"}`)} {
			status, message, places := f.refusedAt("PUT", "/v2/apps/a?force=true", body)
			if ok && status >= 300 || !ok && (status != 400 || message != "Invalid JSON" || !strings.Contains(places[""], "half of a character")) {
				t.Errorf("%s: %d %s %v", body, status, message, places)
			}
		}
	}
}

func TestAPI_TextAfterTheDefinitionIsNotOverlooked(t *testing.T) {
	f := newFixture(t, dry)
	for _, more := range []string{"x", "{}", "]", `"mem":1e2`} {
		if status, message, _ := f.refusedAt("POST", "/v2/apps", small("/a", `"disk":1.0`)+more); status != 400 || message != "Invalid JSON" {
			t.Errorf("%s: %d %s", more, status, message)
		}
	}
}

func TestSeconds_AreNeverMoreThanAYear(t *testing.T) {
	for s, want := range map[float64]string{-1: "0s", 0: "0s", 0.5: "500ms", 1e300: "8760h0m0s", 2147483647: "8760h0m0s"} {
		if got := seconds(s).String(); got != want {
			t.Errorf("%v: %s", s, got)
		}
	}
}
