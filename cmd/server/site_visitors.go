package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"seedbed"
	"seedbed/api/wire"
	"seedbed/templates"
)

// visitorsPath is where the API has how a site meets its visitors.
func visitorsPath(name string) string { return sitePath(name) + "/visitors" }

// siteVisitors is `seedbed sites visitors`: it shows how a site meets its
// visitors, or changes what stands behind its name.
func siteVisitors(ctx context.Context, args []string) error {
	c, passwords := newCommand("sites visitors", "NAME [WHAT=VALUE…]"), ""
	c.StringVar(&passwords, "passwords", "", "file with a name and its password on each line, “name:password”, in place of all that there are; - reads it from here")
	words, err := c.words(args)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return misused("this is written: seedbed sites visitors NAME [WHAT=VALUE…], such as maintenance=on; without WHAT it shows how they are met")
	}
	patch, err := visitorsPatch(words[1:], passwords)
	if err != nil {
		return err
	}
	if err := c.connect(); err != nil {
		return err
	}
	var seen wire.Visitors
	etag, err := c.Get(ctx, visitorsPath(words[0]), &seen)
	if err != nil || len(patch) == 0 {
		return c.showVisitors(seen, err)
	}
	return c.changeVisitors(ctx, words[0], seen, etag, patch)
}

// changeVisitors sends what is to be different, unless somebody changed it in the
// same moment.
func (c *command) changeVisitors(ctx context.Context, name string, seen wire.Visitors, etag string, patch map[string]any) error {
	var answer json.RawMessage
	if err := c.Patch(ctx, visitorsPath(name), etag, patch, &answer); err != nil {
		return err
	}
	var d wire.Deployment
	if err := json.Unmarshal(answer, &d); err == nil && d.ID != 0 {
		return c.begun(ctx, d, name, false)
	}
	var now wire.Visitors
	if err := json.Unmarshal(answer, &now); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if now.Version == seen.Version && !c.json {
		c.say(name, "is so already; nothing was changed.")
		return nil
	}
	return c.showVisitors(now, nil)
}

// visitorsPatch reads WHAT=VALUE.
func visitorsPatch(words []string, passwords string) (map[string]any, error) {
	patch := map[string]any{}
	for _, word := range words {
		what, value, ok := strings.Cut(word, "=")
		if !ok || what == "" {
			return nil, misused("%s changes nothing; write it as what=value", visible(word))
		}
		read, err := visitorsValue(what, value)
		if err != nil {
			return nil, err
		}
		patch[what] = read
	}
	if passwords == "" {
		return patch, nil
	}
	keys, err := readPasswords(passwords)
	patch["keys"] = keys
	return patch, err
}

// visitorsValue reads a value as the API takes it; the server checks it.
func visitorsValue(what, value string) (any, error) {
	switch what {
	case "hosts":
		return strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }), nil
	case "to_main", "maintenance", "https", "strict":
		if value != "on" && value != "off" {
			return nil, misused("%s is on or off", what)
		}
		return value == "on", nil
	case "upload", "patience":
		n, err := strconv.Atoi(value)
		if err != nil {
			return nil, misused("%s is a whole number", what)
		}
		return n, nil
	case "audience", "language", "words":
		return value, nil
	}
	return nil, misused("there is no %s; it is one of hosts, to_main, audience, upload, patience, language, maintenance, words, https and strict", visible(what))
}

// readPasswords reads names with their passwords from a file: on the command line
// everybody on the machine could see them.
func readPasswords(path string) ([]wire.VisitorKey, error) {
	text, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	keys := []wire.VisitorKey{}
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, password, _ := strings.Cut(line, ":")
		keys = append(keys, wire.VisitorKey{Name: strings.TrimSpace(name), Password: password})
	}
	return keys, nil
}

// maxPasswords is how long a file of passwords may be, in bytes.
const maxPasswords = 64 << 10

// readSmall reads a small file, or what is typed or piped in for “-”.
func readSmall(path string) (string, error) {
	file, err := os.Open(path)
	if path == "-" {
		file, err = os.Stdin, nil
	}
	if err != nil {
		return "", fmt.Errorf("open the file of passwords: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxPasswords+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read the file of passwords: %w", err)
	case len(text) > maxPasswords:
		return "", misused("the file of passwords is longer than %d bytes", maxPasswords)
	}
	return string(text), nil
}

func (c *command) showVisitors(v wire.Visitors, err error) error {
	if err != nil {
		return err
	}
	if c.json {
		return c.printJSON(v)
	}
	return c.table([]string{"Main name", v.Hosts[0]}, visitorsRows(v))
}

func visitorsRows(v wire.Visitors) [][]string {
	names := make([]string, len(v.Keys))
	for i, key := range v.Keys {
		names[i] = key.Name
	}
	return [][]string{
		{"hosts", strings.Join(v.Hosts, " ")}, {"to_main", onOff(v.ToMain)}, {"audience", v.Audience}, {"Names", strings.Join(names, " ")},
		{"upload", fmt.Sprintf("%d (%s)", v.Upload, seedbed.UploadSaid(v.Upload))}, {"patience", fmt.Sprintf("%d (%s)", v.Patience, seedbed.PatienceSaid(v.Patience))},
		{"language", seedbed.LanguageSaid(v.Language)}, {"maintenance", onOff(v.Maintenance)}, {"words", v.Words}, {"https", onOff(v.HTTPS)}, {"strict", onOff(v.Strict)},
	}
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// siteVisits is `seedbed sites visits`.
func siteVisits(ctx context.Context, args []string) error {
	c := newCommand("sites visits", "NAME")
	words, err := c.prepared(args, "NAME")
	if err != nil {
		return err
	}
	var v wire.Visits
	if _, err := c.Get(ctx, sitePath(words[0])+"/visits", &v); err != nil {
		return err
	}
	if c.json {
		return c.printJSON(v)
	}
	hour, day := sumOf(v.Minutes), sumOf(v.Hours)
	return c.table([]string{"", "LAST HOUR", "LAST DAY"}, [][]string{
		{"Requests", fmt.Sprint(hour.Requests), fmt.Sprint(day.Requests)}, {"Errors", fmt.Sprint(hour.Errors), fmt.Sprint(day.Errors)},
		{"Slow", fmt.Sprint(hour.Slow), fmt.Sprint(day.Slow)}, {"Sent", templates.SizeSaid(hour.Bytes), templates.SizeSaid(day.Bytes)},
	})
}

func sumOf(counts []wire.VisitCount) (sum wire.VisitCount) {
	for _, c := range counts {
		sum.Requests, sum.Errors, sum.Slow, sum.Bytes = sum.Requests+c.Requests, sum.Errors+c.Errors, sum.Slow+c.Slow, sum.Bytes+c.Bytes
	}
	return sum
}
