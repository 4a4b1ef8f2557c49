// Package filter is the language that picks rows: for views, colours, holds,
// rules, searching and the command line.
//
//	iq and error
//	jid.domain == conference.example and not presence
//	rtt > 500ms or unanswered
//
// [Parse] turns an expression into a [Filter]. What it looks at is a [Record],
// which its consumer provides: an index entry of a capture, or an element that
// is passing. [Filter.Cheap] answers from what the record has at hand;
// [Filter.Match] may look into the element. For many rows, [Filter.Matcher]
// remembers what it found out about names that rows share.
//
// The language is described in docs/filters.md, which is generated from the
// tables of this package.
package filter
