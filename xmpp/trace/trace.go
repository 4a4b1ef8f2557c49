// Package trace holds the facts that everything else exchanges: what was
// seen on a stream, when, in which direction, and who made it so.
//
// Values of this package are immutable once they are handed to a [Sink], and
// may then be read from any goroutine.
package trace

import (
	"context"
	"net/netip"
	"time"

	"xmppscope/xmpp"
)

// Direction is which end sent something.
type Direction = xmpp.Direction

// The two directions, as in package xmpp.
const (
	FromInitiator = xmpp.FromInitiator
	FromReceiver  = xmpp.FromReceiver
)

// Origin says who decided that bytes were to be sent. The zero value is Peer.
type Origin uint8

const (
	Peer Origin = iota // the other end of the stream
	User               // a person, by hand
	Rule               // a rule that a person wrote
	Tool               // xmppscope itself
)

// String returns the origin in one lower-case word.
func (o Origin) String() string {
	names := [...]string{"peer", "user", "rule", "tool"}
	if int(o) < len(names) {
		return names[o]
	}
	return "unknown"
}

// Leg says which connections carried bytes. The zero value is EndToEnd.
type Leg uint8

const (
	EndToEnd    Leg = iota // both: this is what the receiver got
	ClientLeg              // only the connection between initiator and xmppscope
	UpstreamLeg            // only the connection between xmppscope and receiver
)

// String returns "both", "client" or "upstream".
func (l Leg) String() string {
	names := [...]string{"both", "client", "upstream"}
	if int(l) < len(names) {
		return names[l]
	}
	return "unknown"
}

// SessionID numbers the sessions of one capture from 1.
type SessionID uint32

// EventKind says what an Event states.
type EventKind uint8

const (
	// Opened: a session began; Addr is the initiator's address.
	Opened EventKind = iota
	// Connected: the receiver was reached; Addr is its address.
	Connected
	// Framed: Frame passed, or, where Leg says so, was seen on one leg alone.
	Framed
	// Unfinished: Frame (KindRaw, FlawUnfinished) has been waiting for its
	// end for a second. A later Framed or Unfinished event that begins at the
	// same Offset repeats its bytes; that event's Known says how many.
	Unfinished
	// Noted: a fact without bytes; Note says which.
	Noted
	// Ended: the sender in direction Dir has sent its last byte on Leg (a
	// half-close). Note, if not nil, says how: a reset, an error.
	Ended
	// Closed: the session is over, both connections are closed.
	Closed
)

// String returns the kind in one lower-case word.
func (k EventKind) String() string {
	names := [...]string{"opened", "connected", "framed", "unfinished", "noted", "ended", "closed"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// Event is an immutable fact about one session.
type Event struct {
	Seq      uint64 // given by the Sink, counts from 1 over the whole capture
	Time     time.Time
	Session  SessionID
	Kind     EventKind
	Dir      Direction
	Origin   Origin
	Leg      Leg
	Frame    xmpp.Frame     // Framed, Unfinished
	Known    int            // leading bytes of Frame.Raw that an Unfinished event recorded before
	Replaces uint64         // Seq of the event whose bytes these replace, or 0
	Addr     netip.AddrPort // Opened, Connected
	Note     *Note          // Noted; may accompany every other kind
}

// Severity grades a Note. The zero value is Info.
type Severity uint8

const (
	Info    Severity = iota
	Warning          // works, but not as it should
	Failure          // does not work
)

// String returns the severity in one lower-case word.
func (s Severity) String() string {
	names := [...]string{"info", "warning", "failure"}
	if int(s) < len(names) {
		return names[s]
	}
	return "unknown"
}

// Topic says what a Note is about.
type Topic string

const (
	TopicSession Topic = "session" // accepted, drained, cut
	TopicDial    Topic = "dial"    // look-up and connection upstream
	TopicTLS     Topic = "tls"     // a handshake, done or failed
	TopicLogin   Topic = "login"   // a diagnosed login
	TopicLimit   Topic = "limit"   // a limit reached
	TopicRecord  Topic = "record"  // recording slowed, gap
	TopicFault   Topic = "fault"   // a finding in the bytes
)

// Note is a fact in words, with the values that a program wants.
type Note struct {
	Topic    Topic
	Severity Severity
	Text     string // one sentence for people: what happened and what to do next; no secrets
	Facts    []Fact // in order; keys are lower-case words
}

// Fact is one named value of a Note. Keys in use: sni, domain, version,
// cipher, alpn, leg, error, upstream, listener, names, code, flag.
type Fact struct{ Key, Value string }

// Get returns the value of the first fact with that key, or "".
func (n *Note) Get(key string) string {
	if n == nil {
		return ""
	}
	for _, f := range n.Facts {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

// Sink accepts events in order.
type Sink interface {
	// Record takes over events, numbers them consecutively and returns the
	// number of the first. It blocks while the sink is full, which is what
	// slows traffic down to what can be recorded. It returns an error only
	// when ctx is done or the sink has been closed. Any goroutine may call
	// it; events of one call are never interleaved with others'.
	Record(ctx context.Context, events ...Event) (first uint64, err error)
}
