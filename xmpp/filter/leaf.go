package filter

import (
	"strconv"
	"strings"

	"xmppscope/xmpp"
)

// leaf is what comparisons have in common.
type leaf struct {
	field  *field
	op     operator
	values []value
}

func (l *leaf) print(b *strings.Builder, _ int) {
	b.WriteString(l.field.name)
	if l.op == opExists {
		return
	}
	b.WriteByte(' ')
	b.WriteString(l.op.String())
	b.WriteByte(' ')
	switch l.op {
	case opMatches:
		b.WriteString(quotedPattern(l.values[0].text))
	case opIn, opNotIn:
		b.WriteByte('{')
		for i, v := range l.values {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(quote(v.text))
		}
		b.WriteByte('}')
	default:
		b.WriteString(quote(l.values[0].text))
	}
}

// numberLeaf compares a number that only the record knows.
type numberLeaf struct {
	leaf
	fact   Field
	spans  []span
	differ bool // != and not in: none of spans may hold it
}

func (p *parser) newNumber(f *field, op operator, values []value, spans []span) *numberLeaf {
	p.facts |= 1 << f.facts[0]
	return &numberLeaf{leaf{f, op, values}, f.facts[0], spans, op == opDiffers || op == opNotIn}
}

func (l *numberLeaf) eval(m *Matcher) Verdict {
	v, known := m.rec.Number(l.fact)
	if known != Complete {
		if l.field.typ != typeFlag {
			return No
		}
		v = 0
	} else if l.field.typ == typeFlag && v != 0 {
		v = 1
	}
	if has(l.spans, v) != l.differ {
		return Yes
	}
	return No
}

func (l *numberLeaf) needs() []string { return nil }

// textLeaf compares values that are text: of a name field, or of a path.
type textLeaf struct {
	leaf
	id    int // of its memory in a Matcher
	test  func(string) bool
	steps []string // of a path
}

func (p *parser) newText(f *field, op operator, values []value, test func(string) bool) *textLeaf {
	p.leaves++
	for _, fact := range f.facts {
		p.facts |= 1 << fact
	}
	return &textLeaf{leaf{f, op, values}, p.leaves - 1, test, xmpp.SplitPath(f.path)}
}

// seen is what a textLeaf found out about values.
type seen uint8

const (
	seenValue seen = 1 << iota // there is one
	seenHit                    // one passes the test
	seenGap                    // there may be more
	seenDone                   // in a Matcher's memory: this name was looked at
)

func (l *textLeaf) eval(m *Matcher) Verdict {
	var s seen
	if l.field.path != "" {
		s = l.lookAlong(m)
	}
	for _, fact := range l.field.facts {
		s |= l.look(m, fact)
	}
	differ := l.op == opDiffers || l.op == opNotIn
	wanted, refused := seenHit, seen(0)
	if l.op == opExists {
		wanted = seenValue
	} else if differ {
		wanted, refused = seenValue, seenHit
	}
	switch {
	case s&refused != 0:
		return No
	case s&wanted != 0 && (s&seenGap == 0 || !differ):
		return Yes
	case s&seenGap != 0:
		return Maybe
	}
	return No
}

// look looks at the values of one fact.
func (l *textLeaf) look(m *Matcher, fact Field) seen {
	name, known := m.rec.Name(fact)
	var s seen
	switch known {
	case Absent:
		return 0
	case Complete:
		return l.remember(m, fact, name)
	case Partial:
		s = l.remember(m, fact, name) | seenGap
	case Present:
		s = seenGap
		if l.field.part == nil {
			s |= seenValue
		}
	case Unread:
		s = seenGap
	}
	if !m.deep || l.op == opExists && s&seenValue != 0 {
		return s
	}
	s &^= seenGap
	m.values(fact, func(v string) bool {
		s |= l.try(v)
		return s&seenHit == 0
	})
	return s
}

// remember looks at the value that name stands for, once for each name.
func (l *textLeaf) remember(m *Matcher, fact Field, name uint32) seen {
	memory := m.memory(l.id, name)
	if memory != nil && *memory != 0 {
		return *memory &^ seenDone
	}
	var s seen
	value := m.rec.Text(name)
	if fact != FieldPayload && fact != FieldLint {
		s = l.try(value)
	} else {
		for v := range strings.SplitSeq(value, "\n") {
			s |= l.try(v)
		}
	}
	if memory != nil {
		*memory = s | seenDone
	}
	return s
}

// try tests one value.
func (l *textLeaf) try(v string) seen {
	if l.field.part != nil {
		var ok bool
		if v, ok = l.field.part(v); !ok {
			return 0
		}
	}
	if l.test(v) {
		return seenValue | seenHit
	}
	return seenValue
}

// lookAlong looks at what a path leads to.
func (l *textLeaf) lookAlong(m *Matcher) seen {
	if !l.mayLead(m) {
		return 0
	}
	if !m.deep {
		return seenGap
	}
	var s seen
	if e, ok := m.elementOf(); ok {
		for v := range e.Path(l.field.path) {
			if s |= l.try(v.Text); s&seenHit != 0 {
				break
			}
		}
	}
	return s
}

// mayLead reports whether the path may lead anywhere, by the row's kind.
func (l *textLeaf) mayLead(m *Matcher) bool {
	kind, known := m.rec.Number(FieldKind)
	if known != Complete {
		return true
	}
	first, _ := payloadLocal(strings.ReplaceAll(l.steps[0], "}", " "))
	switch class := xmpp.Class(kind); class {
	case xmpp.ClassMessage, xmpp.ClassPresence, xmpp.ClassIQ:
		return first == "*" || first == class.String()
	case xmpp.ClassNonza, xmpp.ClassHeader, xmpp.ClassFooter:
		return true
	}
	return false
}

// needs knows the fields whose values stand in the bytes as one piece, but
// for references: attributes and names.
func (l *textLeaf) needs() []string {
	if l.op != opEqual && l.op != opIn && l.op != opContains {
		return nil
	}
	var texts []string
	for _, v := range l.values {
		if v.text == "" || strings.ContainsAny(v.text, " \t\r\n") {
			return nil
		}
		texts = append(texts, v.text)
	}
	switch {
	case l.field.typ == typeXEP, len(l.field.facts) == 0:
		return nil
	case l.field.name == "child":
		return texts
	}
	switch l.field.facts[0] {
	case FieldFrom, FieldTo, FieldID, FieldType:
		return texts
	}
	return nil
}

// equal returns the test for being one of values, and the value that cannot
// be, if there is one.
func (f *field) equal(values []value) (test func(string) bool, wrong value) {
	same := func(a, b string) bool { return a == b }
	switch f.typ {
	case typeJID:
		same = sameJID
	case typeFold:
		same = strings.EqualFold
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = v.text
		if f.typ != typeXEP {
			continue
		}
		var ok bool
		if texts[i], ok = xepNumber(v.text); !ok {
			return nil, v
		}
	}
	return func(s string) bool {
		for _, t := range texts {
			if same(s, t) {
				return true
			}
		}
		return false
	}, value{}
}

// numberRelation returns the test for being a number in that relation to text.
func numberRelation(op operator, text string) (func(string) bool, bool) {
	limit, err := strconv.ParseFloat(text, 64)
	return func(s string) bool {
		v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		switch {
		case err != nil:
			return false
		case op == opLess:
			return v < limit
		case op == opLessEqual:
			return v <= limit
		case op == opGreater:
			return v > limit
		}
		return v >= limit
	}, err == nil
}
