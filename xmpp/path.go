package xmpp

import (
	"iter"
	"strings"
)

// Value is what a path leads to: the text of an element or the value of an
// attribute, references resolved, and where it stands in the bytes that the
// element was parsed from.
type Value struct {
	Text       string
	Start, End int
	Element    Element // the element, or the one that has the attribute
}

// Path yields what path leads to, in document order. A path is steps divided
// by "/", of which the first is the element itself: "message/body",
// "iq/{jabber:iq:roster}query/item/@jid". A step is a local name, "*" for
// any, or either with its namespace in braces before it; a last step that
// begins with "@" is an attribute, named as written.
func (e Element) Path(path string) iter.Seq[Value] {
	return func(yield func(Value) bool) {
		if !e.IsZero() {
			e.walk(SplitPath(path), yield)
		}
	}
}

// walk yields what steps lead to, of which the first must match e.
func (e Element) walk(steps []string, yield func(Value) bool) bool {
	if len(steps) == 0 || !e.matches(steps[0]) {
		return true
	}
	if len(steps) == 1 {
		start, end := e.ContentSpan()
		return yield(Value{e.Text(), start, end, e})
	}
	if name, ok := strings.CutPrefix(steps[1], "@"); ok {
		a, ok := e.Attribute(name)
		return !ok || len(steps) > 2 || yield(Value{a.Value(), a.Start, a.End, e})
	}
	for c := range e.Children() {
		if !c.walk(steps[1:], yield) {
			return false
		}
	}
	return true
}

// matches reports whether e is what a step asks for.
func (e Element) matches(step string) bool {
	if rest, ok := strings.CutPrefix(step, "{"); ok {
		space, local, ok := strings.Cut(rest, "}")
		return ok && e.Space() == space && e.matches(local)
	}
	return step == "*" || string(e.Local()) == step
}

// SplitPath returns the steps of a path, see [Element.Path]: it is divided at
// "/" outside braces, since namespaces have slashes.
func SplitPath(path string) []string {
	var steps []string
	start, depth := 0, 0
	for i := range len(path) {
		switch path[i] {
		case '{':
			depth++
		case '}':
			depth--
		case '/':
			if depth <= 0 {
				steps = append(steps, path[start:i])
				start = i + 1
			}
		}
	}
	return append(steps, path[start:])
}
