package filter

import (
	"strings"

	"xmppscope/xmpp"
)

// Filter is a parsed expression. It is immutable and may be used from any
// goroutine. The zero Filter is the empty one, which matches everything.
type Filter struct {
	root   node
	leaves int
	facts  uint64 // bit n: Field n is asked for
	places *Places
}

// Parse reads an expression. The error, if any, is an [*Error].
func Parse(expression string) (*Filter, error) {
	p := newParser(expression)
	root := p.parse()
	if p.err != nil {
		return nil, p.err
	}
	return &Filter{root, p.leaves, p.facts, newPlaces(root.needs())}, nil
}

// String returns the expression in its plainest form; it means the same.
func (f *Filter) String() string {
	if f.root == nil {
		return ""
	}
	var b strings.Builder
	f.root.print(&b, 0)
	return b.String()
}

// Empty reports whether the filter matches everything because it asks for
// nothing.
func (f *Filter) Empty() bool {
	_, empty := f.root.(constant)
	return empty || f.root == nil
}

// Uses reports whether the answer depends on a field of the record.
func (f *Filter) Uses(field Field) bool { return f.facts>>field&1 != 0 }

// Cheap answers from what rec knows without its element and its bytes.
func (f *Filter) Cheap(rec Record) Verdict {
	m := Matcher{filter: f}
	return m.Cheap(rec)
}

// Match reports whether rec matches. It looks at the element and the bytes
// only if Cheap says Maybe.
func (f *Filter) Match(rec Record) bool {
	m := Matcher{filter: f}
	return m.Match(rec)
}

// Places returns what helps to skip bytes of which no row can match, or nil
// if nothing does.
func (f *Filter) Places() *Places { return f.places }

// Matcher returns a Matcher for records whose names are numbered alike.
func (f *Filter) Matcher() *Matcher {
	return &Matcher{filter: f, memories: make([][]seen, f.leaves)}
}

// Matcher applies a Filter to many records, and remembers by [Record.Name]
// what it found out, so that each distinct address is taken apart once. Only
// one goroutine at a time may use it; one scan has its own.
type Matcher struct {
	filter   *Filter
	memories [][]seen

	// While a record is looked at:
	rec     Record
	deep    bool
	parsed  bool // element and found are known
	found   bool
	element xmpp.Element
}

// maxMemory bounds the names that a Matcher remembers.
const maxMemory = 1 << 22

// Cheap is [Filter.Cheap].
func (m *Matcher) Cheap(rec Record) Verdict {
	if m.filter.root == nil {
		return Yes
	}
	m.rec, m.deep = rec, false
	return m.filter.root.eval(m)
}

// Match is [Filter.Match].
func (m *Matcher) Match(rec Record) bool {
	if v := m.Cheap(rec); v != Maybe {
		return v == Yes
	}
	m.deep, m.parsed = true, false
	matches := m.filter.root.eval(m) == Yes
	m.element = xmpp.Element{}
	return matches
}

// memory returns where a leaf remembers what it found out about name, or nil.
func (m *Matcher) memory(leaf int, name uint32) *seen {
	if m.memories == nil || name >= maxMemory {
		return nil
	}
	list := m.memories[leaf]
	if int(name) >= len(list) {
		grown := make([]seen, max(int(name)+1, 2*len(list), 256))
		copy(grown, list)
		m.memories[leaf], list = grown, grown
	}
	return &list[name]
}

// elementOf returns the record's element, found once.
func (m *Matcher) elementOf() (xmpp.Element, bool) {
	if !m.parsed {
		m.element, m.found = m.rec.Element()
		m.parsed = true
	}
	return m.element, m.found
}

// values yields the values of a fact that the element tells.
func (m *Matcher) values(fact Field, yield func(string) bool) {
	e, ok := m.elementOf()
	if !ok {
		return
	}
	attribute := ""
	switch fact {
	case FieldFrom:
		attribute = "from"
	case FieldTo:
		attribute = "to"
	case FieldID:
		attribute = "id"
	case FieldType:
		attribute = "type"
	case FieldPayload:
		payload(e, yield)
	case FieldBody:
		bodies(e, yield)
	case FieldError:
		if condition, ok := errorOf(e); ok {
			yield(condition)
		}
	}
	if attribute != "" {
		if v, ok := e.Attr(attribute); ok {
			yield(v)
		}
	}
}

// payload yields the names of what e carries: see [Record.Name].
func payload(e xmpp.Element, yield func(string) bool) {
	switch string(e.Local()) {
	case "message", "presence", "iq":
		for child := range e.Children() {
			if !yield(fullName(child)) {
				return
			}
		}
	default:
		yield(fullName(e))
	}
}

// bodies yields the text of each body of a message, of which there may be one
// for each language.
func bodies(e xmpp.Element, yield func(string) bool) {
	if string(e.Local()) != "message" {
		return
	}
	for child := range e.Children() {
		if string(child.Local()) == "body" && !yield(child.Text()) {
			return
		}
	}
}

func fullName(e xmpp.Element) string {
	if space := e.Space(); space != "" {
		return space + " " + string(e.Local())
	}
	return string(e.Local())
}

// errorOf returns the condition of an error, "" if it names none, and whether
// e is one.
func errorOf(e xmpp.Element) (string, bool) {
	s := xmpp.Summarize(xmpp.Frame{Kind: xmpp.KindElement, Raw: e.Raw()}, e.Scope())
	nonza := s.Class == xmpp.ClassNonza
	return string(s.Condition), s.Condition != nil || !nonza && string(s.Type) == "error"
}
