package captures

import (
	"xmppscope/xmpp"
	"xmppscope/xmpp/filter"
)

// Record is one row as a filter sees it; see [filter.Record]. The zero Record
// is not usable. One goroutine uses it at a time.
type Record struct {
	store *Store
	row   int
	entry Entry
	raw   []byte // of the row, if have
	have  bool
}

var _ filter.Record = (*Record)(nil)

// Record returns a record of row i. Move makes it stand for another row.
func (s *Store) Record(i int) *Record {
	r := &Record{store: s}
	r.Move(i)
	return r
}

// Move makes r stand for row i.
func (r *Record) Move(i int) {
	r.row, r.entry, r.raw, r.have = i, r.store.rows.at(i), nil, false
}

// Row is the row that r stands for.
func (r *Record) Row() int { return r.row }

// Entry is the row's index entry.
func (r *Record) Entry() Entry { return r.entry }

// Number implements [filter.Record].
func (r *Record) Number(f filter.Field) (int64, filter.Known) {
	e := r.entry
	switch f {
	case filter.FieldKind:
		if !e.framed() {
			return filter.KindNote, filter.Complete
		}
		return int64(e.Class()), filter.Complete
	case filter.FieldDir:
		return int64(e.Dir()), filter.Complete
	case filter.FieldOrigin:
		return int64(e.Origin()), filter.Complete
	case filter.FieldSession:
		return int64(e.session), filter.Complete
	case filter.FieldNo:
		return int64(r.store.Seq(r.row)), filter.Complete
	case filter.FieldSize:
		return int64(e.Size()), filter.Complete
	case filter.FieldTime:
		return e.time - r.store.rows.at(0).time, filter.Complete
	case filter.FieldClock:
		return e.time, filter.Complete
	case filter.FieldRTT:
		if row, ok := e.Request(); ok {
			return e.time - r.store.rows.at(row).time, filter.Complete
		}
	case filter.FieldUnanswered:
		if _, answered := e.Reply(); e.isRequest() && !answered {
			return 1, filter.Complete
		}
	case filter.FieldEdited:
		if e.Edited() {
			return 1, filter.Complete
		}
	case filter.FieldInjected:
		if e.framed() && e.Origin() != 0 && !e.Edited() {
			return 1, filter.Complete
		}
	}
	return 0, filter.Absent
}

// Name implements [filter.Record].
func (r *Record) Name(f filter.Field) (uint32, filter.Known) {
	e := r.entry
	switch f {
	case filter.FieldFrom:
		return known(e.from)
	case filter.FieldTo:
		return known(e.to)
	case filter.FieldType:
		if e.typ == wideWord {
			return 0, filter.Present
		}
		return known(Symbol(e.typ))
	case filter.FieldPayload:
		id, k := known(e.name)
		if k == filter.Complete && e.isStanza() {
			k = filter.Partial
		}
		return id, k
	case filter.FieldError:
		if e.cond == wideWord || e.cond == 0 && e.IsError() {
			return 0, filter.Present
		}
		return known(Symbol(e.cond))
	case filter.FieldID:
		if e.isStanza() || e.Class() == xmpp.ClassNonza || e.Class() == xmpp.ClassHeader {
			return 0, filter.Unread
		}
	case filter.FieldBody:
		if e.HasBody() {
			return 0, filter.Present
		}
	}
	return 0, filter.Absent
}

func known(id Symbol) (uint32, filter.Known) {
	switch id {
	case 0:
		return 0, filter.Absent
	case longSymbol:
		return 0, filter.Present
	}
	return uint32(id), filter.Complete
}

// Text implements [filter.Record].
func (r *Record) Text(name uint32) string { return r.store.Name(Symbol(name)) }

// Raw implements [filter.Record]. A row that cannot be read has no bytes.
func (r *Record) Raw() []byte {
	if !r.have {
		r.have = true
		if r.entry.framed() {
			r.raw, _ = r.store.Raw(r.row)
		} else if ev, err := r.store.Event(r.row); err == nil && ev.Note != nil {
			r.raw = []byte(ev.Note.Text)
		}
	}
	return r.raw
}

// Element implements [filter.Record].
func (r *Record) Element() (xmpp.Element, bool) {
	if k := r.entry.Frame(); !r.entry.framed() || k != xmpp.KindElement && k != xmpp.KindHeader {
		return xmpp.Element{}, false
	}
	f := xmpp.Frame{Kind: r.entry.Frame(), Raw: r.Raw()}
	return f.Element(r.store.Scope(r.row))
}
