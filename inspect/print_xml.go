package inspect

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/alecthomas/chroma/v2"

	"xmppscope/xmpp"
)

// captureSpace is the namespace of what [XML] wraps around frames. Its
// elements have a prefix, since the default namespace is the frame's.
const captureSpace = "urn:xmppscope:capture:1"

const capturePrefix = "xmppscope"

// xml appends a row as an element of the document: <frame/> with the frame's
// XML inside, <event/> for what has no bytes. XML that cannot stand inside of
// a document, being half an element or broken, is escaped (encoding='text'),
// or, where XML has no characters for it, in Base64 (encoding='base64').
// Characters that [Clean] would show are written as references, which say the
// same to a parser.
func (p *Printer) xml(r Row) {
	e := r.Event
	name := capturePrefix + ":event"
	if r.HasFrame() {
		name = capturePrefix + ":frame"
	}
	p.buf = append(append(p.buf, '<'), name...)
	p.attr("no", strconv.Itoa(r.No))
	p.attr("time", e.Time.UTC().Format(time.RFC3339Nano))
	p.attr("session", strconv.FormatUint(uint64(e.Session), 10))
	p.attr("event", e.Kind.String())
	if r.HasFrame() || e.Kind.String() == "ended" {
		p.attr("dir", e.Dir.String())
	}
	if r.HasFrame() {
		p.attr("kind", e.Frame.Kind.String())
		p.attr("origin", e.Origin.String())
		p.attr("offset", strconv.FormatInt(e.Frame.Offset, 10))
		p.attr("size", strconv.Itoa(len(e.Frame.Raw)))
		p.attr("flaw", e.Frame.Flaw.String())
	}
	p.attr("leg", e.Leg.String())
	if e.Replaces != 0 {
		p.attr("replaces", strconv.FormatUint(e.Replaces, 10))
	}
	if e.Addr.IsValid() {
		p.attr("addr", e.Addr.String())
	}
	if e.Note != nil {
		p.attr("topic", string(e.Note.Topic))
		p.attr("severity", e.Note.Severity.String())
		p.attr("note", e.Note.Text)
	}
	if r.HasFrame() {
		p.xmlContent(r)
	} else {
		p.buf = append(p.buf, '>')
	}
	p.buf = append(append(append(p.buf, "</"...), name...), ">\n"...)
}

// xmlContent ends the start tag and appends the frame.
func (p *Printer) xmlContent(r Row) {
	f := r.Event.Frame
	f.Raw = r.XML()
	if declarations, ok := embeddable(f, r.Scope); ok {
		p.buf = append(append(p.buf, declarations...), '>')
		p.buf = appendReferences(p.buf, f.Raw)
		return
	}
	if utf8.Valid(f.Raw) && bytes.IndexFunc(f.Raw, notXML) < 0 {
		p.attr("encoding", "text")
		p.buf = append(p.buf, '>')
		p.buf = appendReferences(p.buf, xmpp.Escape(nil, string(f.Raw)))
		return
	}
	p.attr("encoding", "base64")
	p.buf = append(p.buf, '>')
	p.buf = base64.StdEncoding.AppendEncode(p.buf, f.Raw)
}

// attr appends an attribute, if it has a value.
func (p *Printer) attr(name, value string) {
	if value == "" {
		return
	}
	p.buf = append(append(append(p.buf, ' '), name...), "='"...)
	value = strings.Map(func(r rune) rune {
		if notXML(r) {
			return utf8.RuneError
		}
		return r
	}, value)
	escaped := appendReferences(nil, xmpp.Escape(nil, value))
	p.buf = append(p.buf, bytes.ReplaceAll(escaped, []byte("\n"), []byte("&#xA;"))...)
	p.buf = append(p.buf, '\'')
}

// embeddable reports whether a frame can stand in a document as it is, and
// returns the namespace declarations, as attributes, that it needs there.
func embeddable(f xmpp.Frame, scope *xmpp.Scope) (declarations []byte, ok bool) {
	if f.Kind == xmpp.KindSpace {
		return nil, len(bytes.TrimSpace(f.Raw)) == 0
	}
	if _, ok = xmpp.ParseElement(f.Raw, nil); !ok || f.Kind != xmpp.KindElement {
		return nil, false
	}
	xmpp.Check(f, scope, func(xmpp.Fault) { ok = false })
	if !ok {
		return nil, false
	}
	if space, _ := scope.Lookup(""); space != "" {
		declarations = appendDeclaration(declarations, "xmlns", space)
	}
	seen := map[string]bool{"xml": true, "xmlns": true}
	tokens := NewTokenizer(f.Raw)
	for token, more := tokens.Next(); more; token, more = tokens.Next() {
		text := f.Raw[token.Start:token.End]
		switch token.Type {
		case chroma.NameTag, chroma.NameAttribute:
			prefix, _ := splitName(bytes.TrimLeft(text, "</"))
			if len(prefix) == 0 || seen[string(prefix)] {
				continue
			}
			if string(prefix) == capturePrefix {
				return nil, false
			}
			seen[string(prefix)] = true
			if space, declared := scope.Lookup(string(prefix)); declared {
				declarations = appendDeclaration(declarations, "xmlns:"+string(prefix), space)
			}
		case chroma.CommentPreproc: // CDATA, where references mean nothing
			if bytes.IndexFunc(text, hidden) >= 0 {
				return nil, false
			}
		}
	}
	return declarations, true
}

func appendDeclaration(dst []byte, name, space string) []byte {
	dst = append(append(append(dst, ' '), name...), "='"...)
	return append(appendReferences(dst, xmpp.Escape(nil, space)), '\'')
}

// appendReferences appends valid XML with a character reference in place of
// each hidden character. Line feeds in it stay.
func appendReferences(dst, xml []byte) []byte {
	for len(xml) > 0 {
		n := cleanPrefix(xml, Lines)
		dst = append(dst, xml[:n]...)
		if xml = xml[n:]; len(xml) == 0 {
			break
		}
		r, size := utf8.DecodeRune(xml)
		if hidden(r) {
			dst = append(dst, "&#x"...)
			dst = append(appendUpperHex(dst, uint32(r)), ';')
		} else {
			dst = append(dst, xml[:size]...)
		}
		xml = xml[size:]
	}
	return dst
}

// hidden reports whether [Clean] would show r as something else, wherever it
// stands.
func hidden(r rune) bool {
	return r != '\n' && (!unicode.IsGraphic(r) || isHidden(r))
}

// notXML reports whether r is no Char of XML 1.0 §2.2.
func notXML(r rune) bool {
	switch {
	case r < 0x20:
		return r != '\t' && r != '\n' && r != '\r'
	case r >= 0xd800 && r < 0xe000:
		return true
	}
	return r == 0xfffe || r == 0xffff
}
