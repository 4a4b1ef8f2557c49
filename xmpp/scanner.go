package xmpp

// Limits bound what a [Scanner] gathers of one frame. The zero value means
// the defaults.
type Limits struct {
	FrameSize int // bytes of one frame; default 16 MiB
	Depth     int // nesting of elements in one frame; default 1,000
}

const (
	defaultFrameSize = 16 << 20
	defaultDepth     = 1000
)

// Scanner cuts the bytes of one direction of a stream into [Frame] values.
//
// It never blocks and never fails, accepts any chunking, and stops at the
// exact byte where a frame ends. The concatenation of its frames is its
// input. What is not XML, or not XML that RFC 6120 §11 allows, comes out as
// raw frames, with a [Flaw] where framing itself was troubled; everything
// else that is wrong is left to [Check].
//
// Depth, not names, ends an element. Past a limit bytes still flow, as raw
// frames, until the element that broke it is over. Time is linear in the
// input whatever its shape, and memory is at most two frames of the limit's
// size.
//
// A Scanner belongs to one goroutine; its frames may go anywhere. Use
// [NewScanner].
type Scanner struct {
	limits Limits

	buf   []byte // what is not yet given out, and before start what is
	owned bool   // buf is the Scanner's own, its spare capacity may be filled
	base  int64  // offset of buf[0] in the stream

	more   []byte // what was fed and is not in buf yet
	source []byte // what join copied from, up to the end of what was fed
	joined int    // bytes of source at the end of buf

	start int // of the frame in the making
	pos   int // everything before it has been looked at

	state lexeme
	quote byte // the open quotation mark in a tag or DOCTYPE, or 0
	mark  int  // where the markup in the making begins, relative to start; negative once given out
	depth int  // open elements; in a DOCTYPE, open brackets
	kind  Kind
	flaw  Flaw

	overflow Flaw // a limit was passed: give out what comes until the element ends
	cutAt    int  // Resync found the end of the damaged frame here, relative to start
	closed   bool
}

// NewScanner returns a Scanner at the start of a stream.
func NewScanner(l Limits) *Scanner {
	if l.FrameSize <= 0 {
		l.FrameSize = defaultFrameSize
	}
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	return &Scanner{limits: l}
}

// Feed hands p to the Scanner, which takes it over: nobody may write to it
// again, since frames share its memory. Call Next until it has no more.
func (s *Scanner) Feed(p []byte) {
	if len(s.more) > 0 { // fed again before Next had no more
		s.join(len(s.more))
	}
	if s.owned && len(p) <= cap(s.buf)-len(s.buf) && len(p) <= smallPiece {
		s.buf = append(s.buf, p...)
		s.joined = 0
		return
	}
	s.more = p[:len(p):len(p)]
	s.joined, s.source = 0, nil
}

// smallPiece is how many bytes are added to what is gathered of a frame as they
// are fed, rather than when they are looked at.
const smallPiece = 12

// advance goes on to bytes fed that have not been looked at, and reports
// whether there were any. An unfinished frame is joined with as much of them
// as it is likely to need; once it is whole, cut leaves the copy.
func (s *Scanner) advance() bool {
	rest := len(s.buf) - s.start
	switch {
	case len(s.more) == 0:
		return false
	case rest == 0:
		s.base += int64(s.start)
		s.buf, s.owned, s.more = s.more, false, nil
		s.start, s.pos, s.joined = 0, 0, 0
	default:
		s.join(min(len(s.more), max(rest, likelyFrame)))
	}
	return true
}

// likelyFrame is a size that few stanzas exceed.
const likelyFrame = 1 << 10

// join copies n bytes of more behind the frame in the making.
func (s *Scanner) join(n int) {
	rest := s.buf[s.start:]
	if !s.owned || cap(s.buf)-len(s.buf) < n {
		size := len(rest) + n
		if len(rest) > n || n < 16 { // a frame in short pieces: leave room, stay linear
			size *= 2
		}
		s.base += int64(s.start)
		s.pos -= s.start
		s.start = 0
		s.buf, s.owned = append(make([]byte, 0, size), rest...), true
	}
	if s.joined == 0 {
		s.source = s.more
	}
	s.buf = append(s.buf, s.more[:n]...)
	s.more = s.more[n:]
	s.joined += n
}

// leave goes from the copy that join made back to the bytes as they were fed,
// when the frame that needed the copy has ended.
func (s *Scanner) leave() {
	if len(s.more) > 0 && len(s.buf)-s.pos <= s.joined {
		s.base += int64(s.pos)
		s.buf, s.owned = s.source[s.joined-(len(s.buf)-s.pos):], false
		s.pos, s.more = 0, nil
	}
	s.joined, s.source = 0, nil
}

// Next returns the next whole frame, and false when more bytes are needed.
func (s *Scanner) Next() (Frame, bool) {
	if s.cutAt > 0 {
		s.pos, s.cutAt = s.start+s.cutAt, 0
		s.kind, s.flaw = KindRaw, FlawMisnested
		return s.cut(), true
	}
	for {
		for s.pos < len(s.buf) {
			if s.state == inContent && s.content() || s.state != inContent && s.step() {
				return s.cut(), true
			}
		}
		if f, ok := s.exhausted(); ok {
			return f, true
		}
		if !s.advance() {
			return Frame{}, false
		}
	}
}

// exhausted is Next when every byte has been looked at and no frame is whole.
func (s *Scanner) exhausted() (Frame, bool) {
	size := len(s.buf) - s.start
	if size == 0 {
		s.base += int64(s.start)
		s.buf, s.start, s.pos, s.joined, s.source = nil, 0, 0, 0, nil
		return Frame{}, false
	}
	if s.overflow == FlawNone && size > s.limits.FrameSize {
		s.overflow = FlawOversized
	}
	switch {
	case s.overflow != FlawNone:
		return s.leak()
	case s.closed && len(s.more) == 0:
		if s.Resync(); s.cutAt > 0 {
			return s.Next()
		}
		if s.state != inText && s.state != inTextLess {
			s.flaw = FlawTorn
		}
		s.kind = KindRaw
		return s.cut(), true
	}
	return Frame{}, false
}

// cut ends the frame in the making at pos.
func (s *Scanner) cut() Frame {
	f := Frame{Kind: s.kind, Flaw: s.flaw, Offset: s.base + int64(s.start), Raw: s.buf[s.start:s.pos:s.pos]}
	if s.overflow != FlawNone || len(f.Raw) > s.limits.FrameSize {
		f.Kind, f.Flaw = KindRaw, max(s.overflow, FlawOversized)
	}
	if s.joined > 0 {
		s.leave()
	}
	s.begin()
	return f
}

// begin makes ready for a new frame at pos.
func (s *Scanner) begin() {
	s.start, s.depth, s.mark = s.pos, 0, 0
	s.state, s.quote = inNothing, 0
	s.kind, s.flaw, s.overflow = KindRaw, FlawNone, FlawNone
}

// leak gives out what has come of a frame that broke a limit, but for the few
// last bytes that may begin a delimiter.
func (s *Scanner) leak() (Frame, bool) {
	end := len(s.buf)
	if !s.closed || len(s.more) > 0 {
		end = max(end-s.lookback(), s.start)
	}
	if end == s.start {
		return Frame{}, false
	}
	f := Frame{Kind: KindRaw, Flaw: s.overflow, Offset: s.base + int64(s.start), Raw: s.buf[s.start:end:end]}
	s.mark -= end - s.start
	s.start = end
	return f, true
}

// lookback returns how many of the bytes before pos the next step wants to
// see again.
func (s *Scanner) lookback() int {
	switch s.state {
	case inMarkup:
		return len(s.buf) - s.start - s.mark
	case inStartTag, inTextLess: // a "/" before the ">", a "<"
		return 1
	case inComment, inCDATA, inInstruction, inDoctype:
		return len("-->")
	}
	return 0
}

// Pending returns the frame in the making, raw and unfinished, as it is after
// Next has returned false; its Raw is empty when there is none.
func (s *Scanner) Pending() Frame {
	n := len(s.buf)
	return Frame{Kind: KindRaw, Flaw: FlawUnfinished, Offset: s.base + int64(s.start), Raw: s.buf[s.start:n:n]}
}

// PendingName returns the name, as written, of the element in the making, or
// nil when there is none or its name has not wholly arrived. The bytes are
// the stream's own.
func (s *Scanner) PendingName() []byte {
	b := s.buf[s.start:]
	if s.overflow != FlawNone || len(b) < 2 || b[0] != '<' || !isNameStart(b[1]) {
		return nil
	}
	for i := 1; i < len(b); i++ {
		if endsName[b[i]] {
			return b[1:i:i]
		}
	}
	return nil
}

// Rest removes and returns all bytes that Next has not given out: after
// <proceed/> the first bytes of the TLS handshake. The Scanner then stands at
// the start of a new stream; offsets go on.
func (s *Scanner) Rest() []byte {
	if len(s.more) > 0 {
		s.join(len(s.more))
	}
	n := len(s.buf)
	rest := s.buf[s.start:n:n]
	s.base += int64(n)
	s.buf, s.owned, s.pos, s.joined, s.source = nil, false, 0, 0, nil
	s.begin()
	return rest
}

// Close says that the stream has ended. What is unfinished then comes out of
// Next as a torn frame, after what Resync can still make of it.
func (s *Scanner) Close() { s.closed = true }
