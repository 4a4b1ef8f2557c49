package xmpp

import "bytes"

// This file is how a Scanner goes over its input, from lexeme to lexeme.

// lexeme is what the next byte belongs to.
type lexeme uint8

const (
	inNothing  lexeme = iota // between frames
	inContent                // in an element, outside markup
	inText                   // stray text between frames
	inTextLess               // after a "<" in it, of which the next byte tells whether it is text
	inMarkup                 // after "<", kind still unknown
	inBOM                    // what may become a byte order mark
	inStartTag
	inEndTag
	inInstruction
	inComment
	inCDATA
	inDoctype
)

// step looks at the next piece of input, outside an element's content, and
// reports whether it ends a frame.
func (s *Scanner) step() bool {
	switch s.state {
	case inNothing:
		return s.top()
	case inText:
		return s.text()
	case inTextLess:
		s.pos--
		return s.text()
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

// text goes on in stray text, which ends before what begins markup. A "<"
// that does not is text too, so that a run of them is one frame.
func (s *Scanner) text() bool {
	s.state = inText
	i := bytes.IndexByte(s.buf[s.pos:], '<')
	if i < 0 {
		s.pos = len(s.buf)
		return false
	}
	s.pos += i
	if s.pos+1 == len(s.buf) {
		s.state, s.pos = inTextLess, len(s.buf)
		return false
	}
	if c := s.buf[s.pos+1]; !isNameStart(c) && c != '/' && c != '!' && c != '?' {
		s.pos++
		return false
	}
	if s.pos == s.start { // all of the text leaked out before
		s.begin()
		return false
	}
	return true
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
