package captures

import (
	"time"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// Symbol stands for a string that many rows share: an address, an element's
// name. [Store.Name] gives the string. The zero Symbol is the empty string.
type Symbol uint32

// Word is a [Symbol] that fits an Entry's small fields. wideWord stands for
// every string whose Symbol does not.
type Word uint16

const wideWord Word = 1<<16 - 1

// Entry is what the index knows about one row: enough for a line of the list
// and for most filters, without touching the file. It holds no references and
// is copied freely. The zero Entry is an Opened event of session 0 at 1970.
type Entry struct {
	fixed
	bits uint32
	peer uint32 // row+1 of the request or the reply; 0: none
}

const (
	placeBits = 48
	sizeMany  = 1<<32 - 1

	maxVolumes = 1 << (64 - placeBits) // files of one Store
)

// Layout of Entry.bits, lowest first.
const (
	kindShift     = 0  // 3 bits
	frameShift    = 3  // 3
	flawShift     = 6  // 4
	classShift    = 10 // 4
	originShift   = 14 // 2
	legShift      = 16 // 2
	severityShift = 18 // 2
	dirShift      = 20 // 1
	noteBit       = 1 << 21
	sensitiveBit  = 1 << 22
	replacesBit   = 1 << 23
	bodyBit       = 1 << 24
	errorBit      = 1 << 25
	replyBit      = 1 << 26
	continuedBit  = 1 << 27 // part of Raw stands in an earlier Unfinished row
	manyBit       = 1 << 28
)

// Time is when it happened, in UTC.
func (e Entry) Time() time.Time { return time.Unix(0, e.time).UTC() }

// Session is the session's number in this Store.
func (e Entry) Session() trace.SessionID { return trace.SessionID(e.session) }

// Kind says what the event states.
func (e Entry) Kind() trace.EventKind { return trace.EventKind(e.bits >> kindShift & 7) }

// Frame is the kind of the frame; it means something for Framed and
// Unfinished rows only.
func (e Entry) Frame() xmpp.Kind { return xmpp.Kind(e.bits >> frameShift & 7) }

// Class sorts the frame for a list; ClassRaw where there is none.
func (e Entry) Class() xmpp.Class { return xmpp.Class(e.bits >> classShift & 15) }

// Flaw is the flaw of a raw frame.
func (e Entry) Flaw() xmpp.Flaw { return xmpp.Flaw(e.bits >> flawShift & 15) }

// Dir is which end sent it.
func (e Entry) Dir() trace.Direction {
	return trace.Direction(e.bits >> dirShift & 1)
}

// Origin is who decided that it was to be sent.
func (e Entry) Origin() trace.Origin { return trace.Origin(e.bits >> originShift & 3) }

// Leg is which connections carried it.
func (e Entry) Leg() trace.Leg { return trace.Leg(e.bits >> legShift & 3) }

// Size is the length of the frame in bytes.
func (e Entry) Size() int { return int(e.size) }

// Type is the type attribute, if ok; if not, only the element tells.
func (e Entry) Type() (sym Symbol, ok bool) { return Symbol(e.typ), e.typ != wideWord }

// Condition is the error condition, if ok; if not, only the element tells.
func (e Entry) Condition() (sym Symbol, ok bool) { return Symbol(e.cond), e.cond != wideWord }

// From is the from attribute of the element or header.
func (e Entry) From() Symbol { return e.from }

// To is the to attribute of the element or header.
func (e Entry) To() Symbol { return e.to }

// Name is, of a stanza, its payload: the first child that is not body,
// subject and the like; of anything else, the element itself. The string is
// the namespace, a space, and the local name; the namespace and the space are
// left out where there is none.
func (e Entry) Name() Symbol { return e.name }

// Note reports whether the row has a note, and how grave it is.
func (e Entry) Note() (trace.Severity, bool) {
	return trace.Severity(e.bits >> severityShift & 3), e.bits&noteBit != 0
}

// Sensitive reports that the bytes of this row may hold credentials that
// cannot be told from the row alone: the session's login was under way.
func (e Entry) Sensitive() bool { return e.bits&sensitiveBit != 0 }

// Edited reports that the row's bytes replace another row's.
func (e Entry) Edited() bool { return e.bits&replacesBit != 0 }

// HasBody reports that a message has a body.
func (e Entry) HasBody() bool { return e.bits&bodyBit != 0 }

// IsError reports a stanza of type error, a stream error or a SASL failure.
func (e Entry) IsError() bool { return e.bits&errorBit != 0 }

// Request returns the row of the request that this iq answers.
func (e Entry) Request() (row int, ok bool) {
	return int(e.peer) - 1, e.peer != 0 && e.bits&replyBit != 0
}

// Reply returns the row of the reply to this iq. An entry read before the
// reply came does not know it yet.
func (e Entry) Reply() (row int, ok bool) {
	return int(e.peer) - 1, e.peer != 0 && e.bits&replyBit == 0
}

// isRequest reports an iq that wants a reply.
func (e Entry) isRequest() bool {
	return e.Class() == xmpp.ClassIQ && (e.typ == wordGet || e.typ == wordSet)
}

// framed reports that the row has a frame.
func (e Entry) framed() bool { return e.Kind() == trace.Framed || e.Kind() == trace.Unfinished }

func (e Entry) isStanza() bool {
	c := e.Class()
	return c == xmpp.ClassMessage || c == xmpp.ClassPresence || c == xmpp.ClassIQ
}

// place says where the first packet of a row is.
func place(file int, offset int64) uint64 { return uint64(file)<<placeBits | uint64(offset) }

func (e Entry) file() int     { return int(e.where >> placeBits) }
func (e Entry) offset() int64 { return int64(e.where & (1<<placeBits - 1)) }
