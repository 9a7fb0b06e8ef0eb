package templates

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// inspector reads a page token by token and notes what is wrong with it.
type inspector struct {
	open      []string
	ids       map[string]bool
	labels    map[string]bool // ids that labels are for
	inputs    []string        // ids of fields that need one
	described []string        // ids that others refer to
	headings  int
	mains     int
	words     strings.Builder
	button    int // where the words of the button that is open begin
	found     []string
}

// void are the elements without an end tag.
var void = []string{"meta", "link", "input", "br", "hr", "img"}

// faults returns what is wrong with a page.
func faults(page []byte) []string {
	i := &inspector{ids: map[string]bool{}, labels: map[string]bool{}}
	tokens := html.NewTokenizer(bytes.NewReader(page))
	for tokens.Next() != html.ErrorToken {
		i.take(tokens.Token())
	}
	i.conclude()
	return i.found
}

func (i *inspector) fault(format string, args ...any) {
	i.found = append(i.found, fmt.Sprintf(format, args...))
}

func (i *inspector) take(token html.Token) {
	switch token.Type {
	case html.TextToken:
		i.text(token.Data)
	case html.StartTagToken, html.SelfClosingTagToken:
		i.start(token)
	case html.EndTagToken:
		i.end(token.Data)
	}
}

func (i *inspector) text(text string) {
	if i.inside("pre") || i.inside("bdi") || i.inside("mark") || i.inside("span") {
		text = "x" // not our words
	}
	i.words.WriteString(text)
}

func (i *inspector) inside(tag string) bool { return slices.Contains(i.open, tag) }

func (i *inspector) start(token html.Token) {
	attributes := map[string]string{}
	for _, a := range token.Attr {
		attributes[a.Key] = a.Val
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Val, "javascript:") {
			i.fault("<%s> has %s=%q", token.Data, a.Key, a.Val)
		}
	}
	i.element(token.Data, attributes)
	i.id(attributes)
	if token.Type == html.StartTagToken && !slices.Contains(void, token.Data) {
		i.open = append(i.open, token.Data)
	}
}

func (i *inspector) element(tag string, attributes map[string]string) {
	switch {
	case tag == "style", tag == "script" && attributes["src"] == "":
		i.fault("inline <%s>", tag)
	case tag == "h1":
		i.headings++
	case tag == "label":
		i.labels[attributes["for"]] = true
	case tag == "select", tag == "textarea", tag == "input" && attributes["type"] != "hidden":
		i.inputs = append(i.inputs, attributes["id"])
	case tag == "button":
		i.button = i.words.Len()
	}
	if slices.Contains(strings.Fields(attributes["class"]), "main") {
		i.mains++
	}
}

func (i *inspector) id(attributes map[string]string) {
	i.described = append(i.described, strings.Fields(attributes["aria-describedby"])...)
	id, ok := attributes["id"]
	if !ok {
		return
	}
	if i.ids[id] || id == "" {
		i.fault("id %q is there twice, or empty", id)
	}
	i.ids[id] = true
}

func (i *inspector) end(tag string) {
	if len(i.open) == 0 || i.open[len(i.open)-1] != tag {
		i.fault("</%s> while %v are open", tag, i.open)
		return
	}
	i.open = i.open[:len(i.open)-1]
	if tag == "button" && strings.TrimSpace(i.words.String()[i.button:]) == "" {
		i.fault("a button says nothing")
	}
}

// shouts finds what LOOK.md forbids in our words.
func shouts() *regexp.Regexp {
	return regexp.MustCompile(`(?i)[a-z]!|@[a-z]+\(|successfully|please wait|oops`)
}

func (i *inspector) conclude() {
	if len(i.open) > 0 {
		i.fault("%v never end", i.open)
	}
	if i.headings != 1 {
		i.fault("%d main headings", i.headings)
	}
	if i.mains > 1 {
		i.fault("%d main buttons", i.mains)
	}
	for _, id := range i.inputs {
		if !i.labels[id] || id == "" {
			i.fault("field %q has no label", id)
		}
	}
	for _, id := range i.described {
		if !i.ids[id] {
			i.fault("nothing has the id %q that describes a field", id)
		}
	}
	if word := shouts().FindString(i.words.String()); word != "" {
		i.fault("says %q", word)
	}
}
