package xmpp

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// Fault is one thing that is wrong with the bytes of a frame.
type Fault struct {
	Rule   string // what is broken, as named below
	Offset int64  // in the direction of the stream
}

// The rules that [Check] knows, all of RFC 6120 §11. A rule's name is its id
// among the linter's.
const (
	RuleWellFormed      = "xml-not-well-formed"
	RuleUnboundPrefix   = "xml-unbound-prefix"
	RuleDuplicate       = "xml-duplicate-attribute"
	RuleComment         = "xml-comment"
	RuleInstruction     = "xml-processing-instruction"
	RuleDoctype         = "xml-doctype"
	RuleEntity          = "xml-entity-reference"
	RuleCDATAEnd        = "xml-cdata-end-in-text"
	RuleCharacter       = "xml-illegal-character"
	RuleEncoding        = "xml-encoding-not-utf8"
	RuleByteOrderMark   = "xml-byte-order-mark"
	RuleStandalone      = "xml-declaration-standalone"
	RuleLateDeclaration = "xml-declaration-late"
	RuleVersion         = "xml-version-unsupported"
	RuleText            = "xml-text-between-stanzas"
)

// Check looks through one frame as [Checker.Check] does, with a Checker of its
// own.
func Check(f Frame, scope *Scope, report func(Fault)) {
	new(Checker).Check(f, scope, report)
}

// Checker looks for faults in frames, one after the other. The zero value is
// ready, and keeps no frame when it is done with it; it belongs to one
// goroutine.
type Checker struct {
	b      []byte
	base   int64
	scope  *Scope
	report func(Fault)
	broken []string // the rules reported

	open  []openTag
	decls prefixes
	attrs []attr // of the tag in hand

	ampersand bool // one stands in b somewhere
	bracket   bool // so does a "]"
}

// Check looks through a frame for everything that XML 1.0, Namespaces in XML
// and RFC 6120 §11 forbid, in the scope of the frame's stream, and reports
// the first place where each rule is broken. Time is linear in the frame
// whatever its shape.
func (c *Checker) Check(f Frame, scope *Scope, report func(Fault)) {
	c.b, c.base, c.scope, c.report = f.Raw, f.Offset, scope, report
	c.open, c.broken = c.open[:0], c.broken[:0]
	c.decls.cut(0)
	c.ampersand = bytes.IndexByte(c.b, '&') >= 0
	c.bracket = bytes.IndexByte(c.b, ']') >= 0
	c.characters()
	switch f.Kind {
	case KindElement, KindFooter:
		c.document()
	case KindHeader:
		if i := c.tag(1); i < len(c.b) {
			c.content(i)
		}
	case KindDeclaration:
		c.declaration()
	case KindRaw:
		if rule := f.Flaw.rule(); rule != "" {
			c.fault(rule, 0)
		}
	}
	c.forget()
}

// forget lets go of the frame, and of room that only a hostile one needs.
func (c *Checker) forget() {
	const usual = 1 << 10
	c.b, c.scope, c.report = nil, nil, nil
	clear(c.decls.list[:cap(c.decls.list)])
	if cap(c.attrs) > usual {
		c.attrs = nil
	}
	if cap(c.open) > usual {
		c.open = nil
	}
	if cap(c.decls.list) > usual {
		c.decls = prefixes{}
	}
}

// rule is what a frame with this flaw breaks, or "" where only a limit was.
func (f Flaw) rule() string {
	switch f {
	case FlawTorn, FlawStrayEnd, FlawMisnested, FlawMarkup:
		return RuleWellFormed
	case FlawText:
		return RuleText
	case FlawComment:
		return RuleComment
	case FlawInstruction:
		return RuleInstruction
	case FlawDoctype:
		return RuleDoctype
	case FlawBOM:
		return RuleByteOrderMark
	}
	return ""
}

// openTag is an element whose end tag is to come: its name is b[from:to].
type openTag struct {
	from, to int
	decls    int // declarations outside it
}

// fault reports that rule is broken at i, unless it was before.
func (c *Checker) fault(rule string, i int) {
	if !c.isBroken(rule) {
		c.broken = append(c.broken, rule)
		c.report(Fault{rule, c.base + int64(i)})
	}
}

// isBroken reports whether rule has been reported.
func (c *Checker) isBroken(rule string) bool { return slices.Contains(c.broken, rule) }

// document checks a frame that is one element or end tag.
func (c *Checker) document() {
	if bytes.HasPrefix(c.b, []byte("</")) { // a footer: its start tag is not here
		if i, _, ok := c.name(2); !ok || !bytes.Equal(bytes.TrimLeft(c.b[i:], " \t\r\n"), greaterThan) {
			c.fault(RuleWellFormed, 0)
		}
		return
	}
	c.content(0)
	if len(c.open) > 0 {
		c.fault(RuleWellFormed, c.open[0].from)
	}
}

var greaterThan = []byte{'>'}

// content checks everything from i on.
func (c *Checker) content(i int) {
	for i < len(c.b) {
		n := bytes.IndexByte(c.b[i:], '<')
		if n < 0 {
			c.text(i, len(c.b))
			return
		}
		if n > 0 {
			c.text(i, i+n)
			i += n
		}
		if i+1 >= len(c.b) {
			c.fault(RuleWellFormed, i)
			return
		}
		switch c.b[i+1] {
		case '/':
			i = c.endTag(i)
		case '!':
			i = c.bang(i)
		case '?':
			i = c.instruction(i)
		default:
			i = c.tag(i + 1)
		}
	}
}

// text checks character data b[from:to].
func (c *Checker) text(from, to int) {
	if len(c.open) == 0 {
		c.fault(RuleWellFormed, from)
	}
	if c.ampersand {
		c.references(from, to)
	}
	if c.bracket {
		if n := bytes.Index(c.b[from:to], cdataEnd); n >= 0 {
			c.fault(RuleCDATAEnd, from+n)
		}
	}
}

var (
	cdataEnd = []byte("]]>")
	dashes   = []byte("--")
)

// references checks every "&" in b[from:to].
func (c *Checker) references(from, to int) {
	for i := from; i < to; i++ {
		n := bytes.IndexByte(c.b[i:to], '&')
		if n < 0 {
			return
		}
		i += n
		if c.isBroken(RuleWellFormed) && (i+1 >= to || nameByte[c.b[i+1]] < 2) {
			continue // nothing that could be news
		}
		if _, n := reference(c.b[i:to]); n > 0 {
			i += n - 1
			continue
		}
		end, _, ok := c.name(i + 1)
		switch {
		case ok && end < to && c.b[end] == ';':
			c.fault(RuleEntity, i)
		case !longReference(c.b[i:to]):
			c.fault(RuleWellFormed, i)
		}
		if c.isBroken(RuleEntity) && c.isBroken(RuleWellFormed) {
			return
		}
	}
}

// longReference reports whether b begins with a character reference that only
// leading zeros make too long for reference.
func longReference(b []byte) bool {
	rest, ok := bytes.CutPrefix(b, []byte("&#"))
	if !ok {
		return false
	}
	prefix := "&#"
	if len(rest) > 0 && rest[0] == 'x' {
		prefix, rest = "&#x", rest[1:]
	}
	trimmed := bytes.TrimLeft(rest, "0")
	if len(trimmed) == len(rest) {
		return false
	}
	_, n := reference(append([]byte(prefix), trimmed[:min(len(trimmed), 12)]...))
	return n > 0
}

// endTag checks the end tag at i and returns its end.
func (c *Checker) endTag(i int) int {
	at := i + 2
	if len(c.open) == 0 {
		c.fault(RuleWellFormed, i)
	} else {
		top := c.open[len(c.open)-1]
		name := c.b[top.from:top.to]
		c.open = c.open[:len(c.open)-1]
		c.decls.cut(top.decls)
		if bytes.HasPrefix(c.b[at:], name) {
			at += len(name)
			if at < len(c.b) && c.b[at] == '>' {
				return at + 1
			}
			for at < len(c.b) && isSpace(c.b[at]) {
				at++
			}
		}
	}
	if at < len(c.b) && c.b[at] == '>' && at > i+2 {
		return at + 1
	}
	c.fault(RuleWellFormed, i)
	if n := bytes.IndexByte(c.b[at:], '>'); n >= 0 {
		return at + n + 1
	}
	return len(c.b)
}

// bang checks what "<!" at i begins and returns its end.
func (c *Checker) bang(i int) int {
	rest := c.b[i:]
	end := skipAside(c.b, i)
	switch {
	case bytes.HasPrefix(rest, []byte("<!--")):
		c.fault(RuleComment, i)
		inside := c.b[min(i+4, end):end]
		if n := bytes.Index(inside, dashes); n < 0 || n+len("-->") != len(inside) {
			c.fault(RuleWellFormed, i)
		}
		return end
	case bytes.HasPrefix(rest, []byte("<![CDATA[")):
		if !bytes.HasSuffix(c.b[i+9:end], cdataEnd) || len(c.open) == 0 {
			c.fault(RuleWellFormed, i)
		}
		return end
	case bytes.HasPrefix(rest, []byte("<!DOCTYPE")):
		c.fault(RuleDoctype, i)
	default:
		c.fault(RuleWellFormed, i)
	}
	return i + 2
}

// instruction checks the processing instruction at i and returns its end.
func (c *Checker) instruction(i int) int {
	end := skipAside(c.b, i)
	if isDeclaration(c.b[i:end]) {
		c.fault(RuleLateDeclaration, i)
	} else {
		c.fault(RuleInstruction, i)
	}
	at, _, ok := c.name(i + 2)
	if !ok || end-i < len("<?a?>") || !bytes.HasSuffix(c.b[i:end], []byte("?>")) ||
		!isSpace(c.b[at]) && at != end-2 || bytes.IndexByte(c.b[i+2:at], ':') >= 0 {
		c.fault(RuleWellFormed, i)
	}
	return end
}

// declaration checks an XML declaration (XML 1.0 §2.8).
func (c *Checker) declaration() {
	const (
		start = iota
		version
		encoding
		standalone
	)
	at := start
	for a, ok := nextAttr(c.b, len("<?xml")); ok; a, ok = nextAttr(c.b, a.next) {
		if c.b[a.name] == '?' {
			break
		}
		value := string(c.b[a.value:a.valueEnd])
		step := start
		switch string(c.b[a.name:a.nameEnd]) {
		case "version":
			if step = version; value != "1.0" {
				c.fault(RuleVersion, a.value)
			}
		case "encoding":
			if step = encoding; !bytes.EqualFold([]byte(value), []byte("utf-8")) {
				c.fault(RuleEncoding, a.value)
			}
		case "standalone":
			step = standalone
			c.fault(RuleStandalone, a.name)
			if value != "yes" && value != "no" {
				c.fault(RuleWellFormed, a.value)
			}
		}
		if step <= at || at == start && step != version || a.valueEnd >= len(c.b) || c.b[a.value-1] != c.b[a.valueEnd] || !isSpace(c.b[a.name-1]) {
			c.fault(RuleWellFormed, a.name)
		}
		at = step
	}
	if at == start {
		c.fault(RuleWellFormed, 0)
	}
}

// characters checks that b is UTF-8 and holds only characters of XML 1.0
// §2.2. Plain ASCII passes eight bytes at a time.
func (c *Checker) characters() {
	const (
		high  = 0x8080808080808080
		every = 0x0101010101010101
	)
	b := c.b
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		// The high bit of a byte stays set where it is at least 0x80 or, by
		// borrowing, below 0x20: a look at each tells white space apart.
		if (w|(w-every*0x20))&high == 0 {
			continue
		}
		i = c.runes(i, i+8) - 8
	}
	c.runes(i, len(b))
}

// runes checks the characters that begin in b[i:to] and returns where the
// last of them ends.
func (c *Checker) runes(i, to int) int {
	for i < to {
		if ch := c.b[i]; ch < utf8.RuneSelf {
			if ch < 0x20 && !isSpace(ch) {
				c.fault(RuleCharacter, i)
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(c.b[i:])
		if r == utf8.RuneError && n <= 1 {
			c.fault(RuleEncoding, i)
		} else if !isChar(r) {
			c.fault(RuleCharacter, i)
		}
		i += n
	}
	return i
}
