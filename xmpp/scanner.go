package xmpp

import "bytes"

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

// lexeme is what the next byte belongs to.
type lexeme uint8

const (
	inNothing lexeme = iota // between frames
	inContent               // in an element, outside markup
	inText                  // stray text between frames
	inMarkup                // after "<", kind still unknown
	inBOM                   // what may become a byte order mark
	inStartTag
	inEndTag
	inInstruction
	inComment
	inCDATA
	inDoctype
)

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
	if s.owned && len(p) <= cap(s.buf)-len(s.buf) && len(p) <= few {
		s.buf = append(s.buf, p...) // a few bytes for a frame that is gathered already
		s.joined = 0
		return
	}
	s.more = p[:len(p):len(p)]
	s.joined, s.source = 0, nil
}

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
		if s.state != inText {
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
	case inStartTag: // a "/" before the ">"
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

// step looks at the next piece of input and reports whether it ends a frame.
func (s *Scanner) step() bool {
	switch s.state {
	case inNothing:
		return s.top()
	case inContent:
		return s.content()
	case inText:
		i := bytes.IndexByte(s.buf[s.pos:], '<')
		if i < 0 {
			s.pos = len(s.buf)
			return false
		}
		s.pos += i
		if s.pos == s.start { // all of the text leaked out before
			s.begin()
			return false
		}
		return true
	case inMarkup:
		s.pos = s.start + s.mark
		return s.markup()
	case inBOM:
		s.pos = s.start
		return s.top()
	case inStartTag:
		return s.startTag()
	case inEndTag:
		i := bytes.IndexByte(s.buf[s.pos:], '>')
		if i < 0 {
			s.pos = len(s.buf)
			return false
		}
		s.pos += i + 1
		return s.endTag()
	case inDoctype:
		return s.doctype()
	default:
		return s.delimited()
	}
}

// content is the fast path: it goes from tag to tag, from the first of an
// element to its end, for as long as they are whole and plain, and leaves
// everything else to markup.
func (s *Scanner) content() bool {
	b, pos, depth := s.buf, s.pos, s.depth
	for pos+1 < len(b) {
		if b[pos] != '<' {
			i := bytes.IndexByte(b[pos:], '<')
			if i < 0 {
				pos = len(b)
				break
			}
			pos += i
			continue
		}
		c := b[pos+1]
		if c != '/' && !isNameStart(c) || depth >= s.limits.Depth {
			break
		}
		i := bytes.IndexByte(b[pos:], '>')
		if i < 0 {
			break
		}
		if c != '/' {
			tag := b[pos+1 : pos+i]
			if depth == 0 || !quotesBalanced(tag) {
				break
			}
			if tag[len(tag)-1] != '/' {
				depth++
			}
			pos += i + 1
			continue
		}
		pos += i + 1
		if depth--; depth == 0 {
			s.pos, s.depth = pos, 0
			s.framed()
			return true
		}
	}
	s.pos, s.depth = pos, depth
	if pos >= len(b) {
		return false
	}
	if b[pos] != '<' { // the very last byte
		s.pos++
		return false
	}
	return s.markup()
}

// top looks at the first byte of a frame.
func (s *Scanner) top() bool {
	b := s.buf[s.pos:]
	switch {
	case b[0] == '<':
		return s.markup()
	case isSpace(b[0]):
		n := 1
		for n < len(b) && isSpace(b[n]) {
			n++
		}
		s.pos += n
		s.kind = KindSpace
		return true
	case bytes.HasPrefix([]byte(bom), b[:min(len(b), len(bom))]):
		s.pos += min(len(b), len(bom))
		s.state, s.flaw = inBOM, FlawBOM
		return len(b) >= len(bom)
	}
	s.state, s.flaw = inText, FlawText
	return false
}

const bom = "\xef\xbb\xbf"

// markup decides what the "<" at pos begins. Where that takes more bytes, it
// is called again from the same place.
func (s *Scanner) markup() bool {
	b := s.buf[s.pos:]
	if len(b) < 2 {
		return s.wait()
	}
	switch c := b[1]; {
	case isNameStart(c):
		return s.openTag(b)
	case c == '/':
		i := bytes.IndexByte(b[2:], '>')
		if i < 0 {
			s.state, s.pos = inEndTag, len(s.buf)
			return false
		}
		s.pos += 2 + i + 1
		return s.endTag()
	case c == '?':
		s.enter(inInstruction, 2)
		return false
	case c == '!':
		return s.declaration(b)
	case s.depth > 0: // damaged content; Check says what is wrong
		s.pos++
		s.state = inContent
		return false
	default:
		s.pos++
		s.state, s.flaw = inText, FlawMarkup
		return false
	}
}

// wait keeps the markup at pos for when more has come.
func (s *Scanner) wait() bool {
	s.state, s.mark, s.pos = inMarkup, s.pos-s.start, len(s.buf)
	return false
}

// enter goes into markup of known kind, n bytes of which have been seen.
func (s *Scanner) enter(l lexeme, n int) {
	s.state, s.mark = l, s.pos-s.start
	s.pos += n
}

// declaration decides what "<!" begins.
func (s *Scanner) declaration(b []byte) bool {
	for _, d := range [...]struct {
		open  string
		state lexeme
		flaw  Flaw
	}{{"<!--", inComment, FlawComment}, {"<![CDATA[", inCDATA, FlawText}} {
		n := min(len(b), len(d.open))
		if string(b[:n]) != d.open[:n] {
			continue
		}
		if n < len(d.open) {
			return s.wait()
		}
		if s.depth == 0 {
			s.flaw = d.flaw
		}
		s.enter(d.state, n)
		return false
	}
	if s.depth == 0 {
		s.flaw = FlawDoctype
		s.enter(inDoctype, 2)
		return false
	}
	s.pos += 2 // damaged content
	s.state = inContent
	return false
}

// openTag is markup for a start tag that begins b. The whole tag is taken at
// once where it is here and its quotation marks tell at a glance that its
// first ">" ends it; startTag takes every other.
func (s *Scanner) openTag(b []byte) bool {
	s.mark = s.pos - s.start
	if i := bytes.IndexByte(b, '>'); i > 0 && quotesBalanced(b[1:i]) {
		s.pos += i + 1
		return s.opened(b[1:i])
	}
	s.state, s.quote = inStartTag, 0
	s.pos++
	return false
}

// quotesBalanced reports whether tag surely leaves no quotation mark open:
// only one kind of them stands in it, an even number of times.
func quotesBalanced(tag []byte) bool {
	single := bytes.Count(tag, singleQuote)
	double := bytes.Count(tag, doubleQuote)
	return (single|double)&1 == 0 && (single == 0 || double == 0)
}

// startTag goes on in a start tag, byte by byte outside attribute values.
func (s *Scanner) startTag() bool {
	b := s.buf
	for s.pos < len(b) {
		if s.quote != 0 {
			i := bytes.IndexByte(b[s.pos:], s.quote)
			if i < 0 {
				s.pos = len(b)
				return false
			}
			s.pos += i + 1
			s.quote = 0
			continue
		}
		c := b[s.pos]
		s.pos++
		switch c {
		case '"', '\'':
			s.quote = c
		case '>':
			from := s.start + max(s.mark, 0)
			return s.opened(b[from : s.pos-1])
		}
	}
	return false
}

// opened is called at the end of a start tag; tag is its inside, or the part
// of it that is still here, with or without the "<".
func (s *Scanner) opened(tag []byte) bool {
	empty := len(tag) > 0 && tag[len(tag)-1] == '/'
	if s.depth == 0 && s.overflow == FlawNone {
		tag = bytes.TrimPrefix(tag, lessThan)
		if isStreamTag(tag, empty) {
			s.kind = KindHeader
			return true
		}
		s.kind = KindElement
	}
	if empty {
		s.state = inContent
		if s.depth > 0 {
			return false
		}
		s.framed()
		return true
	}
	s.depth++
	s.state = inContent
	if s.depth > s.limits.Depth && s.overflow == FlawNone {
		s.overflow = FlawTooDeep
	}
	return false
}

// endTag is called at the end of an end tag.
func (s *Scanner) endTag() bool {
	s.state = inContent
	if s.depth > 1 {
		s.depth--
		return false
	}
	if s.depth == 1 {
		s.depth = 0
		s.framed()
		return true
	}
	s.flaw = FlawStrayEnd
	if s.overflow == FlawNone && isStreamTag(s.buf[s.start+2:s.pos-1], false) {
		s.kind, s.flaw = KindFooter, FlawNone
	}
	return true
}

// framed makes a header or footer of a whole element that is one on a
// WebSocket (RFC 7395 §3.3).
func (s *Scanner) framed() {
	raw := s.buf[s.start:s.pos]
	if len(raw) < 2 {
		return
	}
	name := string(localName(nameOf(raw[1:])))
	if (name == "open" || name == "close") && bytes.Contains(raw, framingNS) {
		if s.kind = KindHeader; name == "close" {
			s.kind = KindFooter
		}
	}
}

// delimited goes on in a comment, CDATA section or processing instruction.
func (s *Scanner) delimited() bool {
	end, skip := "?>", 2
	switch s.state {
	case inComment:
		end, skip = "-->", 4
	case inCDATA:
		end, skip = "]]>", 9
	}
	// The end may have begun in bytes seen before, but not in the opening.
	from := max(s.pos-len(end)+1, s.start+max(s.mark+skip, 0))
	i := bytes.Index(s.buf[from:], []byte(end))
	if i < 0 {
		s.pos = len(s.buf)
		return false
	}
	s.pos = from + i + len(end)
	if s.depth > 0 {
		s.state = inContent
		return false
	}
	if s.state == inInstruction {
		s.flaw = FlawInstruction
		if isDeclaration(s.buf[s.start:s.pos]) {
			s.kind, s.flaw = KindDeclaration, FlawNone
		}
	}
	return true
}

// doctype goes on in a document type declaration, which ends at the first ">"
// outside literals, comments, instructions and its internal subset. The quote
// is '-' in a comment and '?' in an instruction.
func (s *Scanner) doctype() bool {
	for s.pos < len(s.buf) {
		if s.quote != 0 {
			if !s.doctypeLiteral() {
				return false
			}
			continue
		}
		c := s.buf[s.pos]
		s.pos++
		switch c {
		case '"', '\'':
			s.quote, s.mark = c, s.pos-s.start
		case '-', '?':
			opening := "<!--"
			if c == '?' {
				opening = "<?"
			}
			if bytes.HasSuffix(s.buf[s.start:s.pos], []byte(opening)) {
				s.quote, s.mark = c, s.pos-s.start
			}
		case '[':
			s.depth = 1
		case ']':
			s.depth = 0
		case '>':
			if s.depth == 0 {
				return true
			}
		}
	}
	return false
}

// doctypeLiteral goes on to the end of what quote opened at mark.
func (s *Scanner) doctypeLiteral() bool {
	end := string(s.quote)
	switch s.quote {
	case '-':
		end = "-->"
	case '?':
		end = "?>"
	}
	from := max(s.pos-len(end)+1, s.start+max(s.mark, 0))
	i := bytes.Index(s.buf[from:], []byte(end))
	if i < 0 {
		s.pos = len(s.buf)
		return false
	}
	s.pos, s.quote = from+i+len(end), 0
	return true
}
