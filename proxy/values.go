package proxy

import (
	"net/netip"
	"time"

	"xmppscope/xmpp"
	"xmppscope/xmpp/trace"
)

// Leg is one of the two connections of a session.
type Leg uint8

const (
	Client   Leg = iota // between the initiator and us
	Upstream            // between us and the receiver
)

// Dir returns the direction of what the peer on this leg sends.
func (l Leg) Dir() xmpp.Direction { return xmpp.Direction(l) }

// Other returns the other leg.
func (l Leg) Other() Leg { return 1 - l }

// Trace returns the leg as events name it.
func (l Leg) Trace() trace.Leg {
	if l == Client {
		return trace.ClientLeg
	}
	return trace.UpstreamLeg
}

// String returns "client" or "upstream".
func (l Leg) String() string { return l.Trace().String() }

// peer names who sits at the far end of the leg, for texts.
func (l Leg) peer() string {
	if l == Client {
		return "client"
	}
	return "server"
}

// Input is something that happened: a past participle. Inputs are values; the
// [Core] takes over the bytes in them.
type Input interface{ input() }

type (
	// Accepted is the first input: a client connected.
	Accepted struct {
		Addr     netip.AddrPort // the client's
		LastSeen string         // the domain that the listener saw last, or ""
		StreamID string         // unguessable; the id of a stream header that we may have to write
	}
	// Received is one read from a leg. It uses up the leg's [Grant].
	Received struct {
		Leg   Leg
		Chunk []byte
	}
	// Ended is the end of what a leg sends: a half-close if Err is nil.
	Ended struct {
		Leg Leg
		Err error
	}
	// Dialed answers [Dial].
	Dialed struct {
		Addr      netip.AddrPort
		Target    string   // host and port as they were looked up, for people
		DirectTLS bool     // the server wants TLS first (XEP-0368)
		Tried     []string // what failed before, in words
		Err       error
	}
	// Secured answers [StartTLS].
	Secured struct {
		Leg   Leg
		Facts TLSFacts
		Space []byte // white space that the client sent before its handshake
		Err   error
	}
	// Filled says that a leg's writer holds more than its budget.
	Filled struct{ Leg Leg }
	// Drained says that a leg's writer can take more again.
	Drained struct{ Leg Leg }
	// Flushed answers [CloseWrite]: all is sent, and its end too.
	Flushed struct{ Leg Leg }
	// Broken says that writing to a leg failed.
	Broken struct {
		Leg Leg
		Err error
	}
	// Ticked says that the time of [SetTimer] has come.
	Ticked struct{}
	// Stopped says that the program ends.
	Stopped struct{}
	// Shut is the last input: both connections are closed.
	Shut struct{}
)

func (Accepted) input() {}
func (Received) input() {}
func (Ended) input()    {}
func (Dialed) input()   {}
func (Secured) input()  {}
func (Filled) input()   {}
func (Drained) input()  {}
func (Flushed) input()  {}
func (Broken) input()   {}
func (Ticked) input()   {}
func (Stopped) input()  {}
func (Shut) input()     {}

// TLSFacts is what a finished, or failed, handshake says about itself.
type TLSFacts struct {
	Version   string   // "TLS 1.3"
	Cipher    string   // IANA name
	ALPN      string   // the protocol agreed on, or ""
	SNI       string   // the name that the client of the handshake sent, or ""
	Offered   []string // ALPN protocols that a client offered
	Asked     bool     // the server asked for a client certificate
	Unchecked bool     // the server's certificate was not verified (-k)
}

// Action is something to do: an imperative. Its bytes may be kept, never
// written to.
type Action interface{ action() }

type (
	// Dial connects to the server of a domain.
	Dial struct{ Domain string }
	// Write sends chunks on a leg, in order.
	Write struct {
		Leg    Leg
		Chunks [][]byte
	}
	// StartTLS begins a handshake on a leg, as server towards the client and
	// as client upstream, once what was written before is on its way.
	StartTLS struct {
		Leg       Leg
		Prefix    []byte   // bytes that were read already and belong to the handshake
		Domain    string   // Client: of the leaf; Upstream: sent as SNI and verified
		PreferSNI bool     // Client: the name in the ClientHello, if any, comes before Domain
		Protocols []string // Upstream: ALPN to offer
	}
	// CloseWrite ends what we send on a leg, once what was written is sent.
	CloseWrite struct{ Leg Leg }
	// Close closes both legs at once. [Shut] follows.
	Close struct{}
	// Grant allows a leg one read.
	Grant struct{ Leg Leg }
	// SetTimer asks for [Ticked] at a time. It replaces the time set before.
	SetTimer struct{ At time.Time }
	// Remember tells the listener the domain that a client named.
	Remember struct{ Domain string }
)

func (Dial) action()       {}
func (Write) action()      {}
func (StartTLS) action()   {}
func (CloseWrite) action() {}
func (Close) action()      {}
func (Grant) action()      {}
func (SetTimer) action()   {}
func (Remember) action()   {}

// Record is an event to record, before the actions of the same input are
// done. Times and the session's number are filled in.
//
// The number of an event is known only once it has been recorded, so an event
// that replaces another names it by a key of the session's own: Key, if not
// 0, is to be remembered together with the number that the event gets, and
// Event.Replaces holds such a key, to be put into the number's place.
type Record struct {
	trace.Event
	Key uint64
}

// Output is what one input leads to: first the records, then the actions, in
// order. Its slices are the Core's, good until the next input.
type Output struct {
	Records []Record
	Actions []Action
}
