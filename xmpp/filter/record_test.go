package filter

import (
	"strings"
	"time"

	"xmppscope/xmpp"
)

// row is a record for tests. What its element tells, its index tells too,
// except for the fields in hidden.
type row struct {
	frame   xmpp.Frame
	scope   *xmpp.Scope
	numbers map[Field]int64
	hidden  map[Field]Known // Unread, Present or Partial in place of all
	pool    *pool
	note    string
}

// pool numbers strings.
type pool struct {
	ids   map[string]uint32
	texts []string
}

func newPool() *pool { return &pool{ids: map[string]uint32{}} }

func (p *pool) id(text string) uint32 {
	if _, ok := p.ids[text]; !ok {
		p.ids[text] = uint32(len(p.texts))
		p.texts = append(p.texts, text)
	}
	return p.ids[text]
}

const testHeader = `<stream:stream from='romeo@montague.example' to='montague.example' id='s1' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>`

// newRow makes a row of what was on the wire, as a Scanner would cut it.
func newRow(raw string) *row {
	s := xmpp.NewScanner(xmpp.Limits{})
	header := xmpp.Frame{Kind: xmpp.KindHeader, Raw: []byte(testHeader)}
	r := &row{scope: xmpp.HeaderScope(header), numbers: map[Field]int64{}, hidden: map[Field]Known{}, pool: newPool()}
	if strings.HasPrefix(raw, "<stream:stream") {
		r.frame = xmpp.Frame{Kind: xmpp.KindHeader, Raw: []byte(raw)}
	} else {
		s.Feed([]byte(testHeader + raw))
		s.Close()
		s.Next()
		r.frame, _ = s.Next()
	}
	r.numbers[FieldKind] = int64(xmpp.Summarize(r.frame, r.scope).Class)
	r.numbers[FieldSize] = int64(len(raw))
	r.numbers[FieldClock] = time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC).UnixNano()
	for _, f := range []Field{FieldDir, FieldOrigin, FieldSession, FieldNo, FieldTime} {
		r.numbers[f] = 0
	}
	return r
}

func newNote(text string) *row {
	r := newRow(" ")
	r.frame, r.note, r.numbers[FieldKind] = xmpp.Frame{}, text, KindNote
	delete(r.numbers, FieldSize)
	return r
}

func (r *row) with(f Field, v int64) *row {
	r.numbers[f] = v
	return r
}

func (r *row) Number(f Field) (int64, Known) {
	if v, ok := r.numbers[f]; ok {
		return v, Complete
	}
	return 0, Absent
}

func (r *row) Name(f Field) (uint32, Known) {
	known, hidden := r.hidden[f]
	if hidden && known == Unread {
		return 0, Unread
	}
	var values []string
	if e, ok := r.Element(); ok {
		m := Matcher{parsed: true, found: true, element: e}
		m.values(f, func(v string) bool { values = append(values, v); return true })
	}
	switch {
	case len(values) == 0:
		return 0, Absent
	case hidden && known == Present || f == FieldBody && len(values) > 1:
		return 0, Present
	case hidden:
		return r.pool.id(values[0]), Partial
	}
	return r.pool.id(strings.Join(values, "\n")), Complete
}

func (r *row) Text(name uint32) string { return r.pool.texts[name] }

func (r *row) Raw() []byte {
	if r.note != "" {
		return []byte(r.note)
	}
	return r.frame.Raw
}

func (r *row) Element() (xmpp.Element, bool) { return r.frame.Element(r.scope) }
