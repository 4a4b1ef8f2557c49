package xmpp

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// tag checks the start tag whose name begins at i and returns its end.
func (c *Checker) tag(i int) int {
	b, from := c.b, i
	to, colon, ok := c.name(i)
	if !ok {
		return c.malformed(from, i)
	}
	outer := len(c.decls.list)
	c.attrs = c.attrs[:0]
	prefixed := 0
	for i = to; ; {
		gap := i
		for i < len(b) && isSpace(b[i]) {
			i++
		}
		if i >= len(b) {
			return c.malformed(from, i)
		}
		if b[i] == '>' || b[i] == '/' {
			break
		}
		a, colon, ok := c.attribute(i)
		if !ok || gap == i {
			return c.malformed(from, i)
		}
		if colon > 0 {
			prefixed++
		}
		c.attrs = append(c.attrs, a)
		i = a.next
	}
	if len(c.attrs) > 0 {
		c.attributes(to, i, prefixed)
	}
	if colon > 0 {
		if _, ok := c.lookup(b[from:colon]); !ok {
			c.fault(RuleUnboundPrefix, from)
		}
	}
	if len(c.open) == 0 && from > 1 {
		c.fault(RuleWellFormed, from) // a second root
	}
	if b[i] == '/' {
		c.decls.cut(outer)
		if i+1 >= len(b) || b[i+1] != '>' {
			return c.malformed(from, i)
		}
		return i + 2
	}
	c.open = append(c.open, openTag{from, to, outer})
	return i + 1
}

// attributes checks what attributes must be together; they stand in
// b[from:to], and prefixed of them have a colon in their name.
func (c *Checker) attributes(from, to, prefixed int) {
	if n := bytes.IndexByte(c.b[from:to], '<'); n >= 0 {
		c.fault(RuleWellFormed, from+n)
	}
	if c.ampersand {
		for _, a := range c.attrs {
			c.references(a.value, a.valueEnd)
		}
	}
	if len(c.attrs) > 1 {
		c.duplicates()
	}
	if prefixed > 0 {
		c.attributePrefixes()
	}
}

// malformed reports the tag whose name begins at from, and goes on after it.
func (c *Checker) malformed(from, i int) int {
	c.fault(RuleWellFormed, min(i, len(c.b)-1))
	if from >= len(c.b) || !isNameStart(c.b[from]) {
		return from
	}
	end, empty := tagEnd(c.b, from)
	if !empty {
		c.open = append(c.open, openTag{from, from + len(nameOf(c.b[from:end])), len(c.decls.list)})
	}
	return end
}

// attribute checks the attribute at i (XML 1.0 §3.1) and takes up the
// namespace declaration that it may be. It returns where a colon stands in its
// name, or 0.
func (c *Checker) attribute(i int) (a attr, colon int, ok bool) {
	b := c.b
	a.name = i
	if a.nameEnd, colon, ok = c.name(i); !ok {
		return a, 0, false
	}
	for i = a.nameEnd; i < len(b) && isSpace(b[i]); i++ {
	}
	if i >= len(b) || b[i] != '=' {
		return a, 0, false
	}
	for i++; i < len(b) && isSpace(b[i]); i++ {
	}
	if i >= len(b) || b[i] != '"' && b[i] != '\'' {
		return a, 0, false
	}
	a.value = i + 1
	n := bytes.IndexByte(b[a.value:], b[i])
	if n < 0 {
		return a, 0, false
	}
	a.valueEnd, a.next = a.value+n, a.value+n+1
	if b[a.name] == 'x' {
		if prefix, declares := declaredPrefix(b[a.name:a.nameEnd]); declares {
			c.declare(prefix, b[a.value:a.valueEnd], a.name)
		}
	}
	return a, colon, true
}

// declare takes up a namespace declaration (Namespaces in XML 1.0 §3).
func (c *Checker) declare(prefix, value []byte, at int) {
	uri := UnescapeAttr(value)
	switch {
	case len(prefix) == 0: // only what is reserved is wrong
		if string(uri) == xmlNS || string(uri) == xmlnsNS {
			c.fault(RuleUnboundPrefix, at)
		}
		return
	case len(uri) == 0, // a prefix cannot be undeclared
		string(prefix) == "xmlns",
		(string(prefix) == "xml") != (string(uri) == xmlNS),
		string(uri) == xmlnsNS:
		c.fault(RuleUnboundPrefix, at)
	}
	c.decls.add(prefix, uri)
}

// lookup returns the namespace that prefix stands for here.
func (c *Checker) lookup(prefix []byte) (uri []byte, ok bool) {
	if i := c.decls.find(prefix); i >= 0 {
		return c.decls.list[i].uri, true
	}
	if string(prefix) == "xml" {
		return xmlNSBytes, true
	}
	if c.scope == nil {
		return nil, false
	}
	uri = c.scope.bytes(prefix)
	return uri, uri != nil
}

// attributePrefixes checks the prefixes of attributes, and that no two
// attributes are the same once their prefixes are resolved.
func (c *Checker) attributePrefixes() {
	qualified := c.attrs[:0] // those with a prefix that is declared
	for _, a := range c.attrs {
		name := c.b[a.name:a.nameEnd]
		n := bytes.IndexByte(name, ':')
		if _, declares := declaredPrefix(name); n < 0 || declares {
			continue
		}
		if _, ok := c.lookup(name[:n]); !ok {
			c.fault(RuleUnboundPrefix, a.name)
			continue
		}
		qualified = append(qualified, a)
	}
	if len(qualified) < 2 {
		return
	}
	resolved := make(map[string]bool, len(qualified))
	for _, a := range qualified {
		name := c.b[a.name:a.nameEnd]
		n := bytes.IndexByte(name, ':')
		uri, _ := c.lookup(name[:n])
		full := string(uri) + " " + string(name[n+1:])
		if resolved[full] {
			c.fault(RuleDuplicate, a.name)
		}
		resolved[full] = true
	}
}

// few is how many things are compared one with another; more are put into a
// map, lest hostile tags cost quadratic time.
const few = 12

// duplicates checks that no two attributes have the same name as written.
func (c *Checker) duplicates() {
	if len(c.attrs) <= few {
		for i, a := range c.attrs {
			name := c.b[a.name:a.nameEnd]
			for _, earlier := range c.attrs[:i] {
				if earlier.nameEnd-earlier.name == len(name) && bytes.Equal(c.b[earlier.name:earlier.nameEnd], name) {
					c.fault(RuleDuplicate, a.name)
				}
			}
		}
		return
	}
	seen := make(map[string]bool, len(c.attrs))
	for _, a := range c.attrs {
		name := c.b[a.name:a.nameEnd]
		if seen[string(name)] {
			c.fault(RuleDuplicate, a.name)
			return
		}
		seen[string(name)] = true
	}
}

// prefixes are the namespace declarations open in a frame, innermost last.
type prefixes struct {
	list  []prefix
	index map[string]int // of the innermost of each name, once there are many
}

type prefix struct {
	name, uri []byte
	shadows   int // index of the outer declaration of the same name, or -1
}

func (p *prefixes) add(name, uri []byte) {
	shadows := p.find(name)
	p.list = append(p.list, prefix{name, uri, shadows})
	if p.index != nil {
		p.index[string(name)] = len(p.list) - 1
	} else if len(p.list) > few {
		p.index = make(map[string]int)
		for i, d := range p.list {
			p.index[string(d.name)] = i
		}
	}
}

// cut forgets all declarations but the first n.
func (p *prefixes) cut(n int) {
	if p.index != nil {
		for i := len(p.list) - 1; i >= n; i-- {
			if d := p.list[i]; d.shadows >= 0 {
				p.index[string(d.name)] = d.shadows
			} else {
				delete(p.index, string(d.name))
			}
		}
	}
	p.list = p.list[:n]
}

// find returns the index of the innermost declaration of name, or -1.
func (p *prefixes) find(name []byte) int {
	if p.index != nil {
		if i, ok := p.index[string(name)]; ok {
			return i
		}
		return -1
	}
	for i := len(p.list) - 1; i >= 0; i-- {
		if bytes.Equal(p.list[i].name, name) {
			return i
		}
	}
	return -1
}

// nameByte sorts bytes for names: 0 ends a name, 1 may stand in it, 2 may
// also begin it, 3 is ":", 4 begins a character beyond ASCII.
var nameByte = func() (table [256]uint8) {
	for c := range table {
		switch c := byte(c); {
		case c >= utf8.RuneSelf:
			table[c] = 4
		case c == ':':
			table[c] = 3
		case c-'a' < 26 || c-'A' < 26 || c == '_':
			table[c] = 2
		case c-'0' < 10 || c == '-' || c == '.':
			table[c] = 1
		}
	}
	return table
}()

// name returns the end of the qualified name at i (Namespaces in XML 1.0 §4),
// where its colon stands, or 0, and whether it is such a name.
func (c *Checker) name(i int) (end, colon int, ok bool) {
	b := c.b
	if i >= len(b) || nameByte[b[i]] < 2 || b[i] == ':' {
		return i, 0, false
	}
	for start := i; i < len(b); {
		switch nameByte[b[i]] {
		case 1, 2:
			for i++; i < len(b) && nameByte[b[i]]-1 < 2; i++ {
			}
		case 0:
			return i, colon, true
		case 3:
			if colon > 0 || i+1 >= len(b) || nameByte[b[i+1]] < 2 {
				return i, colon, false
			}
			colon = i
			i++
		case 4:
			r, n := utf8.DecodeRune(b[i:])
			if first := i == start || colon > 0 && i == colon+1; !isNameRune(r, first) {
				return i, colon, false
			}
			i += n
		}
	}
	return i, colon, true
}

// isNameRune reports whether r, which is not ASCII, may stand in a name
// (XML 1.0 §2.3), or begin it.
func isNameRune(r rune, first bool) bool {
	if !first && (r == 0xB7 || r >= 0x300 && r <= 0x36F || r == 0x203F || r == 0x2040) {
		return true
	}
	return unicode.Is(nameStart, r)
}

// nameStart is NameStartChar of XML 1.0 §2.3 beyond ASCII.
var nameStart = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0xC0, Hi: 0xD6, Stride: 1}, {Lo: 0xD8, Hi: 0xF6, Stride: 1}, {Lo: 0xF8, Hi: 0x2FF, Stride: 1}, {Lo: 0x370, Hi: 0x37D, Stride: 1},
		{Lo: 0x37F, Hi: 0x1FFF, Stride: 1}, {Lo: 0x200C, Hi: 0x200D, Stride: 1}, {Lo: 0x2070, Hi: 0x218F, Stride: 1},
		{Lo: 0x2C00, Hi: 0x2FEF, Stride: 1}, {Lo: 0x3001, Hi: 0xD7FF, Stride: 1}, {Lo: 0xF900, Hi: 0xFDCF, Stride: 1}, {Lo: 0xFDF0, Hi: 0xFFFD, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x10000, Hi: 0xEFFFF, Stride: 1}},
}
