package filter

import (
	"slices"

	"xmppscope/xmpp"
)

// valueType is what the values of a field are: how they are written, and which
// operators make sense.
type valueType uint8

const (
	typeText     valueType = iota // compared as written
	typeFold                      // compared in any case
	typeJID                       // a whole address
	typeXEP                       // a number of a XEP
	typeWord                      // one of the field's words
	typeFlag                      // true or false; a bare field means true
	typeInt                       // a whole number
	typeSize                      // a number of bytes
	typeDuration                  // a length of time
	typeTime                      // a time since the start, or a date
)

// isNumber reports whether values are compared as numbers.
func (t valueType) isNumber() bool { return t >= typeWord }

// String describes the values for people.
func (t valueType) String() string {
	return [...]string{"text", "text in any case", "addresses", "numbers of XEPs", "words", "true or false", "numbers", "sizes", "durations", "times"}[t]
}

// field is a field of the language: one row of the table that the parser,
// completion and docs/filters.md are made from.
type field struct {
	name  string
	typ   valueType
	facts []Field                     // of the record
	part  func(string) (string, bool) // of a fact's value; nil: all of it
	words []string                    // all values of typeWord; well-known ones of others
	later bool                        // nothing states its values yet
	help  string
	shows string // an example
	path  string // of path('…'), which has no facts
}

// fields returns the table.
func fields() []field {
	addresses := []Field{FieldFrom, FieldTo}
	payload := []Field{FieldPayload}
	table := []field{
		{name: "kind", typ: typeWord, facts: []Field{FieldKind}, words: kinds(), help: "what it is; each kind is a keyword too", shows: "kind in {message, presence}"},
		{name: "dir", typ: typeWord, facts: []Field{FieldDir}, words: []string{"out", "in"}, help: "`out` is what the initiator sends, `in` what it gets", shows: "dir == in"},
		{name: "type", facts: []Field{FieldType}, words: types(), help: "type attribute", shows: "type == groupchat"},
		{name: "id", facts: []Field{FieldID}, help: "id attribute", shows: "id == m44"},
	}
	table = append(table, addressFields("from", "from attribute", []Field{FieldFrom})...)
	table = append(table, addressFields("to", "to attribute", []Field{FieldTo})...)
	table = append(table, addressFields("jid", "from or to", addresses)...)
	return append(table,
		field{name: "ns", facts: payload, part: payloadSpace, help: "namespace of a child of a stanza, or of what is no stanza", shows: "ns == urn:xmpp:ping"},
		field{name: "child", facts: payload, part: payloadLocal, help: "name of a child of a stanza, or of what is no stanza, without prefix", shows: "child == query"},
		field{name: "xep", typ: typeXEP, facts: payload, part: payloadXEP, help: "XEP that defines the namespace", shows: "xep == 0199"},
		field{name: "body", facts: []Field{FieldBody}, help: "text of a message", shows: "body contains Rome"},
		field{name: "error", facts: []Field{FieldError}, words: conditions(), help: "condition of a stanza error, a stream error or a failed login", shows: "error == item-not-found"},
		field{name: "session", typ: typeInt, facts: []Field{FieldSession}, help: "number of the session", shows: "session == s2"},
		field{name: "no", typ: typeInt, facts: []Field{FieldNo}, help: "number of the row", shows: "no in {100..200}"},
		field{name: "size", typ: typeSize, facts: []Field{FieldSize}, help: "bytes on the wire", shows: "size > 4KiB"},
		field{name: "time", typ: typeTime, facts: []Field{FieldTime}, help: "since the start of the capture, or a date in UTC", shows: "time >= 1m and time < 2m"},
		field{name: "rtt", typ: typeDuration, facts: []Field{FieldRTT}, help: "of a reply to an iq request: time since the request", shows: "rtt > 500ms"},
		field{name: "unanswered", typ: typeFlag, facts: []Field{FieldUnanswered}, help: "an iq request without a reply so far", shows: "unanswered"},
		field{name: "origin", typ: typeWord, facts: []Field{FieldOrigin}, words: []string{"peer", "user", "rule", "tool"}, help: "who decided that it was to be sent: the other end, a person, a rule, xmppscope", shows: "origin != peer"},
		field{name: "lint", facts: []Field{FieldLint}, later: true, help: "rule of a finding", shows: "lint == xml-comment"},
		field{name: "held", typ: typeDuration, facts: []Field{FieldHeld}, later: true, help: "how long it was held back", shows: "held > 10s"},
		field{name: "edited", typ: typeFlag, facts: []Field{FieldEdited}, help: "changed on its way", shows: "edited"},
		field{name: "injected", typ: typeFlag, facts: []Field{FieldInjected}, help: "sent by a person, a rule or xmppscope", shows: "injected"},
		field{name: "marked", typ: typeFlag, facts: []Field{FieldMarked}, later: true, help: "marked by a person", shows: "marked"},
		field{name: "comment", facts: []Field{FieldComment}, later: true, help: "a person's comment", shows: "comment contains todo"},
	)
}

// addressFields returns the rows of an address and its parts.
func addressFields(name, help string, facts []Field) []field {
	return []field{
		{name: name, typ: typeJID, facts: facts, help: help, shows: name + " == juliet@capulet.example/balcony"},
		{name: name + ".bare", typ: typeFold, facts: facts, part: jidBare, help: help + ", without resource", shows: name + ".bare == juliet@capulet.example"},
		{name: name + ".local", typ: typeFold, facts: facts, part: jidLocal, help: help + ", before the @", shows: name + ".local == juliet"},
		{name: name + ".domain", typ: typeFold, facts: facts, part: jidDomain, help: help + ", the domain", shows: name + ".domain == capulet.example"},
		{name: name + ".resource", facts: facts, part: jidResource, help: help + ", after the first /", shows: name + ".resource == balcony"},
	}
}

// kinds returns the words of field kind by their number.
func kinds() []string {
	words := make([]string, KindNote+1)
	for c := range KindNote {
		words[c] = xmpp.Class(c).String()
	}
	words[KindNote] = "note"
	return words
}

// types returns the values of type attributes (RFC 6120 §8.2.3, RFC 6121
// §4.7.1 and §5.2.2).
func types() []string {
	return []string{"get", "set", "result", "error", "chat", "groupchat", "headline", "normal",
		"unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe"}
}

// conditions returns the conditions of stanza errors (RFC 6120 §8.3.3),
// stream errors (§4.9.3) and SASL failures (§6.5), each name once.
func conditions() []string {
	var names []string
	for c := range xmpp.Conditions().All() {
		switch c.Kind {
		case xmpp.StanzaCondition, xmpp.StreamCondition, xmpp.SASLCondition:
			if c.Name != "text" { // stands beside a condition
				names = append(names, c.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// keyword is a word that stands for an expression.
type keyword struct {
	name, means string
	help        string
}

// keywords returns the table of the words that stand alone.
func keywords() []keyword {
	table := []keyword{{"stanza", "kind in {message, presence, iq}", "message, presence or iq"}}
	for _, k := range []keyword{
		{"message", "", ""}, {"presence", "", ""}, {"iq", "", ""},
		{"nonza", "", "an element that is no stanza (XEP-0360)"},
		{"header", "", "start tag of a stream"}, {"footer", "", "end tag of a stream"},
		{"space", "", "white space that keeps the connection alive"}, {"declaration", "", "<?xml …?>"},
		{"raw", "", "bytes that are none of these"}, {"note", "", "a fact without bytes: opened, failed, closed"},
	} {
		k.means = "kind == " + k.name
		table = append(table, k)
	}
	for _, name := range types() {
		switch name {
		case "error": // a field, which says more
		case "normal":
			table = append(table, keyword{name, "message and (type == normal or not type)", "a message of type normal, or of none"})
		default:
			table = append(table, keyword{name, "type == " + name, ""})
		}
	}
	return table
}

// operator is an operator between a field and its value.
type operator uint8

const (
	opExists operator = iota // the field alone
	opEqual
	opDiffers
	opContains
	opMatches
	opLess
	opGreater
	opLessEqual
	opGreaterEqual
	opIn
	opNotIn
)

// operators returns each operator as it is written, and what it means.
func operators() []struct {
	op         operator
	text, help string
} {
	return []struct {
		op         operator
		text, help string
	}{
		{opEqual, "==", "a value is equal"},
		{opDiffers, "!=", "there is a value, and every value differs"},
		{opContains, "contains", "a value holds this text"},
		{opMatches, "~", "a value holds a match of this regular expression (RE2, in any case; `(?-i)` as written); also `matches`"},
		{opMatches, "matches", "same as `~`"},
		{opLessEqual, "<=", "at most"},
		{opGreaterEqual, ">=", "at least"},
		{opLess, "<", "less"},
		{opGreater, ">", "more"},
		{opIn, "in", "a value is one of these: `{a, b}`; numbers also as `{1..10}`"},
		{opNotIn, "not in", "there is a value, and none is one of these"},
	}
}

// String returns the operator as it is written.
func (op operator) String() string {
	for _, o := range operators() {
		if o.op == op {
			return o.text
		}
	}
	return ""
}

// takes reports whether op makes sense on the field's values.
func (f *field) takes(op operator) bool {
	switch op {
	case opContains, opMatches:
		return !f.typ.isNumber()
	case opLess, opGreater, opLessEqual, opGreaterEqual:
		return f.typ >= typeInt || f.path != ""
	}
	return true
}
