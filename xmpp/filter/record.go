package filter

import "xmppscope/xmpp"

// Field is a fact about one row that a [Record] is asked for. Fields of the
// language are made of these: jid of FieldFrom and FieldTo, ns, child and xep
// of FieldPayload.
type Field uint8

// Numbers, for [Record.Number].
const (
	FieldKind       Field = iota // an xmpp.Class, or KindNote
	FieldDir                     // an xmpp.Direction
	FieldOrigin                  // a trace.Origin
	FieldSession                 // number of the session
	FieldNo                      // number of the row, as the list shows it
	FieldSize                    // bytes of the frame
	FieldTime                    // nanoseconds since the first row of the capture
	FieldClock                   // nanoseconds since 1970
	FieldRTT                     // of the reply to an iq request: nanoseconds since the request
	FieldUnanswered              // not 0: an iq request without a reply yet
	FieldHeld                    // nanoseconds for which it was held back, if it was
	FieldEdited                  // not 0: its bytes replace others
	FieldInjected                // not 0: sent by a person, a rule or a tool, replacing nothing
	FieldMarked                  // not 0: marked by a person

	// Names, for [Record.Name].

	FieldFrom    // from attribute of the element or header
	FieldTo      // to attribute
	FieldID      // id attribute
	FieldType    // type attribute
	FieldPayload // names of the payload, see [Record.Name]
	FieldError   // error condition; Present for an error that names none
	FieldBody    // text of each body of a message
	FieldLint    // rule of each finding
	FieldComment // a person's comment

	fieldCount
)

// KindNote is the value of FieldKind for a row that is no frame: something
// was opened, closed or noted. Other values are those of [xmpp.Class].
const KindNote = int64(xmpp.ClassNonza) + 1

// Known says how much a record knows of a field without reading the element.
// The zero value is Unread.
type Known uint8

const (
	Unread   Known = iota // nothing: look into the element
	Absent                // there is no value
	Present               // there is a value, which only the element tells
	Partial               // this is a value, and there may be more
	Complete              // this is all
)

// Record is one row as a filter sees it. Number, Name and Text must be fast
// and answer alike for as long as one call of the filter lasts.
type Record interface {
	// Number returns the value of a number field: Absent or Complete.
	Number(Field) (int64, Known)

	// Name returns a number that stands for the value of a name field, the
	// same for the same value within one [Matcher]: results are kept by it.
	// It means something only when the value is Partial or Complete.
	//
	// The value of FieldPayload is a list: of a stanza's children, or, of
	// anything else with a name, the name itself. Each is the namespace, a
	// space and the local name, or the local name alone where there is no
	// namespace; they are divided by newlines. So are the rules of FieldLint.
	Name(Field) (uint32, Known)

	// Text returns what a number that Name returned stands for.
	Text(name uint32) string

	// Raw returns the frame's bytes, or a note's text, for searching; nil if
	// there are none. It may read a file. The filter does not keep them.
	Raw() []byte

	// Element returns the element or header in the scope of its stream, if
	// the row is one. It may read a file. The filter does not keep it.
	Element() (xmpp.Element, bool)
}

// Verdict is what a filter can say of a record from the index alone.
type Verdict uint8

const (
	No    Verdict = iota // it does not match
	Maybe                // only the element or the bytes can tell
	Yes                  // it matches
)

// String returns the verdict in one lower-case word.
func (v Verdict) String() string {
	return [...]string{"no", "maybe", "yes"}[min(v, Yes)]
}
