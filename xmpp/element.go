package xmpp

import (
	"bytes"
	"iter"
)

// Element is a view of one element inside the bytes of a frame. Names,
// attributes and text are found when asked for, as spans of those bytes, and
// nothing is copied but what has references in it.
//
// An Element is a small value, tolerates what is not well-formed, and may be
// used from any goroutine, since frames are immutable. The zero Element has no
// name and no content.
type Element struct {
	doc     []byte
	start   int // of its "<"
	nameEnd int
	content int // after its start tag
	endTag  int // of its "</", or content if it is empty
	end     int
	scope   *Scope // with its own declarations
}

// ParseElement returns the element that begins raw, in the scope of the
// stream that it came from. It is false when raw does not begin with a start
// tag. The element keeps raw.
func ParseElement(raw []byte, outer *Scope) (Element, bool) {
	if len(raw) < 2 || raw[0] != '<' || !isNameStart(raw[1]) {
		return Element{}, false
	}
	return elementAt(raw, 0, outer), true
}

// Element returns the frame's element, if it is one, in the scope of its
// stream's header. Headers count as elements without content.
func (f Frame) Element(scope *Scope) (Element, bool) {
	if f.Kind != KindElement && f.Kind != KindHeader && f.Kind != KindFooter {
		return Element{}, false
	}
	return ParseElement(f.Raw, scope)
}

// elementAt returns the element whose "<" stands at i.
func elementAt(b []byte, i int, outer *Scope) Element {
	e := Element{doc: b, start: i, nameEnd: i + 1 + len(nameOf(b[i+1:]))}
	e.scope = outer.with(b, e.nameEnd)
	content, empty := tagEnd(b, i+1)
	e.content, e.endTag, e.end = content, content, content
	if !empty {
		e.endTag, e.end = elementEnd(b, content)
	}
	return e
}

// IsZero reports whether e is the zero Element.
func (e Element) IsZero() bool { return e.doc == nil }

// Raw returns the element's bytes, which the caller must not change.
func (e Element) Raw() []byte { return e.doc[e.start:e.end:e.end] }

// Span returns where the element stands in the bytes that it was parsed from.
func (e Element) Span() (start, end int) { return e.start, e.end }

// ContentSpan returns where its content stands: start equals end in an empty
// element.
func (e Element) ContentSpan() (start, end int) { return e.content, e.endTag }

// Scope returns the namespace declarations in force inside the element.
func (e Element) Scope() *Scope { return e.scope }

// name is the name as written.
func (e Element) name() []byte {
	if e.doc == nil {
		return nil
	}
	return e.doc[e.start+1 : e.nameEnd]
}

// Prefix returns the prefix of its name as written, or nil.
func (e Element) Prefix() []byte {
	name := e.name()
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[:i]
	}
	return nil
}

// Local returns its name without prefix; the bytes are the frame's own.
func (e Element) Local() []byte { return localName(e.name()) }

// Space returns its namespace, "" if it has none or its prefix is undeclared.
func (e Element) Space() string { return e.scope.lookup(e.Prefix()) }

// Is reports whether the element has this namespace and local name.
func (e Element) Is(space, local string) bool {
	return string(e.Local()) == local && e.Space() == space
}

// Attr is an attribute with its place. Start and End enclose its value as
// written, without quotation marks.
type Attr struct {
	Name       []byte // as written, with its prefix
	Raw        []byte // its value as written
	Start, End int    // of Raw, in the bytes that the element was parsed from
}

// Value returns the attribute's value with references resolved.
func (a Attr) Value() string { return string(UnescapeAttr(a.Raw)) }

// Attrs yields the attributes in the order of the tag, namespace declarations
// included.
func (e Element) Attrs() iter.Seq[Attr] {
	return func(yield func(Attr) bool) {
		for a, ok := nextAttr(e.doc, e.nameEnd); ok; a, ok = nextAttr(e.doc, a.next) {
			if !yield(Attr{e.doc[a.name:a.nameEnd], e.doc[a.value:a.valueEnd], a.value, a.valueEnd}) {
				return
			}
		}
	}
}

// Attribute returns the first attribute of that name as written ("type",
// "xml:lang"), and whether there is one.
func (e Element) Attribute(name string) (Attr, bool) {
	for a := range e.Attrs() {
		if string(a.Name) == name {
			return a, true
		}
	}
	return Attr{}, false
}

// Attr returns the value of the first attribute of that name as written, and
// whether there is one.
func (e Element) Attr(name string) (string, bool) {
	a, ok := e.Attribute(name)
	return a.Value(), ok
}

// Children yields the child elements in order.
func (e Element) Children() iter.Seq[Element] {
	return func(yield func(Element) bool) {
		for i := e.content; i < e.endTag; {
			p, next := nextPiece(e.doc[:e.endTag], i)
			if p == pieceStart || p == pieceEmpty {
				child := elementAt(e.doc[:e.endTag], i, e.scope)
				child.doc = e.doc
				if !yield(child) {
					return
				}
				next = child.end
			}
			i = next
		}
	}
}

// Child returns the first child with that namespace and local name.
func (e Element) Child(space, local string) (Element, bool) {
	for c := range e.Children() {
		if c.Is(space, local) {
			return c, true
		}
	}
	return Element{}, false
}

// Text returns the element's own character data, references resolved and
// CDATA sections opened; not that of its children.
func (e Element) Text() string {
	var text []byte
	for i := e.content; i < e.endTag; {
		p, next := nextPiece(e.doc[:e.endTag], i)
		switch p {
		case pieceText:
			text = append(text, Unescape(e.doc[i:next])...)
		case pieceCDATA:
			section := e.doc[i+len("<![CDATA[") : next]
			section = bytes.TrimSuffix(section, []byte("]]>"))
			text = append(text, bytes.ReplaceAll(bytes.ReplaceAll(section, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))...)
		case pieceStart:
			_, next = elementEnd(e.doc[:e.endTag], next)
		}
		i = next
	}
	return string(text)
}
