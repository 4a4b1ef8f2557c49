package xmpp

// Kind says which of the indivisible things on the wire a [Frame] is.
// The zero value is KindRaw.
type Kind uint8

const (
	// KindRaw is bytes that are none of the kinds below; Frame.Flaw says why.
	KindRaw Kind = iota
	// KindDeclaration is an XML declaration, <?xml … ?>.
	KindDeclaration
	// KindHeader is the start tag that opens a stream (RFC 6120 §4.7), or a
	// whole <open/> of RFC 7395 §3.4.
	KindHeader
	// KindElement is one whole first-level element: a stanza or a nonza.
	KindElement
	// KindSpace is white space between first-level elements (RFC 6120 §4.6.1).
	KindSpace
	// KindFooter is the end tag that closes a stream (RFC 6120 §4.4), or a
	// whole <close/> of RFC 7395 §3.6.
	KindFooter
)

// String returns the kind in one lower-case word.
func (k Kind) String() string {
	names := [...]string{"raw", "declaration", "header", "element", "space", "footer"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// Flaw says why a frame is raw. The zero value, FlawNone, stands on every
// frame that is not KindRaw.
type Flaw uint8

const (
	FlawNone        Flaw = iota
	FlawUnfinished       // the rest has not arrived yet
	FlawTorn             // the stream ended inside it
	FlawOversized        // longer than Limits.FrameSize
	FlawTooDeep          // nested deeper than Limits.Depth
	FlawText             // character data between first-level elements
	FlawStrayEnd         // an end tag without a start tag
	FlawMisnested        // an end tag of another name closed it
	FlawMarkup           // "<" followed by what begins no markup
	FlawComment          // a comment between first-level elements
	FlawInstruction      // a processing instruction between first-level elements
	FlawDoctype          // a document type declaration
	FlawBOM              // a byte order mark
)

// String names the flaw in a few words for people.
func (f Flaw) String() string {
	names := [...]string{
		"", "unfinished", "torn off", "too large", "too deep", "stray text", "stray end tag",
		"misnested", "broken markup", "comment", "processing instruction", "DOCTYPE", "byte order mark",
	}
	if int(f) < len(names) {
		return names[f]
	}
	return "unknown"
}

// Frame is one indivisible thing on the wire with its exact bytes.
//
// A Frame is immutable: Raw is never written to again by anyone and may be
// kept and read from any goroutine. The concatenation of the Raw of all
// frames of one direction is what that direction carried.
type Frame struct {
	Kind   Kind
	Flaw   Flaw
	Offset int64 // of Raw in its direction of the stream, in bytes
	Raw    []byte
}

// Direction says which end of a stream sent something. It fits client,
// server and component streams alike: the initiator is who connected.
type Direction uint8

const (
	FromInitiator Direction = iota // client to server: "out"
	FromReceiver                   // server to client: "in"
)

// Opposite returns the other direction.
func (d Direction) Opposite() Direction { return 1 - d }

// String returns "out" for what the initiator sends and "in" for what it gets.
func (d Direction) String() string {
	if d == FromInitiator {
		return "out"
	}
	return "in"
}

// Arrow returns → for what the initiator sends and ← for what it gets.
func (d Direction) Arrow() string {
	if d == FromInitiator {
		return "→"
	}
	return "←"
}
